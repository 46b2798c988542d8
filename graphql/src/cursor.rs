//! Cursors: opaque, and bound to the list and the account they were made for, so that an edited one
//! or another account's is refused rather than read.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Problem, error, ids::AccountId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of the code that seals a cursor: 128 bits, as nobody can try 2^64 of them here.
const SEAL_BYTES: usize = 16;
/// Longest position; ours are a code or a uuid.
const POSITION_BYTES_MAX: usize = 64;

/// Makes and reads cursors.
#[derive(Clone)]
pub struct Cursors {
    key: Hmac<Sha256>,
}

/// The list that a cursor belongs to.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Which list: `children`, `facilities`.
    pub name: &'static str,
    /// Of which object.
    pub parent: &'a str,
    /// Seen by whom.
    pub account: AccountId,
}

impl Cursors {
    /// With a secret that all processes of the instance share.
    pub fn new(secret: &str) -> Self {
        // HMAC takes a key of any length, so the fallback is never used
        let key = Hmac::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self { key }
    }

    fn sealed(&self, list: List<'_>, position: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        // each part with its length: no two lists write the same bytes
        for part in [list.name.as_bytes(), list.parent.as_bytes(), list.account.0.as_bytes(), position] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    /// The cursor of the element at `position`.
    pub fn make(&self, list: List<'_>, position: &str) -> String {
        let seal = self.sealed(list, position.as_bytes()).finalize().into_bytes();
        let mut bytes = position.as_bytes().to_vec();
        bytes.extend(seal.iter().take(SEAL_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that a cursor names.
    ///
    /// # Errors
    /// `graphql.bad_cursor` unless it was made for this very list and account.
    pub fn read(&self, list: List<'_>, cursor: &str) -> Result<String, Problem> {
        let bad = || Problem::new(&error::GRAPHQL_BAD_CURSOR);
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        let length = bytes.len().checked_sub(SEAL_BYTES).filter(|n| *n <= POSITION_BYTES_MAX).ok_or_else(bad)?;
        let (position, seal) = bytes.split_at_checked(length).ok_or_else(bad)?;
        self.sealed(list, position).verify_truncated_left(seal).map_err(|_| bad())?;
        String::from_utf8(position.to_vec()).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn list(parent: &str, account: u128) -> List<'_> {
        List { name: "children", parent, account: AccountId(Uuid::from_u128(account)) }
    }

    #[test]
    fn a_cursor_is_read_only_where_it_was_made() {
        let cursors = Cursors::new("secret");
        let cursor = cursors.make(list("130001", 1), "131016");
        assert_eq!(cursors.read(list("130001", 1), &cursor).unwrap(), "131016");
        for (cursors, list) in [
            (&cursors, list("130001", 2)),
            (&cursors, list("140007", 1)),
            (&cursors, List { name: "facilities", ..list("130001", 1) }),
            (&Cursors::new("other"), list("130001", 1)),
        ] {
            assert_eq!(cursors.read(list, &cursor).unwrap_err().code.code, "graphql.bad_cursor");
        }
    }

    #[test]
    fn every_edit_is_refused() {
        let cursors = Cursors::new("secret");
        let cursor = cursors.make(list("130001", 1), "131016");
        for place in 0..cursor.len() {
            let mut edited = cursor.clone().into_bytes();
            edited[place] = if edited[place] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).unwrap();
            assert!(cursors.read(list("130001", 1), &edited).is_err(), "{place}");
        }
        for cursor in ["", "A", "%", "131016", &cursor[1..], &format!("{cursor}A"), &format!("{cursor}=")] {
            assert!(cursors.read(list("130001", 1), cursor).is_err(), "{cursor}");
        }
    }
}
