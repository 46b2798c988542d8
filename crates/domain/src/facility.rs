//! The keys under which a hospital or clinic is known.
use crate::{
    error::{self, Problem},
    ids::FacilityId,
};
use std::{fmt, str::FromStr};

/// 医療機関コード: ten digits (prefecture 2, fee table 1, seven more), or `X` and ten digits as a few
/// real files write it. The scheme has no check digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FacilityCode(String);

/// 医療機関ID of G-MIS: eight digits, ten for a few, and for some three hundred hospitals `cov` and
/// five digits. Unique within that source: the import key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GmisId(String);

/// Whatever a path or an argument names a facility by: its uuid, its code, or `gmis:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FacilityKey {
    /// Our own id.
    Id(FacilityId),
    /// 医療機関コード
    Code(FacilityCode),
    /// The key of the G-MIS files.
    Gmis(GmisId),
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl FacilityCode {
    /// # Errors
    /// `facility.malformed_code` unless it is ten digits, or `X` and ten digits.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let number = text.strip_prefix('X').unwrap_or(text);
        if number.len() == 10 && digits(number) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::new(&error::FACILITY_MALFORMED_CODE).with("value", text))
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl GmisId {
    /// # Errors
    /// `facility.malformed_gmis_id` unless it is eight or ten digits, or `cov` and five digits.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let known = match text.strip_prefix("cov") {
            Some(number) => digits(number) && number.len() == 5,
            None => digits(text) && matches!(text.len(), 8 | 10),
        };
        if known {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::new(&error::FACILITY_MALFORMED_GMIS_ID).with("value", text))
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FacilityKey {
    type Err = Problem;

    /// # Errors
    /// `facility.malformed_key` when it is none of the three forms.
    fn from_str(text: &str) -> Result<Self, Problem> {
        if let Some(id) = text.strip_prefix("gmis:") {
            if let Ok(id) = GmisId::parse(id) {
                return Ok(Self::Gmis(id));
            }
        } else if let Ok(code) = FacilityCode::parse(text) {
            return Ok(Self::Code(code));
        // only the hyphenated form: `uuid` would also read 32 bare digits or a URN
        } else if text.len() == 36
            && let Ok(id) = text.parse()
        {
            return Ok(Self::Id(id));
        }
        Err(Problem::new(&error::FACILITY_MALFORMED_KEY).with("value", text))
    }
}

impl fmt::Display for FacilityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => f.write_str(code.as_str()),
            Self::Gmis(id) => write!(f, "gmis:{}", id.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_round_trip() {
        for text in [
            "0110117785",
            "X0710418492",
            "gmis:10101075",
            "gmis:cov00322",
            "gmis:0710418492",
            "0192f0be-0000-7000-8000-000000000001",
        ] {
            assert_eq!(text.parse::<FacilityKey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "gmis:",
            "gmis:123",
            "gmis:cov322",
            "01101177",
            "Y0710418492",
            "０１１０１１７７８５",
            "0192f0be000070008000000000000001",
            "' or 1=1",
        ] {
            assert_eq!(text.parse::<FacilityKey>().unwrap_err().code.code, "facility.malformed_key", "{text}");
        }
    }
}
