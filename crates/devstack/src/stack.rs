//! Bringing an instance's servers up and down.

use crate::place::{Site, lock};
use crate::record::{self, Stack};
use crate::{Error, Instance, Options, explicit, install, postgres, redis};

/// Finds or starts the servers of `instance` and records them.
///
/// Idempotent, and quick when they already run. Several processes may call it at once: one works, the
/// others wait for it. `progress` gets a line before each step that takes a while or changes the system.
///
/// # Errors
/// When a server can be neither found nor started; each [`Error`] says what to do.
pub fn up(instance: &Instance, options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Stack, Error> {
    if let Some(stack) = already_up(&Site::find(instance, options)?, options)? {
        return Ok(stack);
    }
    let mut site = Site::settle(instance, options)?;
    let _held = lock(&site.dir.join("lock"))?;
    // another process may have done it while we waited
    if let Some(stack) = already_up(&site, options)? {
        return Ok(stack);
    }
    install_what_is_missing(&mut site, options, progress)?;

    let path = Stack::file(&site.dir);
    let before = record::read::<Stack>(&path)?;
    let database_url = match &options.database_url {
        Some(url) => explicit::check_database(url).map(|()| url.clone())?,
        None => postgres::ensure(&site, progress)?,
    };
    let redis_url = match &options.redis_url {
        Some(url) => explicit::check_redis(url).map(|()| url.clone())?,
        None => redis::ensure(&site, progress)?,
    };
    let stack = Stack {
        instance: instance.to_string(),
        data_dir: site.dir,
        database_url,
        redis_url,
        secret: before.as_ref().map_or_else(record::random_secret, |stack| stack.secret.clone()),
        explicit: options.database_url.is_some(),
        redis_explicit: options.redis_url.is_some(),
        http_port: before.and_then(|stack| stack.http_port),
    };
    record::write(&path, &stack)?;
    Ok(stack)
}

/// The record of `instance`, without starting or checking anything.
#[must_use]
pub fn load(instance: &Instance, options: &Options) -> Option<Stack> {
    let site = Site::find(instance, options).ok()?;
    record::read(&Stack::file(&site.dir)).ok().flatten()
}

/// Keeps a changed record, for instance with the port that the HTTP listener took.
///
/// # Errors
/// When the record's file cannot be written.
pub fn save(stack: &Stack) -> Result<(), Error> {
    record::write(&Stack::file(&stack.data_dir), stack)
}

/// Stops the servers that `instance` started, and nothing else. The data stays.
///
/// # Errors
/// When a server of this instance cannot be stopped.
pub fn down(instance: &Instance, options: &Options) -> Result<(), Error> {
    let site = Site::find(instance, options)?;
    if !site.dir.exists() {
        return Ok(());
    }
    let _held = lock(&site.dir.join("lock"))?;
    redis::stop(&site)?;
    postgres::stop(&site)
}

/// The recorded stack, if it is what `options` ask for and every server of it answers.
fn already_up(site: &Site, options: &Options) -> Result<Option<Stack>, Error> {
    let Some(stack) = record::read::<Stack>(&Stack::file(&site.dir))? else { return Ok(None) };
    let database_url = match &options.database_url {
        Some(url) => explicit::database_answers(url).then(|| url.clone()),
        None => postgres::running(site)?,
    };
    let redis_url = match &options.redis_url {
        Some(url) => explicit::redis_answers(url).then(|| url.clone()),
        None => redis::running(site)?,
    };
    let same = database_url.as_ref() == Some(&stack.database_url) && redis_url.as_ref() == Some(&stack.redis_url);
    Ok(same.then_some(stack))
}

/// Makes sure of binaries for the private servers before any of them is touched.
fn install_what_is_missing(site: &mut Site, options: &Options, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let mut missing = Vec::new();
    if options.database_url.is_none() && !postgres::is_installed(site)? {
        missing.push(install::POSTGRESQL);
    }
    if options.redis_url.is_none() && !redis::is_installed(site) {
        missing.push(install::REDIS);
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !options.may_install {
        return Err(install::missing(&missing, ", and MEGURI_INSTALL=0 forbids installing it"));
    }
    install::install(&missing, progress)?;
    // user postgres may exist only now
    site.refresh()?;
    if options.database_url.is_none() && !postgres::is_installed(site)? {
        return Err(install::missing(&[install::POSTGRESQL], ", even after its package was installed"));
    }
    Ok(())
}
