//! What bodies reach, from a shell: areas from files, closing facilities, merging municipalities.
use crate::{home::Home, table};
use clap::Subcommand;
use domain::{BusinessDay, FacilityKey, FieldError, Problem, TerritoryCode, error};
use identity::app::{
    areas::{self, CentreRow, Imported, MedicalAreaRow},
    close_facility::{Way, move_facility},
    merge_territory::merge_territory,
};
use platform::{Db, OpCtx, clock::Clock, failure::Result, opctx::new_id};
use std::process::ExitCode;
use wire::reach::{MergeTerritory, MoveFacility};

/// `meguri facility …`
#[derive(Subcommand)]
pub enum FacilityCommand {
    /// Close a facility from a day on: nobody writes to it, it owes no reports, its staff lose access.
    Close(FacilityArgs),
    /// Open a closed facility again from a day on, or call off a closing that has not come yet.
    Reopen(FacilityArgs),
}

/// Which facility, and when.
#[derive(clap::Args)]
pub struct FacilityArgs {
    /// The facility: its id, its code, or `gmis:ID`.
    key: String,
    /// The first day, like 2021-04-06: after today.
    #[arg(long)]
    on: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// `meguri territory …`
#[derive(Subcommand)]
pub enum TerritoryCommand {
    /// Merge a municipality into another one of its prefecture, from a day on.
    ///
    /// From that day its accounts see no more than the public, and what was its own is the other's.
    Merge {
        /// Code of the municipality that will be no more.
        code: String,
        /// Code of the one that it becomes a part of.
        #[arg(long)]
        into: String,
        /// The first day, like 2021-04-06: today or later.
        #[arg(long)]
        on: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

async fn operator(home: &Home) -> Result<(Db, OpCtx)> {
    let db = home.pool("identity_app", "identity")?;
    let ctx = OpCtx::system("operator", &Clock::load(&db).await?);
    Ok((db, ctx))
}

/// Closes a facility or opens it again.
///
/// # Errors
/// Those of [`move_facility`].
pub async fn facility(home: &Home, command: FacilityCommand) -> Result<ExitCode> {
    let (way, args) = match command {
        FacilityCommand::Close(args) => (Way::Close, args),
        FacilityCommand::Reopen(args) => (Way::Reopen, args),
    };
    let (db, ctx) = operator(home).await?;
    let request = MoveFacility { id: new_id(), on: BusinessDay::parse(&args.on)?, reason: args.reason };
    let key: FacilityKey = args.key.parse()?;
    let moved = move_facility(&db, &ctx, &key, way, request).await?.answer;
    let reopened = moved.reopened_on.map(|day| format!(", open again from {day}")).unwrap_or_default();
    table::print(&format!("{}: closed from {}{reopened}", moved.facility, moved.closed_on));
    Ok(ExitCode::SUCCESS)
}

/// Merges a municipality.
///
/// # Errors
/// Those of [`merge_territory`].
pub async fn territory(home: &Home, command: TerritoryCommand) -> Result<ExitCode> {
    let TerritoryCommand::Merge { code, into, on, reason } = command;
    let (db, ctx) = operator(home).await?;
    let on = BusinessDay::parse(&on)?;
    let request = MergeTerritory { id: new_id(), into: TerritoryCode::parse(&into)?, on, reason };
    let merged = merge_territory(&db, &ctx, TerritoryCode::parse(&code)?, request).await?.answer;
    table::print(&format!("{} becomes part of {} on {}", merged.territory, merged.into, merged.on));
    Ok(ExitCode::SUCCESS)
}

fn print(imported: Imported) -> ExitCode {
    let Imported { areas, municipalities, changed } = imported;
    table::print(&format!("{areas} areas, {municipalities} municipalities; {changed} changes"));
    ExitCode::SUCCESS
}

/// Takes in the areas of health centres.
///
/// # Errors
/// `import.unknown_header`, `request.invalid` with the lines at fault; those of the use case.
pub async fn health_centres(home: &Home, bytes: &[u8], from: Option<&str>) -> Result<ExitCode> {
    let rows = centre_rows(bytes)?;
    let (db, ctx) = operator(home).await?;
    let day = from.map(BusinessDay::parse).transpose()?.unwrap_or_else(|| BusinessDay::at(ctx.now));
    Ok(print(areas::health_centres(&db, &ctx, &rows, day).await?))
}

/// Takes in medical areas.
///
/// # Errors
/// `import.unknown_header`, `request.invalid` with the lines at fault; those of the use case.
pub async fn medical_areas(home: &Home, bytes: &[u8]) -> Result<ExitCode> {
    let rows = area_rows(bytes)?;
    let (db, ctx) = operator(home).await?;
    Ok(print(areas::medical_areas(&db, &ctx, &rows).await?))
}

/// The fields of a file's rows in the order of `columns`, each row with its line.
fn fields<const N: usize>(bytes: &[u8], columns: [&str; N]) -> std::result::Result<Vec<(u64, [String; N])>, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().cloned().unwrap_or_default();
    let place = |name: &str| header.iter().position(|field| field == name.as_bytes());
    let missing: Vec<&str> = columns.into_iter().filter(|name| place(name).is_none()).collect();
    if !missing.is_empty() {
        return Err(Problem::new(&error::IMPORT_UNKNOWN_HEADER).with_list("missing", &missing));
    }
    let places = columns.map(place);
    let mut rows = Vec::new();
    for (row, line) in reader.byte_records().zip(2_u64..) {
        let row =
            row.map_err(|failed| Problem::new(&error::IMPORT_MALFORMED_CSV).with("reason", &failed.to_string()))?;
        let field = |place: Option<usize>| row.get(place?).and_then(|field| std::str::from_utf8(field).ok());
        rows.push((line, places.map(|place| field(place).unwrap_or_default().trim().to_owned())));
    }
    Ok(rows)
}

fn at_line(line: u64, problem: &Problem) -> FieldError {
    FieldError::new(format!("line {line}"), &error::REQUEST_INVALID_FIELD).with("reason", &problem.en())
}

/// All rows, or one error for each line at fault.
fn all<T>(rows: impl Iterator<Item = (u64, std::result::Result<T, Problem>)>) -> std::result::Result<Vec<T>, Problem> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match row {
            Ok(row) => read.push(row),
            Err(problem) => errors.push(at_line(line, &problem)),
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors)) }
}

fn centre_rows(bytes: &[u8]) -> std::result::Result<Vec<CentreRow>, Problem> {
    let rows = fields(bytes, ["name", "name_en", "founder", "municipality"])?;
    all(rows.into_iter().map(|(line, [name, name_en, founder, municipality])| {
        let row = || {
            let (founder, municipality) = (TerritoryCode::parse(&founder)?, TerritoryCode::parse(&municipality)?);
            Ok(CentreRow { line, name, name_en, founder, municipality })
        };
        (line, row())
    }))
}

fn area_rows(bytes: &[u8]) -> std::result::Result<Vec<MedicalAreaRow>, Problem> {
    let rows = fields(bytes, ["code", "name", "municipality"])?;
    all(rows.into_iter().map(|(line, [code, name, municipality])| {
        let row = TerritoryCode::parse(&municipality);
        (line, row.map(|municipality| MedicalAreaRow { line, code, name, municipality }))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_the_names_of_their_columns_and_lines_at_fault_are_named() {
        let rows = area_rows("municipality,code,name\n131016,1301,区中央部\n".as_bytes()).unwrap();
        assert_eq!((rows[0].code.as_str(), rows[0].name.as_str(), rows[0].line), ("1301", "区中央部", 2));
        assert_eq!(area_rows(b"code,name\n").unwrap_err().code.code, "import.unknown_header");
        let refused = centre_rows(b"name,name_en,founder,municipality\na,a,131016,131016\nb,b,13101,131017\n");
        assert_eq!(refused.unwrap_err().errors[0].path, "line 3");
    }
}
