//! Codes that change with time (RFC 6238), as authenticator apps expect them: SHA-1, 30 seconds, six digits.
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// A code is good for so many seconds.
const STEP_S: i64 = 30;
/// Clocks may differ by one step.
const STEPS_OFF: i64 = 1;
/// 160 bits, as RFC 4226 recommends.
pub(crate) const SECRET_BYTES: usize = 20;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> Option<u32> {
    let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let four: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    Some((u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code was given, of those that are good at `now_s` (seconds since 1970) and later than `last`.
pub(crate) fn matching_step(secret: &[u8], given: &str, now_s: i64, last: i64) -> Option<i64> {
    let is_code = given.len() == 6 && given.bytes().all(|byte| byte.is_ascii_digit());
    let given: u32 = given.parse().ok().filter(|_| is_code)?;
    let now = now_s.div_euclid(STEP_S);
    (now - STEPS_OFF..=now + STEPS_OFF).filter(|step| *step > last).find(|step| code(secret, *step) == Some(given))
}

/// The code that an authenticator shows at `now_s`.
#[must_use]
pub fn code_at(secret: &[u8], now_s: i64) -> String {
    format!("{:06}", code(secret, now_s.div_euclid(STEP_S)).unwrap_or_default())
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 (RFC 4648) without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.extend(letter(held >> bits));
        }
    }
    if bits > 0 {
        text.extend(letter(held << (5 - bits)));
    }
    text
}

fn letter(bits: u32) -> Option<char> {
    ALPHABET.get(usize::try_from(bits & 31).ok()?).map(|byte| char::from(*byte))
}

/// The reverse of [`base32`]; none for what is not base32.
#[must_use]
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes() {
        let place = ALPHABET.iter().position(|letter| *letter == byte)?;
        held = (held << 5) | u32::try_from(place).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// What an authenticator app reads from a QR code.
pub(crate) fn uri(instance: &str, account: &str, secret: &[u8]) -> String {
    // both are of letters, digits and hyphens: nothing needs escaping
    let issuer = format!("Meguri-{instance}");
    let secret = base32(secret);
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // appendix B has eight digits; the last six are ours
        let secret = b"12345678901234567890";
        for (at, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(secret, at), expected);
        }
    }

    #[test]
    fn a_code_is_good_for_one_step_more_on_each_side_and_once() {
        let secret = b"12345678901234567890";
        for (shift, fits) in [(-61, false), (-30, true), (0, true), (30, true), (61, false)] {
            assert_eq!(matching_step(secret, "081804", 1_111_111_109 + shift, 0).is_some(), fits, "{shift}");
        }
        let step = matching_step(secret, "081804", 1_111_111_109, 0).unwrap();
        assert_eq!(matching_step(secret, "081804", 1_111_111_109, step), None);
        for given in ["81804", "0081804", "+81804", " 81804", "０８１８０４", ""] {
            assert_eq!(matching_step(secret, given, 1_111_111_109, 0), None, "{given}");
        }
    }

    #[test]
    fn base32_goes_both_ways() {
        for (bytes, text) in [(&b"f"[..], "MY"), (b"foo", "MZXW6"), (b"foobar", "MZXW6YTBOI"), (b"", "")] {
            assert_eq!((base32(bytes).as_str(), from_base32(text).as_deref()), (text, Some(bytes)));
        }
        assert_eq!(from_base32("m1"), None);
    }
}
