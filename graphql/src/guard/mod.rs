//! The guard in front of the executor: what a document may cost is decided before it is validated,
//! let alone run. Complexity, which needs the schema, is limited by the schema itself.
mod document;
mod lexical;
mod variables;

use async_graphql::parser::{parse_query, types::ExecutableDocument};
use domain::{Problem, error};

pub use document::selected;

/// Bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 10;
/// Tokens of a document.
pub const TOKENS_MAX: usize = 2_000;
/// Fields within fields.
pub const DEPTH_MAX: usize = 16;
/// Aliases in a document.
pub const ALIASES_MAX: usize = 15;
/// How often one field may stand in one selection.
pub const REPEATS_MAX: usize = 15;
/// Fields at the root of an operation.
pub const ROOT_FIELDS_MAX: usize = 10;
/// Directives at one place.
pub const DIRECTIVES_MAX: usize = 5;
/// Brackets within brackets, of all kinds, and selections within selections with fragments
/// expanded: what bounds the recursion of everything that comes after.
pub const NESTING_MAX: usize = 48;
/// Selections of all operations together, fragments expanded: fragments that spread fragments can
/// make a short document explode.
pub const EXPANDED_MAX: usize = 2_000;

/// What is limited, in Japanese and English.
pub type What = (&'static str, &'static str);

/// A limit that is exceeded.
fn over((what, what_en): What, limit: usize, found: usize) -> Problem {
    Problem::new(&error::GRAPHQL_LIMIT)
        .with("what", what)
        .with("what_en", what_en)
        .with("limit", &limit.to_string())
        .with("found", &found.to_string())
}

/// A document that does not fit the schema, or a request that does not fit its document.
pub fn invalid(reason: &str) -> Problem {
    Problem::new(&error::GRAPHQL_INVALID).with("reason", reason)
}

/// Reads a document and checks everything that can be known without the schema.
///
/// # Errors
/// `graphql.parse_error`, `graphql.limit`, `graphql.invalid`.
pub fn read(
    query: &str,
    operation_name: Option<&str>,
    variables: &async_graphql::Variables,
    introspection: bool,
) -> Result<ExecutableDocument, Problem> {
    lexical::check(query)?;
    let document = parse_query(query)
        .map_err(|failed| Problem::new(&error::GRAPHQL_PARSE_ERROR).with("reason", &reason(&failed.to_string())))?;
    document::check(&document, introspection)?;
    variables::check(&document, operation_name, variables)?;
    Ok(document)
}

/// The parser's words without its drawing of the place, which `locations` and the text itself tell.
fn reason(text: &str) -> String {
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let what = text.lines().find_map(|line| line.trim().strip_prefix("= "));
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => text.lines().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Variables;
    use std::time::{Duration, Instant};

    fn check(query: &str) -> Result<(), Problem> {
        read(query, None, &Variables::default(), false).map(drop)
    }

    fn refused(query: &str) -> (&'static str, String) {
        let started = Instant::now();
        let problem = check(query).unwrap_err();
        // generous: a debug build on a busy machine; a real explosion takes seconds
        assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
        (problem.code.code, problem.param("what_en").or(problem.param("reason")).unwrap_or_default().to_owned())
    }

    fn limit(query: &str) -> String {
        let (code, what) = refused(query);
        assert_eq!(code, "graphql.limit", "{what}");
        what
    }

    #[test]
    fn aliases_repeats_root_fields_and_directives_are_limited() {
        let some = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<String>();
        check(&format!("{{ a {{ {} }} }}", some(15, &|n| format!("x{n}: b ")))).unwrap();
        assert_eq!(limit(&format!("{{ a {{ {} }} }}", some(16, &|n| format!("x{n}: b ")))), "aliases");
        check(&format!("{{ a {{ {} }} }}", "b ".repeat(15))).unwrap();
        assert_eq!(limit(&format!("{{ a {{ {} }} }}", "b ".repeat(16))), "times the same field");
        assert_eq!(limit(&format!("{{ a {{ {} }} }}", "b ".repeat(1_000))), "times the same field");
        check(&format!("{{ {} }}", some(10, &|n| format!("f{n} ")))).unwrap();
        assert_eq!(limit(&format!("{{ {} }}", some(11, &|n| format!("f{n} ")))), "root fields");
        let hidden = format!("{{ ...F f0 }} fragment F on Query {{ {} }}", some(10, &|n| format!("g{n} ")));
        assert_eq!(limit(&hidden), "root fields");
        check(&format!("{{ a {} }}", "@include(if: true) ".repeat(5))).unwrap();
        assert_eq!(limit(&format!("{{ a {} }}", "@include(if: true) ".repeat(10))), "directives at one place");
    }

    #[test]
    fn a_limit_is_told_in_both_languages() {
        let problem = check(&"{".repeat(10_000)).unwrap_err();
        assert!(
            problem.ja().contains("括弧の入れ子の深さは 48 まで") && !problem.ja().contains("levels"),
            "{}",
            problem.ja()
        );
        assert!(problem.en().contains("levels of brackets at most 48"), "{}", problem.en());
    }

    #[test]
    fn depth_is_limited_with_fragments_expanded() {
        let nested = |levels: usize| format!("{}{}{}", "{ a ".repeat(levels), "", "}".repeat(levels));
        check(&nested(16)).unwrap();
        assert_eq!(limit(&nested(17)), "depth");
        let through = "{ a { b { c { d { ...F } } } } } fragment F on T { a { b { c { d { ...G } } } } }
                       fragment G on T { a { b { c { d { ...H } } } } } fragment H on T { a { b { c { d { e } } } } }";
        assert_eq!(limit(through), "depth");
    }

    #[test]
    fn bombs_are_refused_at_once() {
        for bracket in ["{", "[", "("] {
            assert_eq!(limit(&bracket.repeat(10_000)), "levels of brackets");
            assert_eq!(limit(&format!("{{ a(b: {}", bracket.repeat(10_000))), "levels of brackets");
            // as deep as is allowed: the parser must neither overflow nor try everything twice
            let (code, _) = refused(&format!("{{ a(b: {}", bracket.repeat(NESTING_MAX - 2)));
            assert_eq!(code, "graphql.parse_error");
        }
        // 2^40 selections in forty lines
        let mut bomb = String::from("{ ...F0 }");
        for n in 0..40 {
            bomb.push_str(&format!(" fragment F{n} on T {{ ...F{0} ...F{0} }}", n + 1));
        }
        bomb.push_str(" fragment F40 on T { a }");
        let what = limit(&bomb);
        assert!(what.starts_with("selections") || what.starts_with("levels"), "{what}");
        let mut chain = String::from("{ ...F0 }");
        for n in 0..200 {
            chain.push_str(&format!(" fragment F{n} on T {{ ...F{} }}", n + 1));
        }
        assert_eq!(limit(&chain), "levels of fragments");
    }

    #[test]
    fn fragment_cycles_end() {
        for query in [
            "{ ...F } fragment F on T { ...F }",
            "{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c { ...F } }",
            "{ a } fragment F on T { ...G } fragment G on T { ...F }",
        ] {
            let (code, reason) = refused(query);
            assert_eq!(code, "graphql.invalid");
            assert!(reason.contains("spreads itself"), "{reason}");
        }
    }

    #[test]
    fn introspection_can_be_off() {
        for query in
            ["{ __schema { types { name } } }", "{ ...F } fragment F on Query { x: __type(name: \"A\") { name } }"]
        {
            assert_eq!(refused(query).0, "graphql.invalid");
            assert!(read(query, None, &Variables::default(), true).is_ok());
        }
        check("{ __typename }").unwrap();
    }

    #[test]
    fn what_is_no_graphql_is_a_parse_error_with_a_short_reason() {
        for query in ["", "{", "query", "hello", "{ a(b: ) }", "{ a } { b }", "\u{0}", "{ a(b: \"\\ud800\") }"] {
            let (code, reason) = refused(query);
            assert_eq!(code, "graphql.parse_error", "{query} {reason}");
            assert!(!reason.contains('\u{fffd}'), "{reason}");
        }
    }
}
