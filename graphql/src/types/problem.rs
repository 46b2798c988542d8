//! What is wrong, or remarkable, about a field.
use async_graphql::SimpleObject;

/// One field at fault, or one warning about a field.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct FieldProblem {
    /// Dotted path in the input: `answers.icu_occupied` is the answer to that item.
    pub path: String,
    /// Stable code, `area.snake_case`; all stand in contracts/error-codes.md.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
}

impl From<wire::problem::FieldProblem> for FieldProblem {
    fn from(problem: wire::problem::FieldProblem) -> Self {
        Self { path: path(&problem.path), code: problem.code, ja: problem.ja, en: problem.en }
    }
}

/// A path of the REST request as it is called in the mutation's input.
fn path(rest: &str) -> String {
    let (first, below) = rest.split_once('.').map_or((rest, None), |(first, below)| (first, Some(below)));
    let first = match first {
        "values" => "answers",
        "business_day" => "businessDay",
        "as_of" => "asOf",
        "replaces_revision" => "replacesRevision",
        "received_at" => "receivedAt",
        other => other,
    };
    below.map_or_else(|| first.to_owned(), |below| format!("{first}.{below}"))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn paths_are_those_of_the_input() {
        assert_eq!(path("values.icu_occupied"), "answers.icu_occupied");
        assert_eq!(path("values"), "answers");
        assert_eq!(path("business_day"), "businessDay");
        assert_eq!(path("facility"), "facility");
    }
}
