//! `meguri import indicator`: a file of figures in, all of them or none.
use crate::{home::Home, serve};
use allocation::{Allocation, app::indicators};
use domain::{FieldError, Problem, error};
use platform::{Failure, OpCtx, clock::Clock, failure::Result, limit::Rates};
use uuid::Uuid;
use wire::indicator::{FigureValue, FiguresRecorded, PutIndicator, RecordFigures};

/// What a file is of.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The indicator's code.
    pub code: String,
    /// The day of figures whose row names none.
    pub as_of: Option<String>,
    /// Where the figures come from.
    pub source: String,
    /// Registers the indicator first, or mends its names.
    pub register: Option<PutIndicator>,
}

/// The figures of a file, each with its line.
///
/// # Errors
/// `import.unknown_header`, `import.malformed_csv`; `request.invalid` with an error for each line that has no
/// place, no whole number, or no day where none is given for the file.
pub fn read(bytes: &[u8], as_of: Option<&str>) -> std::result::Result<Vec<(u64, FigureValue)>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().cloned().unwrap_or_default();
    let place = |name: &str| header.iter().position(|field| field == name.as_bytes());
    let missing: Vec<&str> = ["place", "value"].into_iter().filter(|name| place(name).is_none()).collect();
    let (Some(places), Some(values)) = (place("place"), place("value")) else {
        return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
    };
    let days = place("as_of");
    let (mut figures, mut errors) = (Vec::new(), Vec::new());
    for row in reader.byte_records() {
        let row =
            row.map_err(|failed| Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &failed.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let text = |place: usize| row.get(place).and_then(|field| std::str::from_utf8(field).ok()).map(str::trim);
        let day = days.and_then(text).filter(|day| !day.is_empty()).or(as_of);
        let value = text(values).and_then(|text| text.parse::<i64>().ok());
        match (text(places).filter(|place| !place.is_empty()), day, value) {
            (Some(place), Some(day), Some(value)) => {
                figures.push((line, FigureValue { place: place.to_owned(), as_of: day.to_owned(), value }));
            }
            (place, day, _) => {
                let (has_place, has_day) = (place.is_some(), day.is_some());
                let reason = if !has_place {
                    "place"
                } else if !has_day {
                    "as_of"
                } else {
                    "value"
                };
                let error = FieldError::new(format!("line {line}"), &error::REQUEST_INVALID_FIELD);
                errors.push(error.with("reason", reason));
            }
        }
    }
    if errors.is_empty() { Ok(figures) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors)) }
}

/// Imports a file's bytes. The same file again changes nothing.
///
/// # Errors
/// Those of [`read`]; `allocation.indicator_not_found`; `request.invalid` with an error for each line at fault.
pub async fn indicator(home: &Home, bytes: &[u8], options: Options) -> Result<FiguresRecorded> {
    let figures = read(bytes, options.as_of.as_deref())?;
    let db = home.pool("allocation_app", "allocation")?;
    let ctx = OpCtx::system("importer", &Clock::load(&db).await?);
    let shared = serve::shared(home, &db, "http://127.0.0.1", &home.stack.instance, Rates::default()).await?;
    let allocation = Allocation::new(shared, db);
    let Options { code, as_of, source, register } = options;
    if let Some(names) = register {
        indicators::put_indicator(&allocation, &ctx, &code, names).await?;
    }
    // the same file under the same names is the same request
    let content = [bytes, code.as_bytes(), source.as_bytes(), as_of.unwrap_or_default().as_bytes()].join(&b'\n');
    let (lines, values): (Vec<u64>, Vec<FigureValue>) = figures.into_iter().unzip();
    let request = RecordFigures { id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &content), source, values };
    let recorded = indicators::record_figures(&allocation, &ctx, &code, request).await;
    Ok(recorded.map_err(|failure| by_line(failure, &lines))?.0)
}

/// Names the lines of the file instead of the places in the request.
fn by_line(failure: Failure, lines: &[u64]) -> Failure {
    let Failure::Problem(mut problem) = failure else { return failure };
    for error in &mut problem.errors {
        let within = error.path.strip_prefix("values[").and_then(|rest| rest.split_once("]."));
        let named =
            within.and_then(|(index, field)| Some((lines.get(index.parse::<usize>().ok()?)?, field.to_owned())));
        if let Some((line, field)) = named {
            error.path = format!("line {line}: {field}");
        }
    }
    Failure::Problem(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_with_their_lines() {
        let figures =
            read("\u{feff}place,as_of,value\n131016,2021-04-01,5\n131024,,7\n".as_bytes(), Some("2021-04-02"));
        let figures = figures.unwrap();
        assert_eq!(figures.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
        assert_eq!((figures[0].1.as_of.as_str(), figures[1].1.as_of.as_str()), ("2021-04-01", "2021-04-02"));
        assert_eq!(read(b"place,value\n131016,3\n", Some("2021-04-02")).unwrap().len(), 1);
    }

    #[test]
    fn lines_at_fault_are_named() {
        let refused = read(b"place,as_of,value\n,2021-04-01,1\n131016,,1\n131016,2021-04-01,1.5\n", None).unwrap_err();
        let named: Vec<&str> = refused.errors.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(named, ["line 2", "line 3", "line 4"]);
        assert_eq!(read(b"code,n\n1,2\n", None).unwrap_err().code.code, "import.unknown_header");
        let problem = Problem::of_fields(
            &error::REQUEST_INVALID,
            vec![FieldError::new("values[1].place", &error::TERRITORY_NOT_FOUND)],
        );
        let Failure::Problem(problem) = by_line(problem.into(), &[2, 7]) else { panic!("a problem") };
        assert_eq!(problem.errors[0].path, "line 7: place");
    }
}
