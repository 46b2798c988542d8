//! The instance's clock, and who is asking.
use super::{facility::Facility, or_null, territory::Territory, unknown};
use crate::{
    scalars::{Date, DateTime},
    session::session,
};
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Problem, policy};

/// The instance's business time.
#[derive(Debug, Clone, SimpleObject)]
pub struct Clock {
    /// What "now" means here: real time, or in a training instance the time of its story.
    pub now: DateTime,
    /// The calendar day it is in Japan at `now`.
    pub business_day: Date,
    /// This is a training instance: its clock may be stepped and its figures are made up.
    pub training: bool,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "policy::Role")]
pub enum Role {
    /// 国: the ministry.
    Ministry,
    /// 都道府県: a prefecture's officers.
    Prefecture,
    /// 市町村: a municipality's officers.
    Municipality,
    /// 保健所: a public health centre.
    HealthCentre,
    /// 病院: the staff of one hospital.
    Hospital,
    /// とりまとめ団体: reports for all facilities of its prefecture.
    ReportingProxy,
    /// 卸: a pharmaceutical wholesaler.
    Wholesaler,
    /// 監査: the auditor.
    Auditor,
    /// Runs the machine and sees no figures.
    Operator,
    /// 調整本部: a prefecture's coordination headquarters.
    CoordinationHq,
    /// 診療所: the staff of one clinic.
    Clinic,
    /// 郡市医師会: a medical association.
    MedicalAssociation,
    /// 製造販売業者: a maker.
    Maker,
    /// 専門家ネットワーク: a network of experts (ECMOnet).
    ExpertNetwork,
    /// 消防: a fire service.
    FireService,
    /// 相談窓口: the help desk.
    HelpDesk,
    /// Anybody, not signed in.
    Public,
}

/// Who is asking.
pub struct Viewer(pub policy::Actor);

/// Who is asking, as the token says; `public` without a token.
#[Object]
impl Viewer {
    /// What the account is for.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The account's name; `public` without a token.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The territory the account is at home in: the nation for the ministry and the public, the
    /// facility's municipality for a facility's staff.
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let code = self.0.home.territory();
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("home territory", &code.to_string()))
    }

    /// The facility the account belongs to; null for all others.
    async fn facility(&self, ctx: &Context<'_>) -> Option<Facility> {
        let policy::Place::Facility(id, _) = self.0.home else { return None };
        let found = async { Facility::load(session(ctx)?, id).await };
        or_null(ctx, found.await)
    }
}
