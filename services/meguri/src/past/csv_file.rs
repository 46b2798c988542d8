//! A CSV file by the names of its columns.
use domain::{FieldError, Problem, error};

/// A file's header and rows; each row is whole UTF-8 and has as many fields as the header, or says why not.
pub(super) struct CsvFile {
    pub header: Vec<String>,
    pub rows: Vec<(u64, Result<Vec<String>, FieldError>)>,
}

/// Reads a file, with or without a byte order mark. Rows that are all empty are left out.
///
/// # Errors
/// `import.invalid_utf8` for the header, `import.malformed_csv`.
pub(super) fn read(bytes: &[u8]) -> Result<CsvFile, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    for row in reader.byte_records() {
        let row =
            row.map_err(|failed| Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &failed.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let text: Option<Vec<String>> =
            row.iter().map(|field| Some(std::str::from_utf8(field).ok()?.trim().to_owned())).collect();
        let Some(header) = &header else {
            header = Some(text.ok_or_else(|| Problem::new(&error::IMPORT_INVALID_UTF8))?);
            continue;
        };
        let at = |code| FieldError::new(format!("line {line}"), code);
        rows.push((
            line,
            match text {
                None => Err(at(&error::IMPORT_INVALID_UTF8)),
                Some(fields) if fields.iter().all(String::is_empty) => continue,
                Some(fields) if fields.len() != header.len() => Err(at(&error::IMPORT_COLUMN_COUNT)
                    .with("found", &fields.len().to_string())
                    .with("expected", &header.len().to_string())),
                Some(fields) => Ok(fields),
            },
        ));
    }
    Ok(CsvFile { header: header.unwrap_or_default(), rows })
}

impl CsvFile {
    /// Where these columns stand.
    ///
    /// # Errors
    /// `import.unknown_header` naming those that are missing.
    pub fn places<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], Problem> {
        let place = |name: &str| self.header.iter().position(|column| column == name);
        let missing: Vec<&str> = names.into_iter().filter(|name| place(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
        }
        Ok(names.map(|name| place(name).unwrap_or_default()))
    }
}

/// A field of a row; empty where the row ends before it.
pub(super) fn field(row: &[String], place: usize) -> &str {
    row.get(place).map_or("", String::as_str)
}
