//! Forms, as they stand in the rows, made into the domain's own.
use crate::schema::{form, form_item, form_rule};
use chrono::NaiveTime;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::capacity::{Form, Item, Kind, Rule, Severity, Source};
use platform::failure::{Failure, Result};

type FormRow = (String, i32, String, String, NaiveTime, i32, String);

#[derive(Queryable, Selectable)]
#[diesel(table_name = form_item)]
struct ItemRow {
    form: String,
    version: i32,
    code: String,
    kind: String,
    max: i64,
    slot: i32,
    unit: String,
    moment: String,
    ja: String,
    en: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = form_rule)]
struct RuleRow {
    form: String,
    version: i32,
    kind: String,
    severity: String,
    left_item: Option<String>,
    right_item: Option<String>,
    permille: Option<i64>,
    min: Option<i64>,
}

/// The newest version in force of every form, in order of code.
///
/// # Errors
/// The database's; [`Failure::Internal`] when a row holds what the program does not know.
pub async fn in_force(conn: &mut AsyncPgConnection) -> Result<Vec<Form>> {
    let mut forms = all(conn).await?;
    forms.retain(|(_, in_force)| *in_force);
    // newest first within a code, so the first of each code stays
    forms.dedup_by(|later, first| later.0.code == first.0.code);
    Ok(forms.into_iter().map(|(form, _)| form).collect())
}

/// Every version of every form and whether it is in force, by code, newest first: an old report is
/// read with the version that it was checked against.
///
/// # Errors
/// The database's; [`Failure::Internal`] when a row holds what the program does not know.
pub async fn all(conn: &mut AsyncPgConnection) -> Result<Vec<(Form, bool)>> {
    let forms: Vec<(FormRow, bool)> = form::table
        .order((form::code, form::version.desc()))
        .select((
            (form::code, form::version, form::ja, form::en, form::due, form::correction_days, form::source),
            form::in_force,
        ))
        .load(conn)
        .await?;
    let items: Vec<ItemRow> = form_item::table
        .order((form_item::form, form_item::version, form_item::ord))
        .select(ItemRow::as_select())
        .load(conn)
        .await?;
    let rules: Vec<RuleRow> = form_rule::table
        .order((form_rule::form, form_rule::version, form_rule::ord))
        .select(RuleRow::as_select())
        .load(conn)
        .await?;
    let assembled = |(row, in_force)| Ok((assemble(row, &items, &rules)?, in_force));
    forms.into_iter().map(assembled).collect()
}

fn assemble(row: FormRow, items: &[ItemRow], rules: &[RuleRow]) -> Result<Form> {
    let (code, version, ja, en, due, correction_days, source) = row;
    let unknown = |what: &str| Failure::internal(format!("form {code} version {version}: {what}"));
    let form = Form {
        items: items
            .iter()
            .filter(|item| item.form == code && item.version == version)
            .map(|item| read_item(item).ok_or_else(|| unknown(&item.code)))
            .collect::<Result<_>>()?,
        rules: rules
            .iter()
            .filter(|rule| rule.form == code && rule.version == version)
            .map(|rule| read_rule(rule).ok_or_else(|| unknown(&rule.kind)))
            .collect::<Result<_>>()?,
        correction_days: u32::try_from(correction_days).map_err(|_| unknown("correction_days"))?,
        source: match source.as_str() {
            "facility" => Source::Facility,
            "import" => Source::Import,
            other => return Err(unknown(other)),
        },
        code: code.clone(),
        version,
        ja,
        en,
        due,
    };
    // two items in one place would be summed into each other
    match form.overlap() {
        Some(item) => Err(unknown(&format!("the places of {item} in the sums belong to another item"))),
        None => Ok(form),
    }
}

fn read_item(row: &ItemRow) -> Option<Item> {
    Some(Item {
        code: row.code.clone(),
        kind: Kind::parse(&row.kind)?,
        max: row.max,
        slot: usize::try_from(row.slot).ok()?,
        ja: row.ja.clone(),
        en: row.en.clone(),
        unit: row.unit.clone(),
        moment: row.moment.clone(),
    })
}

fn read_rule(row: &RuleRow) -> Option<Rule> {
    let severity = match row.severity.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => return None,
    };
    match row.kind.as_str() {
        "not_above" => Some(Rule::NotAbove { left: row.left_item.clone()?, right: row.right_item.clone()?, severity }),
        "jump" => Some(Rule::Jump { permille: row.permille?, min: row.min? }),
        _ => None,
    }
}
