//! 全国地方公共団体コード: the six-digit code of a territory, with its check digit.
use crate::error::{self, Problem};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A territory: the nation (`000000`, ours), a prefecture (`130001`) or a municipality (`131016`).
///
/// Parsing verifies the check digit (総務省 全国地方公共団体コード仕様, JIS X 0401/0402): with the first
/// five digits `abcde`, `s = 6a + 5b + 4c + 3d + 2e`, and the sixth digit is the last digit of
/// `11 - s mod 11`. That a code is well formed does not say that the place exists: identity's table
/// of territories does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerritoryCode(u32);

/// The three tiers through which figures are summed and doses run down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// 国
    Nation,
    /// 都道府県
    Prefecture,
    /// 市町村 and 特別区
    Municipality,
}

impl Tier {
    /// The identifier used in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nation => "nation",
            Self::Prefecture => "prefecture",
            Self::Municipality => "municipality",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Nation, Self::Prefecture, Self::Municipality].into_iter().find(|tier| tier.as_str() == text)
    }
}

impl TerritoryCode {
    /// The whole country.
    pub const NATION: Self = Self(0);

    /// Reads a code and verifies its check digit.
    ///
    /// # Errors
    /// `territory.malformed` when it is not six ASCII digits with a prefecture of 01-47,
    /// `territory.check_digit` when the last digit is not the computed one.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let malformed = || Problem::new(&error::TERRITORY_MALFORMED).with("code", text);
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        let number: u32 = text.parse().map_err(|_| malformed())?;
        if number == 0 {
            return Ok(Self::NATION);
        }
        let stem = number / 10;
        if !(1..=47).contains(&(stem / 1_000)) {
            return Err(malformed());
        }
        let expected = check_digit(stem);
        if number % 10 != expected {
            return Err(Problem::new(&error::TERRITORY_CHECK_DIGIT)
                .with("code", text)
                .with("expected", &format!("{stem:05}{expected}")));
        }
        Ok(Self(number))
    }

    /// Nation, prefecture or municipality, as the code itself tells.
    #[must_use]
    pub fn tier(self) -> Tier {
        match self.0 {
            0 => Tier::Nation,
            n if n / 10 % 1_000 == 0 => Tier::Prefecture,
            _ => Tier::Municipality,
        }
    }

    /// The prefecture this code lies in (itself for a prefecture); `None` for the nation.
    #[must_use]
    pub fn prefecture(self) -> Option<Self> {
        (self != Self::NATION).then(|| Self::of_prefecture(self.0 / 10_000))
    }

    /// The prefecture's two-digit number, 1-47; 0 for the nation.
    #[must_use]
    pub fn prefecture_number(self) -> u32 {
        self.0 / 10_000
    }

    /// The code of prefecture 1-47 by its number.
    #[must_use]
    pub fn of_prefecture(number: u32) -> Self {
        let stem = number * 1_000;
        Self(stem * 10 + check_digit(stem))
    }

    /// Who stands directly above it: the nation above a prefecture, the prefecture above a municipality.
    #[must_use]
    pub fn above(self) -> Option<Self> {
        match self.tier() {
            Tier::Nation => None,
            Tier::Prefecture => Some(Self::NATION),
            Tier::Municipality => self.prefecture(),
        }
    }

    /// Does this territory hold `other` (or is it the same)?
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        match self.tier() {
            Tier::Nation => true,
            Tier::Prefecture => other.prefecture() == Some(self),
            Tier::Municipality => self == other,
        }
    }
}

/// The check digit of the first five digits. `11 - s mod 11`, last digit; s is below 11 for no
/// Japanese code but the rule "11 - s" then gives the same number.
fn check_digit(stem: u32) -> u32 {
    let digit = |power: u32| stem / power % 10;
    let s = 6 * digit(10_000) + 5 * digit(1_000) + 4 * digit(100) + 3 * digit(10) + 2 * digit(1);
    (11 - s % 11) % 10
}

impl fmt::Display for TerritoryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl FromStr for TerritoryCode {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::parse(text)
    }
}

impl Serialize for TerritoryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TerritoryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|problem| serde::de::Error::custom(problem.en()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_codes_are_read_and_know_their_tier() {
        for (text, tier) in [
            ("000000", Tier::Nation),
            ("010006", Tier::Prefecture),
            ("130001", Tier::Prefecture),
            ("011002", Tier::Municipality),
            ("131016", Tier::Municipality),
            ("473626", Tier::Municipality),
        ] {
            let code = TerritoryCode::parse(text).unwrap();
            assert_eq!((code.to_string().as_str(), code.tier()), (text, tier));
        }
    }

    #[test]
    fn a_wrong_digit_is_told_with_the_right_one() {
        let problem = TerritoryCode::parse("131017").unwrap_err();
        assert_eq!(problem.code.code, "territory.check_digit");
        assert!(problem.en().contains("131016"), "{}", problem.en());
    }

    #[test]
    fn every_single_digit_slip_is_found() {
        // weights 6..2 are all prime to 11, so one changed digit always moves the check digit,
        // except where 10 and 0 share the digit 0
        let mut missed = 0;
        for position in 0..6 {
            for digit in b'0'..=b'9' {
                let mut bytes = *b"131016";
                if bytes[position] == digit {
                    continue;
                }
                bytes[position] = digit;
                missed += u32::from(TerritoryCode::parse(std::str::from_utf8(&bytes).unwrap()).is_ok());
            }
        }
        assert!(missed <= 1, "{missed}");
    }

    #[test]
    fn malformed_codes_are_refused() {
        for text in ["", "13101", "1310166", "13101a", "１３１０１６", "480002", "000001", "-13101", "+13101"] {
            let problem = TerritoryCode::parse(text).unwrap_err();
            assert_eq!(problem.code.code, "territory.malformed", "{text}");
        }
    }

    #[test]
    fn containment_follows_the_tree() {
        let tokyo = TerritoryCode::of_prefecture(13);
        let chiyoda = TerritoryCode::parse("131016").unwrap();
        assert_eq!(chiyoda.prefecture(), Some(tokyo));
        assert!(TerritoryCode::NATION.contains(chiyoda) && tokyo.contains(chiyoda) && chiyoda.contains(chiyoda));
        assert!(!chiyoda.contains(tokyo) && !TerritoryCode::of_prefecture(14).contains(chiyoda));
        assert!(!tokyo.contains(TerritoryCode::NATION));
    }
}
