//! What belongs to a shipment: where it goes, its lots, splits, steps and answers.
use super::{facility::Facility, lot::Lot, shipment::ShipmentState, territory::Territory, unknown};
use crate::{
    scalars::{Count, Date, DateTime, Uuid, Vials},
    session::session,
};
use async_graphql::{Context, Enum, Object, SimpleObject};
use distribution_store::rows;
use domain::{Problem, TerritoryCode, ids::FacilityId};

/// First and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct DayWindow {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// How a product is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum Storage {
    /// 超低温: about -75 °C.
    UltraCold,
    /// 冷凍: about -20 °C.
    Frozen,
    /// 冷蔵: 2 to 8 °C.
    Refrigerated,
    /// 常温: devices, at room temperature.
    Ambient,
}

impl Storage {
    /// The storage that a shipment's row names.
    ///
    /// # Errors
    /// `service.internal` when there is no such storage.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(match text {
            "ultra_cold" => Self::UltraCold,
            "frozen" => Self::Frozen,
            "refrigerated" => Self::Refrigerated,
            "ambient" => Self::Ambient,
            other => return Err(unknown("storage", other)),
        })
    }
}

/// Where a shipment goes.
pub struct Destination {
    row: std::sync::Arc<rows::Shipment>,
    municipality: TerritoryCode,
}

impl Destination {
    /// Of a shipment that a loader gave out.
    pub fn of(row: std::sync::Arc<rows::Shipment>, municipality: TerritoryCode) -> Self {
        Self { row, municipality }
    }

    /// What the release said of the hub.
    fn text(&self, name: &str) -> Option<&str> {
        self.row.site.get(name)?.as_str().filter(|text| !text.is_empty())
    }
}

/// The hub that a shipment goes to, as it was named when its lines were released.
#[Object]
impl Destination {
    /// Our own id of the site.
    async fn site_id(&self) -> Uuid {
        Uuid(self.row.site_id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// Its address; null where none is known.
    async fn address(&self) -> Option<&str> {
        self.text("address")
    }

    /// 医療機関コード of the hospital that it is; null for a mass site, and where unknown.
    async fn facility_code(&self) -> Option<&str> {
        self.text("facility_code")
    }

    /// Our own id of the hospital that it is; null for a mass site.
    async fn facility_id(&self) -> Option<Uuid> {
        self.row.facility_id.map(Uuid)
    }

    /// The hospital that it is; null for a mass site, and when it is not open to you.
    async fn facility(&self, ctx: &Context<'_>) -> Option<Facility> {
        let load = async {
            let Some(id) = self.row.facility_id else { return Ok(None) };
            Facility::load(session(ctx)?, FacilityId(id)).await
        };
        super::or_null(ctx, load.await)
    }

    /// The municipality it lies in.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("municipality", &self.row.municipality);
        Territory::load(session(ctx)?, self.municipality).await?.ok_or_else(missing)
    }
}

/// Vials of a lot in a shipment.
#[derive(Clone, SimpleObject)]
pub struct ShipmentLot {
    /// The lot.
    pub lot: Lot,
    /// Vials.
    pub vials: Vials,
}

/// 小分け: what of a shipment its hub hands on to a satellite.
pub struct Split(pub rows::ShipmentSplit);

/// 小分け: what of a shipment its hub hands on to a satellite.
#[Object]
impl Split {
    /// Our own id of the satellite.
    async fn site_id(&self) -> Uuid {
        Uuid(self.0.site_id)
    }

    /// Our own id of the hospital that it is; null where it is none.
    async fn facility_id(&self) -> Option<Uuid> {
        self.0.facility_id.map(Uuid)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The municipality it lies in.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let code = TerritoryCode::parse(&self.0.municipality)?;
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("municipality", &self.0.municipality))
    }

    /// Vials meant for it.
    async fn vials(&self) -> Vials {
        Vials(self.0.vials)
    }
}

/// One thing that happened to a shipment.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ShipmentStep {
    /// The version that it made.
    pub version: i32,
    /// `order`, `schedule`, `pick`, `dispatch`, `deliver`, `fail`, `return`, `lose`, `cancel`, `receive`
    pub step: String,
    /// Where the shipment stood after it.
    pub state: ShipmentState,
    /// Name of the account that did it or reported it.
    pub by: String,
    /// Why; null when no reason was given.
    pub reason: Option<String>,
    /// When it happened, as the one who reports it says.
    pub happened_at: DateTime,
    /// When it was taken down, business time.
    pub taken_at: DateTime,
}

impl ShipmentStep {
    /// Of a row.
    ///
    /// # Errors
    /// `service.internal` when its state is none.
    pub fn of(row: &rows::ShipmentStep) -> Result<Self, Problem> {
        Ok(Self {
            version: row.version,
            step: row.step.clone(),
            state: ShipmentState::parse(&row.state)?,
            by: row.actor_name.clone(),
            reason: row.reason.clone(),
            happened_at: DateTime(row.happened_at),
            taken_at: DateTime(row.business_at),
        })
    }
}

/// What became of a partner's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum AnswerState {
    /// It waits for an earlier one.
    Held,
    /// It moved the shipment, or confirmed what was known.
    Applied,
    /// It was held, and refused when its turn came.
    Refused,
}

/// A partner's answer to a shipment.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ShipmentAnswer {
    /// The event's id.
    pub answer_id: Uuid,
    /// The event's type: `shipment.scheduled.v1`, …
    pub kind: String,
    /// Its place among the shipment's answers, from 1.
    pub sequence: Count,
    /// What became of it.
    pub state: AnswerState,
    /// Why it was refused, a stable code; null unless it was.
    pub code: Option<String>,
    /// How it came: `amqp`, `rest`.
    pub via: String,
    /// Name of the account that sent it.
    pub by: String,
    /// When it was taken, business time.
    pub at: DateTime,
}

impl ShipmentAnswer {
    /// Of a row.
    ///
    /// # Errors
    /// `service.internal` when its state is none.
    pub fn of(row: &rows::Answer) -> Result<Self, Problem> {
        let state = match row.state.as_str() {
            "held" => AnswerState::Held,
            "applied" => AnswerState::Applied,
            "refused" => AnswerState::Refused,
            other => return Err(unknown("state of an answer", other)),
        };
        Ok(Self {
            answer_id: Uuid(row.id),
            kind: row.kind.clone(),
            sequence: Count(row.sequence),
            state,
            code: row.code.clone(),
            via: row.via.clone(),
            by: row.actor_name.clone(),
            at: DateTime(row.business_at),
        })
    }
}
