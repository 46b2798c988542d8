//! Kind `components`: frames in order, whose weights and caps are fields of the recipients. All amounts
//! are units already.
use super::input::malformed;
use domain::{
    Problem,
    apportionment::{
        Method, Recipient, Remainder,
        components::{Component, Components, Frame, Holding, Stock, StockCut, share},
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
pub(super) struct ComponentsInput {
    components: Vec<ComponentInput>,
    recipients: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct ComponentInput {
    name: String,
    units: i64,
    weight: Option<String>,
    cap: Option<String>,
    method: String,
    remainder: Option<String>,
    stock_cut: Option<StockCutInput>,
}

#[derive(Deserialize)]
struct StockCutInput {
    cycles: i64,
    percent: i64,
}

pub(super) fn shared(input: &ComponentsInput) -> Result<Value, Problem> {
    let cuts = input.components.iter().any(|component| component.stock_cut.is_some());
    let holdings =
        input.recipients.iter().map(|fields| holding(fields, cuts)).collect::<Result<Vec<Holding>, Problem>>()?;
    let components = input
        .components
        .iter()
        .map(|component| read(component, &input.recipients))
        .collect::<Result<Vec<Component>, Problem>>()?;
    let Components { frames, totals, reserve } = share(&components, &holdings)?;
    let frame = |frame: &Frame| {
        let units = frame.lines.iter().map(|line| line.units).collect::<Vec<_>>();
        json!({ "name": frame.name, "units": units, "carried_on": frame.carried_on })
    };
    Ok(json!({
        "components": frames.iter().map(frame).collect::<Vec<_>>(),
        "total_units": totals.values().collect::<Vec<_>>(),
        "reserve_units": reserve,
    }))
}

fn read(component: &ComponentInput, recipients: &[Map<String, Value>]) -> Result<Component, Problem> {
    let recipient = |fields: &Map<String, Value>| {
        // without a field to weigh by, everyone weighs the same
        let weight = component.weight.as_deref().map_or(Ok(1), |name| whole(fields, name))?;
        let cap = component.cap.as_deref().map(|name| whole(fields, name)).transpose()?;
        Ok(Recipient { cap, ..Recipient::new(code(fields)?, weight) })
    };
    let cut = component.stock_cut.as_ref();
    Ok(Component {
        name: component.name.clone(),
        units: component.units,
        method: Method::parse(&component.method)?,
        remainder: component.remainder.as_deref().map_or(Ok(Remainder::default()), Remainder::parse)?,
        recipients: recipients.iter().map(recipient).collect::<Result<Vec<_>, Problem>>()?,
        stock_cut: cut.map(|cut| StockCut { rounds: cut.cycles, percent: cut.percent }),
    })
}

fn holding(fields: &Map<String, Value>, with_stock: bool) -> Result<Holding, Problem> {
    let total_cap = fields.get("total_cap").filter(|cap| !cap.is_null());
    let stock = || -> Result<Stock, Problem> {
        Ok(Stock {
            delivered: whole(fields, "delivered")?,
            administered: whole(fields, "administered")?,
            used_last_round: whole(fields, "used_last_cycle")?,
        })
    };
    Ok(Holding {
        code: code(fields)?,
        total_cap: total_cap.map(|_| whole(fields, "total_cap")).transpose()?,
        stock: with_stock.then(stock).transpose()?,
    })
}

fn code(fields: &Map<String, Value>) -> Result<String, Problem> {
    let code = fields.get("code").and_then(Value::as_str);
    code.map(str::to_owned).ok_or_else(|| malformed("a recipient has no code"))
}

fn whole(fields: &Map<String, Value>, name: &str) -> Result<i64, Problem> {
    let value = fields.get(name).and_then(Value::as_i64);
    value.ok_or_else(|| {
        malformed(&format!("recipient {} needs a whole number `{name}`", code(fields).unwrap_or_default()))
    })
}
