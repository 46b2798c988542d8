//! Who may do what to what: one table, decided in one place.
//!
//! [`decide`] is the only maker of a [`Permit`], and a transaction can only be begun with one
//! (`platform::db::Tx`), so that a forgotten check does not compile. Reads are bounded by a
//! [`Scope`], which the stores turn into SQL. The whole table stands, role by role, in
//! `contracts/authz-matrix.txt`; any change of it is a change of that file.
use crate::error::{self, Problem};

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

mod matrix;
mod place;
mod role;
mod scope;
mod table;

pub use matrix::matrix;
pub use place::{Actor, Opened, Place, Reach, Relation, Share, Shared, relation};
pub use role::{Action, Role};
pub use scope::{Facilities, Scope, Shipments};
use table::{Verdict, answer};

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
    match answer(actor.role, actor.home, &actor.reach, action, place) {
        // a service account does nothing beyond what it was made for, but it learns no more by asking
        Verdict::Allow if !actor.is_limited_to(action) => Err(Denied::Refused),
        Verdict::Allow => Ok(Permit { actor: actor.clone(), action, place }),
        Verdict::Refuse => Err(Denied::Refused),
        Verdict::Hide => Err(Denied::Invisible),
    }
}

#[cfg(test)]
mod tests;
