//! Vials that are not where the book expected them, and what can be decided about them.
use crate::error::{self, Problem};

/// How they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// They should have arrived and did not.
    Short,
    /// They arrived and should not have.
    Surplus,
    /// They arrived broken or warm.
    Damaged,
    /// The branch picked more than the depot's book had.
    BeyondStock,
}

/// What became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Gone.
    Lost,
    /// They never left the depot.
    FoundAtDepot,
    /// They were at the site after all.
    FoundAtSite,
    /// They came from the depot's own stock.
    FromDepot,
    /// The maker had sent them, and nobody had noted it.
    FromMaker,
    /// Thrown away.
    Destroyed,
    /// Looked at, and good.
    Usable,
    /// Sent back to the depot.
    Returned,
}

const KINDS: [(Kind, &str, &[Decision]); 4] = [
    (Kind::Short, "short", &[Decision::Lost, Decision::FoundAtDepot, Decision::FoundAtSite]),
    (Kind::Surplus, "surplus", &[Decision::FromDepot, Decision::FromMaker]),
    (Kind::Damaged, "damaged", &[Decision::Destroyed, Decision::Usable, Decision::Returned]),
    (Kind::BeyondStock, "beyond_stock", &[Decision::FromDepot, Decision::FromMaker]),
];

const DECISIONS: [(Decision, &str); 8] = [
    (Decision::Lost, "lost"),
    (Decision::FoundAtDepot, "found_at_depot"),
    (Decision::FoundAtSite, "found_at_site"),
    (Decision::FromDepot, "from_depot"),
    (Decision::FromMaker, "from_maker"),
    (Decision::Destroyed, "destroyed"),
    (Decision::Usable, "usable"),
    (Decision::Returned, "returned"),
];

/// The word in place of a decision where the branch put back, before dispatch, what it had picked beyond
/// the depot's book. Nobody decides it.
pub const WITHDRAWN: &str = "withdrawn";

impl Kind {
    /// The name in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        KINDS.iter().find(|(_, name, _)| *name == text).map(|(kind, _, _)| *kind)
    }

    /// What can be decided.
    #[must_use]
    pub fn decisions(self) -> &'static [Decision] {
        KINDS.iter().find(|(kind, _, _)| *kind == self).map_or(&[], |(_, _, decisions)| decisions)
    }

    /// A decision by its name.
    ///
    /// # Errors
    /// `discrepancy.wrong_decision` when this kind cannot be decided so.
    pub fn decide(self, decision: &str) -> Result<Decision, Problem> {
        let found = self.decisions().iter().copied().find(|possible| possible.as_str() == decision);
        found.ok_or_else(|| {
            let allowed: Vec<&str> = self.decisions().iter().map(|possible| possible.as_str()).collect();
            let problem = Problem::new(&error::DISCREPANCY_DECISION);
            problem.with("kind", self.as_str()).with("decision", decision).with_list("allowed", &allowed)
        })
    }
}

impl Decision {
    /// The name in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        DECISIONS.iter().find(|(decision, _)| *decision == self).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_decisions() {
        for (kind, name, decisions) in KINDS {
            assert_eq!((kind.as_str(), Kind::parse(name)), (name, Some(kind)));
            for (decision, name) in DECISIONS {
                assert_eq!(kind.decide(name).is_ok(), decisions.contains(&decision), "{kind:?} {name}");
            }
            assert_eq!(kind.decide(WITHDRAWN).unwrap_err().code.code, "discrepancy.wrong_decision");
        }
        let refused = Kind::Damaged.decide("lost").unwrap_err();
        assert!(refused.en().contains("destroyed, usable, returned"), "{}", refused.en());
    }
}
