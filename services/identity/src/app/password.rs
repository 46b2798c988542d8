//! Passwords: which are good enough, and changing one's own. 医療情報システムの安全管理ガイドライン asks for
//! thirteen characters, or eight with a second factor, without periodic change, and never an old one again.
use super::{
    issue_accounts::hash_password,
    me,
    sessions::{self, own},
    sign_in::{self, PASSWORD_BYTES_MAX, PERSON, Visitor},
};
use crate::Identity;
use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use domain::{FieldError, Problem, error, policy::Action};
use identity_store::{read, rows::Account, write};
use platform::{OpCtx, Tx, audit, clock::real_now, failure::Result, opctx::new_id, revocations::Kind};
use wire::auth::{ChangePassword, PasswordChanged};

const CHARS_MIN: usize = 13;
const CHARS_MIN_WITH_SECOND_FACTOR: usize = 8;
/// None of so many passwords before comes back.
const FORMER: i64 = 5;

/// Parts that make a long password easy all the same: what is left of it without them must be something.
const COMMON: [&str; 32] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "pasuwado",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "asdf",
    "zxcvbnm",
    "1qaz2wsx",
    "qazwsx",
    "abcdefgh",
    "abc123",
    "abcd",
    "1234567890",
    "12345678",
    "123456",
    "12345",
    "1234",
    "87654321",
    "letmein",
    "welcome",
    "iloveyou",
    "admin",
    "meguri",
    "vaccine",
    "hospital",
    "byouin",
    "korona",
    "corona",
    "covid19",
    "kenkou",
];

/// What is wrong with a password in itself.
///
/// # Errors
/// `password.too_long`, `password.too_short`, `password.contains_name`, `password.common`.
pub fn rules(name: &str, password: &str, second_factor: bool) -> std::result::Result<(), FieldError> {
    let refused = |code| FieldError::new("password", code);
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(refused(&error::PASSWORD_TOO_LONG).with("max", &PASSWORD_BYTES_MAX.to_string()));
    }
    let least = if second_factor { CHARS_MIN_WITH_SECOND_FACTOR } else { CHARS_MIN };
    if password.chars().count() < least {
        return Err(refused(&error::PASSWORD_TOO_SHORT).with("min", &least.to_string()));
    }
    let folded = password.to_lowercase();
    if name.len() > 2 && folded.contains(name) {
        return Err(refused(&error::PASSWORD_CONTAINS_NAME));
    }
    if is_easy(&folded) {
        return Err(refused(&error::PASSWORD_COMMON));
    }
    Ok(())
}

/// Well-known words, runs and repetitions, and little beside them.
fn is_easy(folded: &str) -> bool {
    let rest = COMMON.iter().fold(folded.to_owned(), |rest, common| rest.replace(common, ""));
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    let codes: Vec<i64> = folded.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = codes.iter().zip(codes.iter().skip(1)).map(|(one, next)| next - one);
    // a run of neighbours, upwards or downwards, is as good as its first character
    let turns = steps.filter(|step| step.abs() > 1).count();
    rest.chars().count() < 4 || different.len() < 5 || turns < 3
}

/// Is this password good enough for the account of this name? With `account`, none of its last ones either.
///
/// # Errors
/// `request.invalid` with the field `password` at fault: those of [`rules`], `password.reused`.
pub async fn check(
    identity: &Identity,
    account: Option<&Account>,
    name: &str,
    password: &str,
    second_factor: bool,
) -> Result<()> {
    let refused = |field| Problem::of_fields(&error::REQUEST_INVALID, vec![field]);
    rules(name, password, second_factor).map_err(refused)?;
    let Some(account) = account else { return Ok(()) };
    let mut former = read::credentials::former_passwords(&mut *identity.db.read().await?, account.id, FORMER).await?;
    former.extend(account.password_hash.clone());
    let given = password.to_owned();
    let had = move || {
        let same = |hash: &String| {
            PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(given.as_bytes(), &hash).is_ok())
        };
        former.iter().any(same)
    };
    if identity.hashing.run(had).await? {
        let field = FieldError::new("password", &error::PASSWORD_REUSED).with("last", &(FORMER + 1).to_string());
        return Err(refused(field).into());
    }
    Ok(())
}

/// A password as it is kept. Slow on purpose.
///
/// # Errors
/// `service.unavailable` when no turn comes in time.
pub async fn hash(identity: &Identity, password: String) -> Result<String> {
    identity.hashing.run(move || hash_password(&password)).await?
}

/// Gives an account a password that was checked and hashed, within a transaction that a permit has begun.
///
/// # Errors
/// The database's.
pub async fn set(tx: &mut Tx, account: &Account, hash: &str) -> Result<()> {
    let former = account.password_hash.as_deref();
    Ok(write::credentials::password(tx, account.id, hash, former, real_now(), FORMER).await?)
}

/// Changes one's own password: all other sessions end.
///
/// # Errors
/// `auth.bad_credentials` when the present one is wrong, `auth.too_many_attempts`, `auth.forbidden` for machines
/// and under a delegation; those of [`check`]; the database's.
pub async fn change(
    identity: &Identity,
    ctx: &OpCtx,
    request: ChangePassword,
    visitor: &Visitor,
) -> Result<PasswordChanged> {
    let account = me::account(identity, ctx).await?;
    if account.kind != PERSON || ctx.actor.delegation.is_some() {
        return Err(Problem::new(&error::AUTH_FORBIDDEN).into());
    }
    super::lockout::knock(identity, &account.name, visitor).await?;
    if !sign_in::password_fits(identity, Some(&account), request.current).await? {
        return Err(Problem::new(&error::AUTH_BAD_CREDENTIALS).into());
    }
    super::lockout::forgive(identity, &account.name, visitor).await?;
    let second_factor = super::second_factor::is_enrolled(identity, account.id).await?;
    check(identity, Some(&account), &account.name, &request.password, second_factor).await?;
    let hash = hash(identity, request.password).await?;
    let permit = own(&ctx.actor, Action::CredentialChange)?;
    let entry = audit::Entry {
        target: format!("account/{}", account.name),
        cause: new_id(),
        reason: Some("password changed".to_owned()),
    };
    let mut tx = Tx::begin(&identity.db, ctx, &[(&permit, entry)]).await?;
    let written = async {
        set(&mut tx, &account, &hash).await?;
        sessions::end_all(&mut tx, account.id, ctx.actor.session, "credential").await
    };
    let written = written.await;
    let ended = tx.finish(written).await?;
    for session in &ended {
        identity.shared.verifier.revocations().note(Kind::Session, *session, real_now());
    }
    Ok(PasswordChanged { sessions_ended: ended.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_enough_and_not_easy() {
        let refused = |name: &str, password: &str, second_factor| {
            rules(name, password, second_factor).err().map(|field| field.code.code).unwrap_or_default()
        };
        for (password, with, without) in [
            ("kinoko-7-sora-Ame", "", ""),
            ("きのこそらあめゆき", "", "password.too_short"),
            ("x7Rq2-mz", "", "password.too_short"),
            ("x7Rq2-m", "password.too_short", "password.too_short"),
            ("passwordpassword", "password.common", "password.common"),
            ("Password123456!", "password.common", "password.common"),
            ("1234567890123", "password.common", "password.common"),
            ("abcdefghijklmno", "password.common", "password.common"),
            ("aaaaaaaaaaaaaaaa", "password.common", "password.common"),
            ("ababababababab", "password.common", "password.common"),
            ("my-Prefecture-13-key", "password.contains_name", "password.contains_name"),
        ] {
            assert_eq!(refused("prefecture-13", password, true), with, "{password}");
            assert_eq!(refused("prefecture-13", password, false), without, "{password}");
        }
        assert_eq!(refused("a", &"q7".repeat(65), false), "password.too_long");
    }
}
