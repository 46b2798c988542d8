//! Objects by a global id (Relay).
use super::{
    facility::Facility,
    partner::{Branch, Wholesaler},
    plan::Plan,
    receipt::Discrepancy,
    round::Round,
    shipment::Shipment,
    territory::Territory,
};
use crate::session::Session;
use async_graphql::{ID, Interface};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{BranchCode, Problem, TerritoryCode, WholesalerCode, ids::FacilityId};
use uuid::Uuid;

/// An object that can be fetched again by its id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id. Opaque; give it to `node`."))]
pub enum Node {
    /// A territory.
    Territory(Territory),
    /// A facility.
    Facility(Facility),
    /// A round.
    Round(Round),
    /// A plan.
    Plan(Plan),
    /// A shipment.
    Shipment(Shipment),
    /// A discrepancy.
    Discrepancy(Discrepancy),
    /// A wholesaler.
    Wholesaler(Wholesaler),
    /// A wholesaler's branch.
    Branch(Branch),
}

/// What a global id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeId {
    /// A territory.
    Territory(TerritoryCode),
    /// A facility.
    Facility(FacilityId),
    /// A round.
    Round(Uuid),
    /// A plan.
    Plan(Uuid),
    /// A shipment.
    Shipment(Uuid),
    /// A discrepancy.
    Discrepancy(Uuid),
    /// A wholesaler.
    Wholesaler(WholesalerCode),
    /// A wholesaler's branch.
    Branch(BranchCode),
}

impl NodeId {
    /// As an id of the schema.
    pub fn id(self) -> ID {
        let text = match self {
            Self::Territory(code) => format!("Territory:{code}"),
            Self::Facility(id) => format!("Facility:{id}"),
            Self::Round(id) => format!("Round:{id}"),
            Self::Plan(id) => format!("Plan:{id}"),
            Self::Shipment(id) => format!("Shipment:{id}"),
            Self::Discrepancy(id) => format!("Discrepancy:{id}"),
            Self::Wholesaler(code) => format!("Wholesaler:{code}"),
            Self::Branch(code) => format!("Branch:{code}"),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    /// The reverse of [`Self::id`]; `None` for anything that it does not write.
    pub fn read(id: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let read = match text.split_once(':')? {
            ("Territory", code) => Self::Territory(TerritoryCode::parse(code).ok()?),
            ("Facility", id) => Self::Facility(id.parse().ok()?),
            ("Round", id) => Self::Round(id.parse().ok()?),
            ("Plan", id) => Self::Plan(id.parse().ok()?),
            ("Shipment", id) => Self::Shipment(id.parse().ok()?),
            ("Discrepancy", id) => Self::Discrepancy(id.parse().ok()?),
            ("Wholesaler", code) => Self::Wholesaler(code.parse().ok()?),
            ("Branch", code) => Self::Branch(code.parse().ok()?),
            _ => return None,
        };
        // `uuid` reads more forms than it writes; one object has one id
        (read.id().as_str() == id).then_some(read)
    }
}

impl Node {
    /// The object, if there is one for this caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: &str) -> Result<Option<Self>, Problem> {
        Ok(match NodeId::read(id) {
            None => None,
            Some(NodeId::Territory(code)) => Territory::load(session, code).await?.map(Self::Territory),
            Some(NodeId::Facility(id)) => Facility::load(session, id).await?.map(Self::Facility),
            Some(NodeId::Round(id)) => Round::load(session, id).await?.map(Self::Round),
            Some(NodeId::Plan(id)) => Plan::load(session, id).await?.map(Self::Plan),
            Some(NodeId::Shipment(id)) => Shipment::load(session, id).await?.map(Self::Shipment),
            Some(NodeId::Discrepancy(id)) => Discrepancy::load(session, id).await?.map(Self::Discrepancy),
            Some(NodeId::Wholesaler(code)) => Wholesaler::load(session, code).await?.map(Self::Wholesaler),
            Some(NodeId::Branch(code)) => Branch::load(session, code).await?.map(Self::Branch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_id() {
        let id = "0192f0be-0000-7000-8000-000000000001";
        for node in [
            NodeId::Territory(TerritoryCode::parse("131016").unwrap()),
            NodeId::Facility(id.parse().unwrap()),
            NodeId::Round(id.parse().unwrap()),
            NodeId::Plan(id.parse().unwrap()),
            NodeId::Shipment(id.parse().unwrap()),
            NodeId::Discrepancy(id.parse().unwrap()),
            NodeId::Wholesaler("W07".parse().unwrap()),
            NodeId::Branch("W07-03".parse().unwrap()),
        ] {
            assert_eq!(NodeId::read(&node.id()), Some(node));
        }
        for text in [
            "Territory:131017".to_owned(),
            "Facility:1".to_owned(),
            format!("Facility:{}", id.replace('-', "")),
            format!("Facility:{}", id.to_uppercase()),
            format!("Plan:{}", id.replace('-', "")),
            format!("Shipment:{}", id.to_uppercase()),
            "Wholesaler:w07".to_owned(),
            "Branch:W07".to_owned(),
            "Report:1".to_owned(),
            "Territory".to_owned(),
            String::new(),
        ] {
            assert_eq!(NodeId::read(&URL_SAFE_NO_PAD.encode(&text)), None, "{text}");
        }
        for id in ["", "%", "131016", "VGVycml0b3J5OjEzMTAxNg==", "\u{0}"] {
            assert_eq!(NodeId::read(id), None, "{id}");
        }
    }
}
