//! Italy: deliveries by region, product and day (commissioner for the emergency, CC BY 4.0).
use super::{
    File, Publication, Rounds, add,
    csv_file::{self, field},
    finding, number, slug, unreadable,
};
use chrono::NaiveDate;
use domain::{FieldError, Problem, error};

const COLUMNS: [&str; 4] = ["area", "forn", "numero_dosi", "data_consegna"];
/// The region's name; older files lack it.
const NAME: &str = "reg";
const SOURCE: &str =
    "Commissario straordinario per l'emergenza, covid19-opendata-vaccini, consegne-vaccini-latest.csv (CC BY 4.0)";

/// One round a product and day. A delivery below zero is kept as it is: doses that were handed over.
pub(super) fn read(bytes: &[u8]) -> Result<File, Problem> {
    let file = csv_file::read(bytes)?;
    let places = file.places(COLUMNS)?;
    let name = file.header.iter().position(|column| column == NAME);
    let publication = Publication { kind: "italy-deliveries", source: SOURCE.to_owned(), days: 1 };
    let mut rounds = Rounds::new(publication);
    let (mut rejected, count) = (Vec::new(), file.rows.len());
    for (line, row) in file.rows {
        let taken = row.and_then(|row| take(&mut rounds, line, &row, places, name));
        if let Err(error) = taken {
            rejected.push((line, error));
        }
    }
    Ok(File { rows: count, rounds: rounds.finish(), rejected })
}

fn take(
    rounds: &mut Rounds,
    line: u64,
    row: &[String],
    places: [usize; 4],
    name: Option<usize>,
) -> Result<(), FieldError> {
    let [area, product, doses, day] = places.map(|place| field(row, place));
    let doses = number(doses).ok_or_else(|| unreadable(line, "numero_dosi", doses))?;
    let day: NaiveDate = day.parse().map_err(|_| unreadable(line, "data_consegna", day))?;
    let product = slug(product);
    if area.is_empty() || product.is_empty() {
        return Err(unreadable(line, "area, forn", ""));
    }
    let name = name.map(|name| field(row, name)).filter(|name| !name.is_empty()).unwrap_or(area);
    let round = rounds.of(&product, day, None);
    add(round, line, (area, name), "all", doses)?;
    if doses < 0 {
        let problem = Problem::new(&error::PAST_NEGATIVE).with("place", name).with("doses", &doses.to_string());
        round.findings.push(finding(line, area, &problem));
    }
    Ok(())
}
