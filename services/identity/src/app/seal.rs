//! What identity keeps enciphered: secrets that it must be able to read again. The keys are made of the
//! instance's secret, which is not in the database; a copy of the database alone opens nothing.
use crate::Identity;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use platform::{Failure, failure::Result};
use rand::RngCore;
use sha2::Sha256;
use uuid::Uuid;

const NONCE_BYTES: usize = 24;

/// HMAC-SHA-256 under a key of the instance's secret that serves this purpose alone.
pub(crate) fn mac(identity: &Identity, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    mac_of(&mac_of(identity.secret.as_bytes(), &[b"identity/", purpose.as_bytes()]), parts)
}

fn mac_of(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn cipher(identity: &Identity) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&mac(identity, "seal", &[]).into())
}

/// Enciphers `secret`; only under the same `owner` can it be opened.
pub(crate) fn seal(identity: &Identity, owner: Uuid, secret: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0_u8; NONCE_BYTES];
    rand::rng().fill_bytes(&mut nonce);
    let payload = Payload { msg: secret, aad: owner.as_bytes() };
    let text = cipher(identity).encrypt(&XNonce::from(nonce), payload);
    let mut sealed = nonce.to_vec();
    sealed.extend(text.map_err(|_| Failure::internal("a secret could not be enciphered"))?);
    Ok(sealed)
}

/// The reverse of [`seal`].
pub(crate) fn open(identity: &Identity, owner: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
    let opened = sealed.split_first_chunk::<NONCE_BYTES>().and_then(|(nonce, text)| {
        let payload = Payload { msg: text, aad: owner.as_bytes() };
        cipher(identity).decrypt(&XNonce::from(*nonce), payload).ok()
    });
    opened.ok_or_else(|| Failure::internal("a secret was enciphered under another key: was MEGURI_SECRET changed?"))
}
