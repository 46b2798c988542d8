//! One-time links and codes: computed from the instance's secret and the invitation's id whenever they are
//! shown or sent, and stored nowhere. What is kept is a seal, by which one that is given is recognised.
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// No 0 and O, no 1, I and L: what is read out on the telephone is not misheard or mistyped for another.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Characters of a code.
pub const CODE_CHARS: usize = 10;
/// Hexadecimal digits of a link's token: 256 bits.
pub const TOKEN_CHARS: usize = 64;

/// Makes and recognises them. Cheap to clone; never printed.
#[derive(Clone)]
pub struct OneTime(Hmac<Sha256>);

impl OneTime {
    /// Of an instance, by its secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
        // the secret may have any length; the digest, and zeros after it, fill HMAC's block
        key.iter_mut().zip(Sha256::digest(secret.as_bytes())).for_each(|(to, byte)| *to = byte);
        Self(Hmac::new(&key))
    }

    fn mac(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        // the purpose has no NUL, so that no two of them with their texts read the same
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    /// The token of a link: 64 hexadecimal digits.
    #[must_use]
    pub fn token(&self, invitation: Uuid) -> String {
        hex::encode(self.mac("invitation/link", invitation.as_bytes()))
    }

    /// The code to be read out: ten characters in two groups, `K7MHX-3RTQ8`.
    #[must_use]
    pub fn code(&self, invitation: Uuid) -> String {
        let mac = self.mac("invitation/code", invitation.as_bytes());
        let mut number = mac.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let mut code = String::with_capacity(CODE_CHARS + 1);
        let base = u128::try_from(ALPHABET.len()).unwrap_or(1);
        for place in 0..CODE_CHARS {
            if place == CODE_CHARS / 2 {
                code.push('-');
            }
            let index = usize::try_from(number % base).unwrap_or_default();
            code.extend(ALPHABET.get(index).map(|byte| char::from(*byte)));
            number /= base;
        }
        code
    }

    /// What is kept of a token or code. Without the instance's secret nobody can try out which text it is of.
    #[must_use]
    pub fn seal(&self, text: &str) -> Vec<u8> {
        self.mac("invitation/seal", text.as_bytes()).to_vec()
    }
}

/// A code as it was meant: capitals, half width, without what stands between the groups.
#[must_use]
pub fn code_as_meant(given: &str) -> String {
    let half = |character: char| match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    };
    let meant: String = given
        .chars()
        .map(half)
        .filter(char::is_ascii_alphanumeric)
        .take(CODE_CHARS + 1)
        .map(|character| character.to_ascii_uppercase())
        .collect();
    match meant.split_at_checked(CODE_CHARS / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => meant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invitation_and_each_instance_has_its_own() {
        let one = OneTime::new("secret");
        let other = OneTime::new("another");
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(one.token(a), one.token(a));
        assert_ne!(one.token(a), one.token(b));
        assert_ne!(one.token(a), other.token(a));
        assert_ne!(one.code(a), one.code(b));
        assert_ne!(one.code(a), other.code(a));
        assert_ne!(one.seal(&one.token(a)), other.seal(&one.token(a)));
        assert_eq!(one.token(a).len(), TOKEN_CHARS);
    }

    #[test]
    fn codes_can_be_read_out_and_are_understood_however_they_are_typed() {
        let one = OneTime::new("secret");
        for number in 0..200 {
            let code = one.code(Uuid::from_u128(number));
            assert_eq!(code.len(), CODE_CHARS + 1);
            assert!(!code.contains(['0', 'O', '1', 'I', 'L']), "{code}");
            assert_eq!(code_as_meant(&code), code);
            assert_eq!(code_as_meant(&format!(" {} ", code.to_lowercase().replace('-', "　"))), code);
        }
        assert_eq!(code_as_meant("ｋ７ｍｈｘ‐３ＲＴＱ８"), "K7MHX-3RTQ8");
        assert_eq!(code_as_meant(""), "");
        assert_eq!(code_as_meant("病院"), "");
        assert!(code_as_meant(&"A".repeat(1_000_000)).len() < 20);
    }
}
