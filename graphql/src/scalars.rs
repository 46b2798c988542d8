//! The scalars, each with one strict reader: a value is taken as it is meant, or refused with a code.
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::{BusinessDay, Problem, error, time, units::COUNT_MAX};

/// Refuses a value with a problem's code and words.
fn refuse<T: async_graphql::InputType>(problem: &Problem) -> InputValueError<T> {
    InputValueError::custom(problem.en())
        .with_extension("code", problem.code.code)
        .with_extension("ja", problem.ja())
        .with_extension("en", problem.en())
}

/// The text of a string value; anything else as the caller wrote it, to be refused by the reader.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Only a JSON string can be a well-formed value of a scalar that is written as text.
fn read<T: async_graphql::InputType, V>(
    value: &Value,
    reader: impl Fn(&str) -> Result<V, Problem>,
    problem: impl Fn(&str) -> Problem,
) -> Result<V, InputValueError<T>> {
    match value {
        Value::String(text) => reader(text).map_err(|problem| refuse(&problem)),
        other => Err(refuse(&problem(&text(other)))),
    }
}

/// A whole number from 0 to 2^53 (9,007,199,254,740,992), written as a JSON number: GraphQL's own
/// Int ends at 2^31.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub i64);

/// A whole number from 0 to 2^53 (9,007,199,254,740,992), written as a JSON number: GraphQL's own
/// Int ends at 2^31.
#[Scalar(name = "Count")]
impl ScalarType for Count {
    fn parse(value: Value) -> InputValueResult<Self> {
        let max = COUNT_MAX.to_string();
        let problem = |code| Problem::new(code).with("max", &max).with("value", &text(&value));
        match &value {
            Value::Number(number) => match number.as_i64() {
                Some(count) if (0..=COUNT_MAX).contains(&count) => Ok(Self(count)),
                None if !number.is_u64() => Err(refuse(&problem(&error::REPORT_NOT_WHOLE_NUMBER))),
                _ => Err(refuse(&problem(&error::REPORT_OUT_OF_RANGE))),
            },
            _ => Err(refuse(&problem(&error::REPORT_NOT_WHOLE_NUMBER))),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// Reads a whole number from 0 to 2^53 of things that are allotted.
fn amount<T: async_graphql::InputType>(value: &Value) -> Result<i64, InputValueError<T>> {
    let count = match value {
        Value::Number(number) => number.as_i64().filter(|count| (0..=COUNT_MAX).contains(count)),
        _ => None,
    };
    let problem = || {
        let problem = Problem::new(&error::ALLOCATION_AMOUNT).with("max", &COUNT_MAX.to_string());
        refuse(&problem.with("value", &text(value)))
    };
    count.ok_or_else(problem)
}

/// A number of vials: whole, from 0 to 2^53, written as a JSON number. Vials are what is allotted;
/// doses per vial change by date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vials(pub i64);

/// A number of vials: whole, from 0 to 2^53, written as a JSON number. Vials are what is allotted;
/// doses per vial change by date.
#[Scalar(name = "Vials")]
impl ScalarType for Vials {
    fn parse(value: Value) -> InputValueResult<Self> {
        amount(&value).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// A number of whole packs (箱) of a round's product: from 0 to 2^53, written as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boxes(pub i64);

/// A number of whole packs (箱) of a round's product: from 0 to 2^53, written as a JSON number.
#[Scalar(name = "Boxes")]
impl ScalarType for Boxes {
    fn parse(value: Value) -> InputValueResult<Self> {
        amount(&value).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// A whole number from -2^53 to 2^53, written as a JSON number: more or less than something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference(pub i64);

/// A whole number from -2^53 to 2^53, written as a JSON number: more or less than something else.
#[Scalar(name = "Difference")]
impl ScalarType for Difference {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64().filter(|number| number.unsigned_abs() <= COUNT_MAX.unsigned_abs()),
            _ => None,
        };
        let problem = || {
            let problem = Problem::new(&error::ALLOCATION_AMOUNT).with("max", &COUNT_MAX.to_string());
            refuse(&problem.with("value", &text(&value)))
        };
        number.map(Self).ok_or_else(problem)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// A calendar day in Japan, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date(pub BusinessDay);

/// A calendar day in Japan, `YYYY-MM-DD`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let malformed = |text: &str| Problem::new(&error::TIME_MALFORMED_DAY).with("value", text);
        read(&value, BusinessDay::parse, malformed).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

/// An instant, RFC 3339. Answers are written in UTC with milliseconds, `2021-04-05T04:00:00.000Z`;
/// inputs need an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub time::Instant);

/// An instant, RFC 3339. Answers are written in UTC with milliseconds, `2021-04-05T04:00:00.000Z`;
/// inputs need an offset.
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let malformed = |text: &str| Problem::new(&error::TIME_MALFORMED_INSTANT).with("value", text);
        read(&value, time::parse_instant, malformed).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(time::rfc3339(self.0))
    }
}

/// A six-digit territory code with its check digit (全国地方公共団体コード): `000000` the nation, `130001`
/// a prefecture, `131016` a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TerritoryCode(pub domain::TerritoryCode);

/// A six-digit territory code with its check digit (全国地方公共団体コード): `000000` the nation, `130001`
/// a prefecture, `131016` a municipality.
#[Scalar(name = "TerritoryCode")]
impl ScalarType for TerritoryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let malformed = |text: &str| Problem::new(&error::TERRITORY_MALFORMED).with("code", text);
        read(&value, domain::TerritoryCode::parse, malformed).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

/// What names a hospital or clinic: its uuid, its ten-digit code (医療機関コード), or `gmis:` and its
/// G-MIS id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FacilityKey(pub domain::FacilityKey);

/// What names a hospital or clinic: its uuid, its ten-digit code (医療機関コード), or `gmis:` and its
/// G-MIS id.
#[Scalar(name = "FacilityKey")]
impl ScalarType for FacilityKey {
    fn parse(value: Value) -> InputValueResult<Self> {
        let malformed = |text: &str| Problem::new(&error::FACILITY_MALFORMED_KEY).with("value", text);
        read(&value, |text| text.parse::<domain::FacilityKey>(), malformed).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

/// A UUID in its hyphenated form. Ids that a caller makes are of version 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uuid(pub uuid::Uuid);

/// A UUID in its hyphenated form. Ids that a caller makes are of version 7.
#[Scalar(name = "Uuid")]
impl ScalarType for Uuid {
    fn parse(value: Value) -> InputValueResult<Self> {
        let malformed = |_: &str| {
            let reason = "a uuid like 0192f0be-0000-7000-8000-000000000001";
            Problem::new(&error::REQUEST_INVALID_FIELD).with("reason", reason)
        };
        // `uuid` itself would also read 32 bare digits, braces or a URN
        let reader = |text: &str| match text.parse() {
            Ok(id) if text.len() == 36 => Ok(id),
            _ => Err(malformed(text)),
        };
        read(&value, reader, malformed).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The code with which a value is refused, or "" when it is taken.
    fn code<T: ScalarType + async_graphql::InputType>(value: serde_json::Value) -> String {
        match <T as ScalarType>::parse(Value::from_json(value).unwrap()) {
            Ok(_) => String::new(),
            Err(error) => {
                let error = error.into_server_error(async_graphql::Pos::default());
                let code = error.extensions.unwrap().get("code").unwrap().clone();
                code.into_json().unwrap().as_str().unwrap().to_owned()
            }
        }
    }

    #[test]
    fn counts_are_whole_and_within_two_to_the_53() {
        for (value, expected) in [
            (json!(0), ""),
            (json!(2_147_483_648_i64), ""),
            (json!(9_007_199_254_740_992_i64), ""),
            (json!(9_007_199_254_740_993_i64), "report.out_of_range"),
            (json!(18_446_744_073_709_551_615_u64), "report.out_of_range"),
            (json!(-1), "report.out_of_range"),
            (json!(1.5), "report.not_whole_number"),
            (json!(1.0), "report.not_whole_number"),
            (json!("1"), "report.not_whole_number"),
            (json!(true), "report.not_whole_number"),
            (json!([1]), "report.not_whole_number"),
        ] {
            assert_eq!(code::<Count>(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn amounts_are_whole_and_within_two_to_the_53() {
        for (value, expected) in [
            (json!(0), ""),
            (json!(1_950_000), ""),
            (json!(9_007_199_254_740_993_i64), "allocation.amount_out_of_range"),
            (json!(-1), "allocation.amount_out_of_range"),
            (json!(1.0), "allocation.amount_out_of_range"),
            (json!("1"), "allocation.amount_out_of_range"),
        ] {
            assert_eq!(code::<Vials>(value.clone()), expected, "{value}");
            assert_eq!(code::<Boxes>(value.clone()), expected, "{value}");
        }
    }

    #[test]
    fn text_scalars_refuse_with_their_own_code() {
        assert_eq!(code::<Date>(json!("2021-04-05")), "");
        assert_eq!(code::<Date>(json!("2021-4-5")), "time.malformed_day");
        assert_eq!(code::<Date>(json!(20_210_405)), "time.malformed_day");
        assert_eq!(code::<DateTime>(json!("2021-04-05T13:00:00+09:00")), "");
        assert_eq!(code::<DateTime>(json!("2021-04-05T13:00:00")), "time.malformed_instant");
        assert_eq!(code::<TerritoryCode>(json!("131016")), "");
        assert_eq!(code::<TerritoryCode>(json!("131017")), "territory.check_digit");
        assert_eq!(code::<TerritoryCode>(json!(131_016)), "territory.malformed");
        assert_eq!(code::<FacilityKey>(json!("gmis:10101075")), "");
        assert_eq!(code::<FacilityKey>(json!("' or 1=1")), "facility.malformed_key");
        assert_eq!(code::<Uuid>(json!("0192f0be-0000-7000-8000-000000000001")), "");
        assert_eq!(code::<Uuid>(json!("0192f0be000070008000000000000001")), "request.invalid_field");
    }

    #[test]
    fn instants_are_written_in_utc_with_milliseconds() {
        let instant = <DateTime as ScalarType>::parse(Value::from("2021-04-05T13:00:00+09:00")).unwrap();
        assert_eq!(ScalarType::to_value(&instant), Value::from("2021-04-05T04:00:00.000Z"));
    }
}
