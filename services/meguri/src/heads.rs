//! Signed heads of the sealed chains: each minute what each chain has become is signed and written to a file in
//! the instance's data folder, outside of the database. Whoever can write the database can cut off or rewrite a
//! chain; the file shows it, the more so the sooner it is copied elsewhere (docs/audit-trail.md).
use crate::{
    audit::{HEAD_FORMAT, Head},
    home::Home,
};
use domain::time::rfc3339;
use ed25519_dalek::{Signer, SigningKey};
use platform::{
    Db, Failure,
    background::Background,
    clock::real_now,
    failure::Result,
    seal::{self, CHAINS},
};
use rand::RngCore;
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often chains that have grown get a new head.
const PERIOD: Duration = Duration::from_secs(60);
/// The signing key's seed, as hexadecimals; for the owner only.
const KEY_FILE: &str = "audit-key";

/// Signs heads.
#[derive(Clone)]
pub struct Heads {
    db: Db,
    key: SigningKey,
    instance: String,
    database: String,
    /// Where they are written.
    pub file: PathBuf,
}

fn failed(what: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{}: {error}", what.display()))
}

impl Heads {
    /// The signer of an instance. Its key is made at first use.
    ///
    /// # Errors
    /// When the key can be neither read nor made.
    pub fn of(home: &Home) -> Result<Self> {
        let folder = &home.stack.data_dir;
        let name = match home.database() == format!("meguri_{}", home.stack.instance) {
            true => "audit-heads.jsonl".to_owned(),
            // a second database of the instance: the story's, a test's
            false => format!("audit-heads-{}.jsonl", home.database()),
        };
        Ok(Self {
            db: home.pool("seal", "reference")?,
            key: key(&folder.join(KEY_FILE))?,
            instance: home.stack.instance.clone(),
            database: home.database().to_owned(),
            file: folder.join(name),
        })
    }

    /// The public key, for whoever verifies.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.key.verifying_key().to_bytes().to_vec()
    }

    /// Signs the head of each chain; of those that have not grown since only if `all`. Keeps them in the
    /// database and appends them to `file`.
    ///
    /// # Errors
    /// The database's; when the file cannot be written.
    pub async fn export(&self, file: &Path, all: bool) -> Result<Vec<Head>> {
        let mut conn = self.db.read().await?;
        let mut heads = Vec::new();
        for (schema, _) in CHAINS {
            let Some(end) = seal::end(&mut conn, schema).await? else { continue };
            if !all && end.signed >= end.sequence {
                continue;
            }
            let at = real_now();
            let head = self.sign(schema, end.sequence, end.digest, rfc3339(at));
            let kept = seal::Head {
                sequence: head.sequence,
                digest: head.digest.clone(),
                at,
                key: hex::encode(&head.key),
                signature: head.signature.clone(),
            };
            heads.push((head, kept));
        }
        // the file first: a head that stands only in the database proves nothing
        append(file, heads.iter().map(|(head, _)| head))?;
        for (head, kept) in &heads {
            seal::keep_head(&mut conn, &head.schema, kept).await?;
        }
        Ok(heads.into_iter().map(|(head, _)| head).collect())
    }

    fn sign(&self, schema: &str, sequence: i64, digest: Vec<u8>, at: String) -> Head {
        let mut head = Head {
            format: HEAD_FORMAT.to_owned(),
            instance: self.instance.clone(),
            database: self.database.clone(),
            schema: schema.to_owned(),
            sequence,
            digest,
            at,
            key: self.public(),
            signature: Vec::new(),
        };
        head.signature = self.key.sign(&head.signed()).to_bytes().to_vec();
        head
    }

    /// Signs every minute until it is told to stop, and once more then.
    #[must_use]
    pub fn start(self) -> Background {
        Background::run(|mut stop| async move {
            loop {
                let goes_on = stop.pause(PERIOD).await;
                if let Err(failure) = self.export(&self.file, false).await {
                    tracing::error!(%failure, "the audit trail's heads could not be written");
                }
                if !goes_on {
                    return;
                }
            }
        })
    }
}

/// Whole lines at the end of the file, on the disk before this returns.
fn append<'h>(file: &Path, heads: impl Iterator<Item = &'h Head>) -> Result<()> {
    let mut text = String::new();
    for head in heads {
        text.push_str(&serde_json::to_string(head)?);
        text.push('\n');
    }
    if text.is_empty() {
        return Ok(());
    }
    let mut out =
        OpenOptions::new().create(true).append(true).mode(0o600).open(file).map_err(|error| failed(file, error))?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|error| failed(file, error))
}

/// The key in this file, made if there is none. Of several processes that make one, one wins.
fn key(file: &Path) -> Result<SigningKey> {
    match fs::read_to_string(file) {
        Ok(text) => {
            let seed = hex::decode(text.trim()).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
            let seed = seed.ok_or_else(|| failed(file, "not a key: 64 hexadecimal digits"))?;
            Ok(SigningKey::from_bytes(&seed))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut seed = [0_u8; 32];
            rand::rng().fill_bytes(&mut seed);
            let draft = file.with_extension(platform::opctx::new_id().simple().to_string());
            let mut out = OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&draft)
                .map_err(|error| failed(&draft, error))?;
            out.write_all(hex::encode(seed).as_bytes())
                .and_then(|()| out.sync_all())
                .map_err(|error| failed(&draft, error))?;
            // a link is made only if there is none: the first one's key stays
            let linked = fs::hard_link(&draft, file);
            let _ = fs::remove_file(&draft);
            match linked {
                Ok(()) => Ok(SigningKey::from_bytes(&seed)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => key(file),
                Err(error) => Err(failed(file, error)),
            }
        }
        Err(error) => Err(failed(file, error)),
    }
}

/// Signs now what is committed now, for `meguri audit export-heads`.
///
/// # Errors
/// As [`Heads::export`].
pub async fn export_now(home: &Home, to: Option<&Path>) -> Result<(Heads, Vec<Head>)> {
    let heads = Heads::of(home)?;
    seal::seal_now(&heads.db).await?;
    let exported = heads.export(to.unwrap_or(&heads.file), true).await?;
    Ok((heads, exported))
}
