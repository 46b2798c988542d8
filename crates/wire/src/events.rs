//! Events: CloudEvents 1.0 in structured JSON mode. Each type has a JSON Schema in contracts/events.
mod shipment;

pub use shipment::*;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The envelope around every event's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique; consumers drop what they have seen.
    pub id: uuid::Uuid,
    /// `capacity.reported.v1`
    #[serde(rename = "type")]
    pub kind: String,
    /// `/meguri/<service>`
    pub source: String,
    /// `facility/<id>`
    pub subject: String,
    /// Business time, RFC 3339.
    pub time: String,
    /// `application/json`
    pub datacontenttype: String,
    /// `/contracts/events/<type>.schema.json`; partners may leave it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dataschema: String,
    /// Place within the subject, from 1, without gaps.
    pub sequence: String,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Commit position; partners' events have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub position: String,
    /// The type's own data.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// A type of event: its name and the shape of its data.
pub trait Event: Serialize + ToSchema {
    /// `area.what.vN`
    const TYPE: &'static str;
    /// What the events are ordered by: `facility/<id>`.
    fn subject(&self) -> String;
}

/// `facility.changed.v1`: a facility was created, or its master data changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacilityChanged {
    /// Our id.
    pub facility_id: uuid::Uuid,
    /// Counts up with every change.
    pub version: i32,
    /// 医療機関コード
    pub facility_code: Option<String>,
    /// 医療機関ID of G-MIS.
    pub gmis_id: Option<String>,
    /// `hospital` or `clinic`
    pub kind: String,
    /// Name.
    pub name: String,
    /// 〒 without the sign.
    pub postal_code: Option<String>,
    /// Address.
    pub address: String,
    /// Telephone, digits.
    pub phone: Option<String>,
    /// Municipality's code.
    pub municipality: String,
    /// Millionths of a degree.
    pub latitude_e6: Option<i32>,
    /// Millionths of a degree.
    pub longitude_e6: Option<i32>,
    /// A made-up facility of a training instance.
    pub synthetic: bool,
    /// The first day on which it is closed, if it closes or has been closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub closed_on: Option<NaiveDate>,
    /// The first day on which it is open again after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub reopened_on: Option<NaiveDate>,
}

impl Event for FacilityChanged {
    const TYPE: &'static str = "facility.changed.v1";
    fn subject(&self) -> String {
        format!("facility/{}", self.facility_id)
    }
}

/// `capacity.reported.v1`: a report, or a correction of one, was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapacityReported {
    /// The report's id.
    pub report_id: uuid::Uuid,
    /// Our id of the facility.
    pub facility_id: uuid::Uuid,
    /// Municipality in which it is counted.
    pub municipality: String,
    /// The form.
    pub form: String,
    /// The form's version.
    pub form_version: i32,
    /// The day reported about, `YYYY-MM-DD`.
    pub business_day: String,
    /// Revision number.
    pub revision: i32,
    /// The moment the figures describe.
    pub as_of: String,
    /// `api` or `gmis`
    pub source: String,
    /// Figures of a training instance.
    pub training: bool,
    /// Answers by item code.
    #[schema(value_type = Object)]
    pub values: Value,
}

/// `allocation.committed.v1`: a level's plan was posted: what its recipients have been granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllocationCommitted {
    /// The plan.
    pub plan_id: uuid::Uuid,
    /// The round.
    pub round_id: uuid::Uuid,
    /// Whose holdings were divided: a territory's code.
    pub holder: String,
    /// `nation`, `prefecture`, `municipality`
    pub level: String,
    /// Vials of one unit of the lines' amounts.
    pub unit_vials: i64,
    /// Vials granted in all.
    pub vials: i64,
    /// The lines with an amount.
    pub lines: Vec<CommittedLine>,
    /// Figures of a training instance.
    pub training: bool,
}

/// One line of a committed plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommittedLine {
    /// A territory's code, or a site's id.
    pub recipient: String,
    /// In units of `unit_vials`.
    pub units: i64,
}

impl Event for AllocationCommitted {
    const TYPE: &'static str = "allocation.committed.v1";
    fn subject(&self) -> String {
        format!("plan/{}", self.plan_id)
    }
}

impl Event for CapacityReported {
    const TYPE: &'static str = "capacity.reported.v1";
    fn subject(&self) -> String {
        format!("facility/{}", self.facility_id)
    }
}
