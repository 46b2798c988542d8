//! Accounts from a file: CSV in UTF-8 (with or without a byte order mark) or Shift_JIS, whose columns have the
//! names of the account's fields, in any order.
use super::issue::Row;
use domain::{FieldError, Problem, error};
use wire::account::{AccountFacts, Invite};

/// All columns; `name` and `role` must be there.
const COLUMNS: [&str; 13] = [
    "name",
    "role",
    "territory",
    "facility",
    "partner",
    "organisation",
    "organisation_name",
    "organisation_name_en",
    "administrator",
    "mail",
    "language",
    "expires_at",
    "invite",
];
const REQUIRED: [&str; 2] = ["name", "role"];
/// How people write yes.
const YES: [&str; 6] = ["true", "1", "yes", "○", "〇", "はい"];
const NO: [&str; 5] = ["false", "0", "no", "×", "いいえ"];

/// The rows of a file, in its order.
///
/// # Errors
/// `import.unreadable` when it is text in neither encoding; `import.unknown_header`.
pub fn rows(bytes: &[u8]) -> Result<Vec<Row>, Problem> {
    let text = decoded(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| header.iter().all(|field| field != *name)).collect();
    if !missing.is_empty() {
        return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
    }
    if let Some(unknown) = header.iter().find(|field| !COLUMNS.contains(field)) {
        let error = FieldError::new("header", &error::REQUEST_INVALID_FIELD);
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![error.with("reason", unknown)]));
    }
    let row = |row: csv::Result<csv::StringRecord>| match row {
        Ok(row) if row.len() == header.len() => facts(&header, &row),
        Ok(row) => {
            let problem = Problem::new(&error::IMPORT_COLUMN_COUNT).with("found", &row.len().to_string());
            Err(problem.with("expected", &header.len().to_string()))
        }
        Err(failed) => Err(Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &failed.to_string())),
    };
    Ok(reader.records().map(row).collect())
}

/// UTF-8 if it is that, else Shift_JIS as Windows writes it.
fn decoded(bytes: &[u8]) -> Result<String, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        Problem::new(&error::IMPORT_UNREADABLE).with("file", "text/csv").with("reason", "UTF-8, Shift_JIS")
    })
}

fn facts(header: &csv::StringRecord, row: &csv::StringRecord) -> Row {
    let field = |name: &str| {
        let at = header.iter().position(|field| field == name)?;
        row.get(at).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut errors = Vec::new();
    let mut invalid = |path: &str, reason: &str| {
        errors.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason));
    };
    let administrator = match field("administrator").map(|text| text.to_lowercase()) {
        None => false,
        Some(text) if YES.contains(&text.as_str()) => true,
        Some(text) => {
            if !NO.contains(&text.as_str()) {
                invalid("administrator", "true, false");
            }
            false
        }
    };
    let organisation = field("organisation").and_then(|text| match text.parse() {
        Ok(id) => Some(id),
        Err(_) => {
            invalid("organisation", "uuid");
            None
        }
    });
    let invite = field("invite").and_then(|text| {
        let invite = Invite::parse(&text);
        if invite.is_none() {
            invalid("invite", "mail, code");
        }
        invite
    });
    if !errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, errors));
    }
    Ok(AccountFacts {
        name: field("name").unwrap_or_default(),
        role: field("role").unwrap_or_default(),
        territory: field("territory"),
        facility: field("facility"),
        partner: field("partner"),
        organisation,
        organisation_name: field("organisation_name"),
        organisation_name_en: field("organisation_name_en"),
        administrator,
        mail: field("mail"),
        language: field("language"),
        expires_at: field("expires_at"),
        invite,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "name,role,organisation_name,territory,administrator,invite\n\
                        ishikai-13,medical_association,東京都医師会,130001,はい,code\n";

    #[test]
    fn three_encodings_read_the_same() {
        let utf8 = rows(FILE.as_bytes()).unwrap();
        let with_mark = rows(format!("\u{feff}{FILE}").as_bytes()).unwrap();
        let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(FILE);
        assert_eq!(utf8, with_mark);
        assert_eq!(utf8, rows(&shift_jis).unwrap());
        let facts = utf8[0].as_ref().unwrap();
        assert_eq!(facts.organisation_name.as_deref(), Some("東京都医師会"));
        assert!(facts.administrator && facts.mail.is_none() && facts.invite == Some(Invite::Code));
    }

    #[test]
    fn a_bad_row_fails_alone() {
        let file = "role,name,administrator\nprefecture,a,maybe\nprefecture,b\nprefecture,c,\n";
        let rows = rows(file.as_bytes()).unwrap();
        let codes: Vec<&str> =
            rows.iter().map(|row| row.as_ref().map_or_else(|problem| problem.code.code, |_| "")).collect();
        assert_eq!(codes, ["request.invalid", "import.column_count", ""]);
    }

    #[test]
    fn another_file_is_refused_whole() {
        let code = |bytes: &[u8]| rows(bytes).unwrap_err().code.code;
        assert_eq!(code(b"name,password\n"), "import.unknown_header");
        assert_eq!(code(b"name,role,password\n"), "request.invalid", "there is no column for passwords");
        assert_eq!(code(b""), "import.unknown_header");
        assert_eq!(code(b"name,role\n\xff\xff,\x80\n"), "import.unreadable");
    }
}
