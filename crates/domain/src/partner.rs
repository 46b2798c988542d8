//! Wholesaler companies and their branches, as codes name them.
use crate::error::{self, Problem};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A wholesaler company: `W07`, from `W01` to `W99`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WholesalerCode(u8);

/// A branch of one: `W07-03`, numbered from 1 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchCode {
    wholesaler: WholesalerCode,
    number: u8,
}

/// Two digits from 01 to 99.
fn number(text: &str) -> Option<u8> {
    let well_formed = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| well_formed && *number > 0)
}

impl WholesalerCode {
    /// The company with a number from 1 to 99.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        (1..=99).contains(&number).then_some(Self(number))
    }
}

impl BranchCode {
    /// The branch with a number from 1 to 99.
    #[must_use]
    pub fn of(wholesaler: WholesalerCode, number: u8) -> Option<Self> {
        (1..=99).contains(&number).then_some(Self { wholesaler, number })
    }

    /// Whose branch it is.
    #[must_use]
    pub fn wholesaler(self) -> WholesalerCode {
        self.wholesaler
    }
}

impl fmt::Display for WholesalerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "W{:02}", self.0)
    }
}

impl fmt::Display for BranchCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.wholesaler, self.number)
    }
}

impl FromStr for WholesalerCode {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        let malformed = || Problem::new(&error::WHOLESALER_MALFORMED_CODE).with("value", text);
        text.strip_prefix('W').and_then(number).map(Self).ok_or_else(malformed)
    }
}

impl FromStr for BranchCode {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        let malformed = || Problem::new(&error::WHOLESALER_MALFORMED_CODE).with("value", text);
        let (company, branch) = text.split_once('-').ok_or_else(malformed)?;
        Ok(Self { wholesaler: company.parse()?, number: number(branch).ok_or_else(malformed)? })
    }
}

macro_rules! as_text {
    ($($type:ident),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(|problem: Problem| serde::de::Error::custom(problem.en()))
            }
        }
    )+};
}
as_text!(WholesalerCode, BranchCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_two_digits_from_one() {
        let branch: BranchCode = "W07-03".parse().unwrap();
        assert_eq!((branch.to_string(), branch.wholesaler().to_string()), ("W07-03".to_owned(), "W07".to_owned()));
        assert_eq!(WholesalerCode::of(7), "W07".parse().ok());
        assert_eq!(BranchCode::of(branch.wholesaler(), 3), Some(branch));
        for wrong in ["W7", "W00", "W100", "w07", "W+7", "W07-3", "W07-00", "W07-", "W07-03-1", ""] {
            assert!(wrong.parse::<BranchCode>().is_err(), "{wrong}");
        }
        assert!("W07-03".parse::<WholesalerCode>().is_err());
        assert_eq!(WholesalerCode::of(0), None);
    }
}
