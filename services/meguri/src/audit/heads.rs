//! Signed heads, as an exported file has them: what a chain was at a moment, kept where nobody who can write the
//! database can change it.
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

/// One line of the file. The signature is over its other fields, each on a line of its own, as [`Head::signed`]
/// has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `meguri-audit-head/1`
    pub format: String,
    /// The instance's name.
    pub instance: String,
    /// The database's name.
    pub database: String,
    /// Whose chain.
    pub schema: String,
    /// Number of the chain's last item.
    pub sequence: i64,
    /// The chain's digest after it, as hexadecimals.
    #[serde(with = "hex_bytes")]
    pub digest: Vec<u8>,
    /// When it was signed, real time.
    pub at: String,
    /// The signing key: its public half, as hexadecimals.
    #[serde(with = "hex_bytes")]
    pub key: Vec<u8>,
    /// Ed25519, as hexadecimals.
    #[serde(with = "hex_bytes")]
    pub signature: Vec<u8>,
}

/// The one format there is.
pub const FORMAT: &str = "meguri-audit-head/1";

impl Head {
    /// What the signature is over.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        let Self { format, instance, database, schema, sequence, digest, at, .. } = self;
        let digest = hex::encode(digest);
        format!("{format}\n{instance}\n{database}\n{schema}\n{sequence}\n{digest}\n{at}\n").into_bytes()
    }
}

mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Heads to compare chains with, and the keys that may have signed them.
#[derive(Debug, Clone, Default)]
pub struct Heads {
    heads: Vec<Head>,
    keys: Vec<Vec<u8>>,
    /// Lines that are no head at all, or another instance's.
    pub unreadable: Vec<usize>,
}

impl Heads {
    /// The heads of one database in a file's text. `keys` are public keys that are trusted.
    #[must_use]
    pub fn parse(text: &str, instance: &str, database: &str, keys: Vec<Vec<u8>>) -> Self {
        let mut all = Self { heads: Vec::new(), keys, unreadable: Vec::new() };
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str::<Head>(line) {
                Ok(head) if head.instance == instance && head.database == database => all.heads.push(head),
                // of another database that wrote into the same file: not ours to judge
                Ok(_) => {}
                Err(_) => all.unreadable.push(index + 1),
            }
        }
        all
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.heads.len()
    }

    /// Those of one chain, by number.
    #[must_use]
    pub fn of(&self, schema: &str) -> Vec<&Head> {
        let mut heads: Vec<&Head> = self.heads.iter().filter(|head| head.schema == schema).collect();
        heads.sort_by_key(|head| head.sequence);
        heads
    }

    /// Did a trusted key sign exactly this?
    #[must_use]
    pub fn is_genuine(&self, head: &Head) -> bool {
        let check = || {
            let key = VerifyingKey::from_bytes(head.key.as_slice().try_into().ok()?).ok()?;
            let signature = Signature::from_slice(&head.signature).ok()?;
            key.verify_strict(&head.signed(), &signature).ok()
        };
        head.format == FORMAT && self.keys.contains(&head.key) && check().is_some()
    }
}
