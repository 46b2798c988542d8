//! What is looked at before anything is parsed: the size of a document, its tokens and how deep its
//! brackets go. One pass over the bytes, no recursion, so that a bomb of brackets costs nothing.
use super::{DOCUMENT_BYTES_MAX, NESTING_MAX, TOKENS_MAX, over};
use domain::Problem;

/// Checks a document's text.
///
/// # Errors
/// `graphql.limit`.
pub fn check(document: &str) -> Result<(), Problem> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(over(("文書のバイト数", "bytes of the document"), DOCUMENT_BYTES_MAX, document.len()));
    }
    let bytes = document.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'#' => {
                at += until(bytes, at, |byte| matches!(byte, b'\n' | b'\r'));
                continue;
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'"' => string_length(bytes.get(at..).unwrap_or_default()),
            b'{' | b'[' | b'(' => {
                nesting += 1;
                1
            }
            b'}' | b']' | b')' => {
                nesting = nesting.saturating_sub(1);
                1
            }
            b'.' if bytes.get(at..at + 3) == Some(b"...") => 3,
            byte if is_word(byte) => until(bytes, at, |byte| !is_word(byte)),
            _ => 1,
        };
        at += length.max(1);
        tokens += 1;
        if nesting > NESTING_MAX {
            return Err(over(("括弧の入れ子の深さ", "levels of brackets"), NESTING_MAX, nesting));
        }
        if tokens > TOKENS_MAX {
            return Err(over(("トークンの数", "tokens"), TOKENS_MAX, tokens));
        }
    }
    Ok(())
}

/// Names and numbers; bytes beyond ASCII only stand in strings and comments, or are errors.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || byte >= 0x80
}

/// How many bytes from `at` on until one that `ends`.
fn until(bytes: &[u8], at: usize, ends: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len())
}

/// The length of the string that starts `bytes`, quotes included. One that does not end runs to the
/// end of its line (a block: of the document); the parser then refuses it.
fn string_length(bytes: &[u8]) -> usize {
    let is_block = bytes.starts_with(b"\"\"\"");
    let mut at = if is_block { 3 } else { 1 };
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'\\', b'"', b'"', b'"', ..] if is_block => at += 4,
            [b'"', b'"', b'"', ..] if is_block => return at + 3,
            [b'\\', ..] if !is_block => at += 2,
            [b'"', ..] if !is_block => return at + 1,
            [b'\n' | b'\r', ..] if !is_block => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(document: &str) -> String {
        check(document).unwrap_err().param("what_en").unwrap().to_owned()
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let braces = "{".repeat(1_000);
        check(&format!("{{ a(text: \"{braces}\") }} # {braces}")).unwrap();
        check(&format!("{{ a(text: \"\"\"{braces} \\\"\"\" {braces}\"\"\") }}")).unwrap();
        check(&format!("{{ a(text: \"\\\"{braces}\") }}")).unwrap();
        assert_eq!(fails(&format!("{{ a(text: \"x\") {braces}")), "levels of brackets");
    }

    #[test]
    fn tokens_are_counted_without_commas_and_space() {
        check(&format!("{{ {} }}", "a, ".repeat(TOKENS_MAX - 2))).unwrap();
        assert_eq!(fails(&format!("{{ {} }}", "a ".repeat(TOKENS_MAX))), "tokens");
        assert_eq!(fails(&"!".repeat(TOKENS_MAX + 1)), "tokens");
    }

    #[test]
    fn a_document_is_at_most_16_kib() {
        check(&format!("{{a}}{}", " ".repeat(DOCUMENT_BYTES_MAX - 3))).unwrap();
        assert_eq!(fails(&format!("{{a}}{}", " ".repeat(DOCUMENT_BYTES_MAX))), "bytes of the document");
    }

    #[test]
    fn unfinished_strings_end_the_pass() {
        for text in ["\"", "\"\\", "\"\"\"", "\"\"\"\\\"", "{ a(b: \"", "..", "é\"é"] {
            check(text).unwrap();
        }
    }
}
