//! Who may do what to what: one table, decided in one place.
//!
//! [`decide`] is the only maker of a [`Permit`], and a transaction can only be begun with one
//! (`platform::db::Tx`), so that a forgotten check does not compile. Reads are bounded by a
//! [`Scope`], which the stores turn into SQL. The whole table stands, role by role, in
//! `contracts/authz-matrix.txt`; any change of it is a change of that file.
use crate::{
    error::{self, Problem},
    ids::{AccountId, FacilityId, OrganisationId},
    partner::{BranchCode, WholesalerCode},
    territory::{TerritoryCode, Tier},
};
use std::fmt::Write as _;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$vdoc])* $variant),+ }
        impl $type {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name used in the database, tokens and every API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The reverse of [`Self::as_str`].
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names! {
    /// What an account is for. A person with two jobs has two accounts.
    Role {
        /// 国
        Ministry = "ministry",
        /// 都道府県
        Prefecture = "prefecture",
        /// 市町村
        Municipality = "municipality",
        /// 保健所
        HealthCentre = "health_centre",
        /// 病院・診療所
        Hospital = "hospital",
        /// とりまとめ団体: reports for all facilities of its prefecture
        ReportingProxy = "reporting_proxy",
        /// 卸
        Wholesaler = "wholesaler",
        /// 監査
        Auditor = "auditor",
        /// runs the machine: imports, clock, jobs; sees no figures
        Operator = "operator",
        /// anybody, not signed in
        Public = "public",
    }
}

names! {
    /// What can be asked for.
    Action {
        /// Names, codes and populations of territories: published facts.
        TerritoryRead = "territory_read",
        /// Sums over the facilities of a territory, with their coverage.
        FiguresRead = "figures_read",
        /// A facility's master data.
        FacilityRead = "facility_read",
        /// A facility's own reports.
        ReportRead = "report_read",
        /// Who saw what about a facility.
        ViewsRead = "views_read",
        /// Sending or correcting a facility's report.
        ReportSubmit = "report_submit",
        /// Creating and changing facilities in bulk, and who must report.
        FacilityImport = "facility_import",
        /// Writing the status answers of a published file.
        StatusImport = "status_import",
        /// Opening a business day: who is due.
        DayOpen = "day_open",
        /// Making accounts, service accounts and signing keys.
        AccountIssue = "account_issue",
        /// Reading a round's plans and grants at a place.
        PlanRead = "plan_read",
        /// Computing, adjusting and handing in a plan.
        PlanDraft = "plan_draft",
        /// Agreeing to a plan that was handed in.
        PlanApprove = "plan_approve",
        /// Posting a plan, or assigning vials to sites.
        PlanCommit = "plan_commit",
        /// Posting a plan as it stands because its officers are late: the service's own work.
        PlanCarry = "plan_carry",
        /// Reading a territory's own line of a plan that was handed in and is open to objections.
        PlanProposalRead = "plan_proposal_read",
        /// Objecting to one's own line of such a plan.
        PlanObject = "plan_object",
        /// Proposing and committing a change of a committed plan.
        PlanAmend = "plan_amend",
        /// Taking assigned lines back that were not released.
        LinesWithdraw = "lines_withdraw",
        /// Opening rounds, recording supply, registering sites.
        RoundOpen = "round_open",
        /// Reading what anybody may know: rules, and what was committed to a territory and why.
        PublishedRead = "published_read",
        /// Publishing a version of a rule.
        RulePublish = "rule_publish",
        /// Registering indicators and recording their figures.
        IndicatorRecord = "indicator_record",
        /// Trying rules out, without any effect on plans.
        WhatIfRun = "what_if_run",
        /// Taking in rounds of the past as they were published.
        PastRoundImport = "past_round_import",
        /// Releasing assigned lines: they become a shipment to their hub.
        LinesRelease = "lines_release",
        /// Reading shipments, receipts, discrepancies and stock.
        ShipmentRead = "shipment_read",
        /// Answering a shipment: day, lots, dispatch, delivery.
        ShipmentAnswer = "shipment_answer",
        /// Calling a shipment off before dispatch.
        ShipmentCancel = "shipment_cancel",
        /// Confirming what arrived.
        ReceiptConfirm = "receipt_confirm",
        /// Deciding what became of vials that are not where they should be.
        DiscrepancyResolve = "discrepancy_resolve",
        /// Noting what a depot received from the maker.
        InboundRecord = "inbound_record",
        /// Declaring a lot recalled.
        LotRecall = "lot_recall",
        /// Wholesalers, branches, areas, their broker users, replays and dead letters.
        WholesalerManage = "wholesaler_manage",
        /// Applying the events of other services.
        EventApply = "event_apply",
        /// Moving the clock of a training instance.
        ClockStep = "clock_step",
    }
}

/// Where something or somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A nation, prefecture or municipality.
    Territory(TerritoryCode),
    /// A facility, and the municipality it lies in.
    Facility(FacilityId, TerritoryCode),
    /// A wholesaler company: it works all over the nation.
    Wholesaler(WholesalerCode),
    /// One of its branches.
    Branch(BranchCode),
}

impl Place {
    /// The territory: the facility's municipality for a facility, the nation for a wholesaler.
    #[must_use]
    pub fn territory(self) -> TerritoryCode {
        match self {
            Self::Territory(code) | Self::Facility(_, code) => code,
            Self::Wholesaler(_) | Self::Branch(_) => TerritoryCode::NATION,
        }
    }

    /// A shipment has two ends. For a wholesaler it lies at its `branch`, for all others at the `site`.
    #[must_use]
    pub fn of_shipment(actor: &Actor, branch: BranchCode, site: Self) -> Self {
        if actor.role == Role::Wholesaler { Self::Branch(branch) } else { site }
    }
}

/// Somebody who acts: an account, or a job of the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account; nil for the public.
    pub account: AccountId,
    /// The body it acts for; nil for the public.
    pub organisation: OrganisationId,
    /// Its name as the audit trail shows it: `ministry`, `proxy-13`, `importer`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it is at home.
    pub home: Place,
    /// A machine's account (its request rate is higher).
    pub machine: bool,
}

impl Actor {
    /// Somebody who has not signed in.
    #[must_use]
    pub fn public() -> Self {
        let nil = uuid::Uuid::nil();
        Self {
            account: AccountId(nil),
            organisation: OrganisationId(nil),
            name: "public".to_owned(),
            role: Role::Public,
            home: Place::Territory(TerritoryCode::NATION),
            machine: false,
        }
    }

    /// The service itself, at work under the name of a job: `importer`, `open-day`.
    #[must_use]
    pub fn system(job: &str) -> Self {
        Self { name: job.to_owned(), role: Role::Operator, machine: true, ..Self::public() }
    }
}

names! {
    /// How the actor's home stands to the place asked about.
    Relation {
        /// the same place
        Own = "own",
        /// the place lies within the actor's home
        Below = "below",
        /// the actor's home lies within the place
        Above = "above",
        /// neither
        Elsewhere = "elsewhere",
    }
}

/// How `home` stands to `place`.
#[must_use]
pub fn relation(home: Place, place: Place) -> Relation {
    match (home, place) {
        // a token remembers where the facility was when it was issued: it stays the same facility
        (Place::Facility(home, _), Place::Facility(place, _)) if home == place => Relation::Own,
        (Place::Facility(..), Place::Facility(..)) => Relation::Elsewhere,
        (home, place) if home == place => Relation::Own,
        (Place::Territory(home), Place::Facility(_, at)) if home.contains(at) => Relation::Below,
        (Place::Facility(_, at), Place::Territory(place)) if place.contains(at) => Relation::Above,
        (Place::Territory(home), Place::Territory(place)) if home.contains(place) => Relation::Below,
        (Place::Territory(home), Place::Territory(place)) if place.contains(home) => Relation::Above,
        (Place::Territory(home), Place::Wholesaler(_) | Place::Branch(_)) if home == TerritoryCode::NATION => {
            Relation::Below
        }
        (Place::Wholesaler(home), Place::Branch(branch)) if branch.wholesaler() == home => Relation::Below,
        (Place::Branch(home), Place::Wholesaler(place)) if home.wholesaler() == place => Relation::Above,
        _ => Relation::Elsewhere,
    }
}

/// The table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    /// The object may be seen, this may not be done to it: 403.
    Refuse,
    /// The object does not exist for this actor: 404.
    Hide,
}

/// The kind of place, as the table distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Nation and prefectures: their figures are published.
    Published,
    Municipality,
    Facility,
    /// A wholesaler or its branch.
    Partner,
}

fn level(place: Place) -> Level {
    match place {
        Place::Facility(..) => Level::Facility,
        Place::Wholesaler(_) | Place::Branch(_) => Level::Partner,
        Place::Territory(code) if code.tier() == Tier::Municipality => Level::Municipality,
        Place::Territory(_) => Level::Published,
    }
}

/// Roles that look after the facilities of a territory and see each of them.
fn oversees(role: Role) -> bool {
    matches!(
        role,
        Role::Ministry
            | Role::Prefecture
            | Role::Municipality
            | Role::HealthCentre
            | Role::Auditor
            | Role::ReportingProxy
    )
}

/// Both ends of a shipment: the branch that brings it and the site that takes it.
fn shipment_verdict(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let inside = matches!(relation, Relation::Own | Relation::Below);
    let visible = match (role, level) {
        (Role::Wholesaler | Role::Ministry | Role::Auditor, Level::Partner) => inside,
        (_, Level::Partner) => false,
        (Role::Hospital, level) => level == Level::Facility && relation == Relation::Own,
        (role, _) => oversees(role) && role != Role::ReportingProxy && inside,
    };
    let may = match action {
        Action::ShipmentRead => true,
        Action::ShipmentAnswer => role == Role::Wholesaler,
        Action::ShipmentCancel => matches!(role, Role::Ministry | Role::Prefecture | Role::Municipality),
        // a mass site is its municipality's, or its prefecture's; a hospital's own staff confirm theirs
        Action::ReceiptConfirm => matches!(role, Role::Prefecture | Role::Municipality | Role::Hospital),
        Action::DiscrepancyResolve => matches!(role, Role::Ministry | Role::Prefecture),
        _ => false,
    };
    match (visible, may) {
        (true, true) => Verdict::Allow,
        (true, false) => Verdict::Refuse,
        (false, _) => Verdict::Hide,
    }
}

fn verdict(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let inside = matches!(relation, Relation::Own | Relation::Below);
    let sees_facility = match role {
        Role::Hospital => relation == Relation::Own,
        role => oversees(role) && inside,
    };
    match action {
        Action::TerritoryRead => Verdict::Allow,
        Action::FiguresRead => match level {
            Level::Published => Verdict::Allow,
            // the sum over a municipality with one hospital is that hospital's report
            Level::Municipality if oversees(role) && inside => Verdict::Allow,
            Level::Municipality | Level::Facility | Level::Partner => Verdict::Hide,
        },
        Action::FacilityRead | Action::ReportRead if level == Level::Facility && sees_facility => Verdict::Allow,
        Action::FacilityRead | Action::ReportRead => Verdict::Hide,
        Action::ViewsRead => match (level, role) {
            // those who answer for it to the public, and the facility about itself
            (Level::Facility, Role::Ministry | Role::Prefecture | Role::Auditor | Role::Hospital) if sees_facility => {
                Verdict::Allow
            }
            (Level::Facility, _) if sees_facility => Verdict::Refuse,
            _ => Verdict::Hide,
        },
        Action::ReportSubmit => match (level, role) {
            (Level::Facility, Role::Hospital | Role::ReportingProxy) if sees_facility => Verdict::Allow,
            (Level::Facility, _) if sees_facility => Verdict::Refuse,
            _ => Verdict::Hide,
        },
        Action::PlanRead | Action::PlanProposalRead if oversees(role) && role != Role::ReportingProxy && inside => {
            Verdict::Allow
        }
        Action::PlanRead | Action::PlanProposalRead => Verdict::Hide,
        Action::PlanObject => match role {
            // a territory speaks for itself, by its own officers
            Role::Prefecture | Role::Municipality if relation == Relation::Own => Verdict::Allow,
            Role::Ministry | Role::Prefecture | Role::Municipality | Role::HealthCentre | Role::Auditor if inside => {
                Verdict::Refuse
            }
            _ => Verdict::Hide,
        },
        Action::PlanDraft | Action::PlanApprove | Action::PlanCommit | Action::PlanAmend | Action::LinesWithdraw => {
            match role {
                // each level divides what it holds, by its own officers; a level above looks on
                Role::Ministry | Role::Prefecture | Role::Municipality if relation == Relation::Own => Verdict::Allow,
                Role::Ministry | Role::Prefecture | Role::Municipality | Role::HealthCentre | Role::Auditor
                    if inside =>
                {
                    Verdict::Refuse
                }
                _ => Verdict::Hide,
            }
        }
        Action::PublishedRead if matches!(level, Level::Published | Level::Municipality) => Verdict::Allow,
        Action::PublishedRead => Verdict::Hide,
        // by the ministry, or the shipped ones by who runs the machine
        Action::RulePublish if matches!(role, Role::Ministry | Role::Operator) && inside => Verdict::Allow,
        Action::RulePublish => Verdict::Refuse,
        // by the ministry, or from a file by who runs the machine
        Action::IndicatorRecord if matches!(role, Role::Ministry | Role::Operator) && inside => Verdict::Allow,
        Action::IndicatorRecord => Verdict::Refuse,
        Action::WhatIfRun => match role {
            Role::Ministry | Role::Prefecture if inside => Verdict::Allow,
            Role::Municipality | Role::HealthCentre | Role::Auditor if inside => Verdict::Refuse,
            _ => Verdict::Hide,
        },
        Action::LinesRelease => match role {
            _ if level == Level::Partner => Verdict::Hide,
            // the officers of the holder release what it assigned, or the prefecture above
            Role::Ministry | Role::Municipality if relation == Relation::Own => Verdict::Allow,
            Role::Prefecture if inside => Verdict::Allow,
            Role::Ministry | Role::Municipality | Role::HealthCentre | Role::Auditor if inside => Verdict::Refuse,
            _ => Verdict::Hide,
        },
        Action::ShipmentRead
        | Action::ShipmentAnswer
        | Action::ShipmentCancel
        | Action::ReceiptConfirm
        | Action::DiscrepancyResolve => shipment_verdict(role, action, level, relation),
        Action::InboundRecord => match role {
            Role::Wholesaler if level == Level::Partner && inside => Verdict::Allow,
            Role::Operator if inside => Verdict::Allow,
            Role::Wholesaler => Verdict::Hide,
            _ => Verdict::Refuse,
        },
        Action::LotRecall if role == Role::Ministry && inside => Verdict::Allow,
        Action::LotRecall => Verdict::Refuse,
        Action::RoundOpen
        | Action::PlanCarry
        | Action::PastRoundImport
        | Action::WholesalerManage
        | Action::EventApply
        | Action::FacilityImport
        | Action::StatusImport
        | Action::DayOpen
        | Action::AccountIssue
        | Action::ClockStep => {
            if role == Role::Operator && inside {
                Verdict::Allow
            } else {
                Verdict::Refuse
            }
        }
    }
}

/// Proof that [`decide`] allowed an action. It cannot be made elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Action,
    place: Place,
}

impl Permit {
    /// Who was allowed.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// On what.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Visible, but not to be done: 403.
    Refused,
    /// Invisible: answer exactly as if the object did not exist (404).
    Invisible,
}

impl Denied {
    /// As a problem; `missing` is what a nonexistent object answers.
    #[must_use]
    pub fn or_missing(self, missing: Problem) -> Problem {
        match self {
            Self::Refused => Problem::new(&error::AUTH_FORBIDDEN),
            Self::Invisible => missing,
        }
    }
}

/// Decides, without a query and without a side effect.
///
/// # Errors
/// [`Denied`], which says whether the object may be known to exist.
pub fn decide(actor: &Actor, action: Action, place: Place) -> Result<Permit, Denied> {
    match verdict(actor.role, action, level(place), relation(actor.home, place)) {
        Verdict::Allow => Ok(Permit { actor: actor.clone(), action, place }),
        Verdict::Refuse => Err(Denied::Refused),
        Verdict::Hide => Err(Denied::Invisible),
    }
}

/// Which facilities an actor's reads may touch; the stores turn it into a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facilities {
    /// None at all.
    None,
    /// One.
    One(FacilityId),
    /// Those of a territory; the nation's are all.
    Within(TerritoryCode),
}

/// Which shipments and stock an actor's reads may touch; the stores turn it into a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shipments {
    /// None at all.
    None,
    /// Those to one facility.
    To(FacilityId),
    /// Those to the sites of a territory; the nation's are all.
    Within(TerritoryCode),
    /// A wholesaler's.
    Of(WholesalerCode),
    /// A branch's.
    From(BranchCode),
}

/// What an actor's reads may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    role: Role,
    home: Place,
}

impl Scope {
    /// The scope of an actor.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self { role: actor.role, home: actor.home }
    }

    /// May the figures of this territory be read?
    #[must_use]
    pub fn sees_figures(self, territory: TerritoryCode) -> bool {
        let place = Place::Territory(territory);
        verdict(self.role, Action::FiguresRead, level(place), relation(self.home, place)) == Verdict::Allow
    }

    /// The facilities whose data and reports may be read.
    #[must_use]
    pub fn facilities(self) -> Facilities {
        match (self.role, self.home) {
            (Role::Hospital, Place::Facility(id, _)) => Facilities::One(id),
            (role, Place::Territory(code)) if oversees(role) => Facilities::Within(code),
            _ => Facilities::None,
        }
    }

    /// The shipments, receipts, discrepancies and stock that may be read.
    #[must_use]
    pub fn shipments(self) -> Shipments {
        match (self.role, self.home) {
            (Role::Wholesaler, Place::Wholesaler(code)) => Shipments::Of(code),
            (Role::Wholesaler, Place::Branch(code)) => Shipments::From(code),
            (Role::Hospital, Place::Facility(id, _)) => Shipments::To(id),
            (role, Place::Territory(code)) if oversees(role) && role != Role::ReportingProxy => Shipments::Within(code),
            _ => Shipments::None,
        }
    }

    /// May this facility be read?
    #[must_use]
    pub fn sees_facility(self, id: FacilityId, municipality: TerritoryCode) -> bool {
        match self.facilities() {
            Facilities::None => false,
            Facilities::One(own) => own == id,
            Facilities::Within(code) => code.contains(municipality),
        }
    }
}

/// The whole table as text, one line an action and kind of place, one column a role: the golden
/// file `contracts/authz-matrix.txt`.
#[must_use]
pub fn matrix() -> String {
    let mut text = String::from(
        "# Role x action x kind of place x relation. Generated by `meguri contracts`; every change is a review.\n\
         # A cell lists the relations (o own, b below, a above, e elsewhere) that are allowed; then, after\n\
         # `403`, those that are refused although the object may be seen. All others answer 404.\n",
    );
    let _ = write!(text, "{:<19} {:<12}", "action", "place");
    for role in Role::ALL {
        let _ = write!(text, " {:<15}", role.as_str());
    }
    text.push('\n');
    for action in Action::ALL {
        for (level, name) in
            [(Level::Published, "nation/pref"), (Level::Municipality, "municipality"), (Level::Facility, "facility")]
        {
            let _ = write!(text, "{:<16} {:<12}", action.as_str(), name);
            for role in Role::ALL {
                let pick = |wanted: Verdict| -> String {
                    Relation::ALL
                        .iter()
                        .filter(|relation| verdict(*role, *action, level, **relation) == wanted)
                        .filter_map(|relation| relation.as_str().chars().next())
                        .collect()
                };
                let cell = match (pick(Verdict::Allow), pick(Verdict::Refuse)) {
                    (allow, refuse) if allow.is_empty() && refuse.is_empty() => "-".to_owned(),
                    (allow, refuse) if refuse.is_empty() => allow,
                    (allow, refuse) => format!("{allow} 403:{refuse}").trim().to_owned(),
                };
                let _ = write!(text, " {cell:<15}");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests;
