//! What a case gives: doses, read exactly and turned into the engine's units.
use domain::{
    Problem,
    apportionment::{Method, Recipient, Remainder},
    error,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

pub(super) fn malformed(reason: &str) -> Problem {
    Problem::new(&error::ALLOCATION_MALFORMED_CASE).with("reason", reason)
}

/// A case's kind and input.
pub(super) struct Case<'a> {
    pub kind: &'a str,
    input: &'a Value,
}

impl<'a> Case<'a> {
    pub(super) fn read(case: &'a Value) -> Result<Self, Problem> {
        let kind = case.get("kind").and_then(Value::as_str).ok_or_else(|| malformed("kind is missing"))?;
        let input = case.get("input").ok_or_else(|| malformed("input is missing"))?;
        Ok(Self { kind, input })
    }

    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(self.input).map_err(|error| malformed(&error.to_string()))
    }
}

/// How a supply is shared, in every kind but components.
#[derive(Deserialize)]
pub(super) struct Rules {
    method: String,
    lot_size: i64,
    remainder: Option<String>,
}

impl Rules {
    pub(super) fn method(&self) -> Result<Method, Problem> {
        Method::parse(&self.method)
    }

    pub(super) fn remainder(&self) -> Result<Remainder, Problem> {
        self.remainder.as_deref().map_or(Ok(Remainder::default()), Remainder::parse)
    }

    pub(super) fn lot(&self) -> Result<Lot, Problem> {
        if self.lot_size < 1 {
            return Err(malformed("lot_size must be 1 or more"));
        }
        Ok(Lot(self.lot_size))
    }
}

/// Doses per unit.
#[derive(Clone, Copy)]
pub(super) struct Lot(i64);

impl Lot {
    /// Rounds down, as caps and supply do; a negative amount stays negative, so that it is refused.
    pub(super) fn down(self, doses: i64) -> i64 {
        doses.div_euclid(self.0)
    }

    /// Rounds up, as floors and committed amounts do.
    pub(super) fn up(self, doses: i64) -> i64 {
        if doses < 0 { self.down(doses) } else { doses / self.0 + i64::from(doses % self.0 > 0) }
    }

    pub(super) fn doses(self, units: i64) -> Result<i64, Problem> {
        units.checked_mul(self.0).ok_or_else(|| malformed("lot_size is too large"))
    }

    /// What of a supply is less than one unit.
    pub(super) fn rest(self, doses: i64) -> i64 {
        doses.rem_euclid(self.0)
    }
}

/// A recipient of a case, in doses.
#[derive(Deserialize)]
pub(super) struct Party {
    code: String,
    weight: i64,
    floor: Option<i64>,
    cap: Option<i64>,
    committed: Option<i64>,
    min_order: Option<i64>,
}

impl Party {
    pub(super) fn in_units(&self, lot: Lot) -> Recipient {
        Recipient {
            code: self.code.clone(),
            weight: self.weight,
            committed: lot.up(self.committed.unwrap_or(0)),
            floor: lot.up(self.floor.unwrap_or(0)),
            cap: self.cap.map(|cap| lot.down(cap)),
            min_order: self.min_order.map_or(1, |order| lot.up(order)),
        }
    }
}

pub(super) fn in_units(parties: &[Party], lot: Lot) -> Vec<Recipient> {
    parties.iter().map(|party| party.in_units(lot)).collect()
}
