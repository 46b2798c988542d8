//! Bringing an instance's servers up and down.

use crate::place::{Site, lock};
use crate::rabbitmq::{self, Begun, Urls};
use crate::record::{self, Stack};
use crate::{Error, Instance, Options, explicit, install, postgres, redis};

/// Where an instance's servers are reached.
struct Servers {
    database_url: String,
    redis_url: String,
    broker: Urls,
}

enum Broker {
    Explicit(Urls),
    Private(Begun),
}

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
    let servers = bring_up(&site, options, progress)?;
    let stack = Stack {
        instance: instance.to_string(),
        data_dir: site.dir,
        database_url: servers.database_url,
        redis_url: servers.redis_url,
        amqp_url: servers.broker.amqp,
        amqp_management_url: servers.broker.management,
        secret: before.as_ref().map_or_else(record::random_secret, |stack| stack.secret.clone()),
        explicit: options.database_url.is_some(),
        redis_explicit: options.redis_url.is_some(),
        amqp_explicit: options.amqp_url.is_some(),
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
    // the slow one is asked first and waited for last
    let stopping = rabbitmq::begin_stop(&site)?;
    let others = redis::stop(&site).and_then(|()| postgres::stop(&site));
    rabbitmq::finish_stop(&site, stopping)?;
    others
}

/// Makes every server run that is ours, and looks at every one that is not.
fn bring_up(site: &Site, options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Servers, Error> {
    // what is named is checked before anything is started
    let explicit_broker = explicit::broker(options)?;
    options.database_url.as_deref().map_or(Ok(()), explicit::check_database)?;
    options.redis_url.as_deref().map_or(Ok(()), explicit::check_redis)?;
    explicit_broker.as_ref().map_or(Ok(()), explicit::check_broker)?;

    // the slow one begins first and is waited for last
    let broker = match explicit_broker {
        Some(urls) => Broker::Explicit(urls),
        None => Broker::Private(rabbitmq::begin(site, progress)?),
    };
    let database_url = match &options.database_url {
        Some(url) => url.clone(),
        None => postgres::ensure(site, progress)?,
    };
    let redis_url = match &options.redis_url {
        Some(url) => url.clone(),
        None => redis::ensure(site, progress)?,
    };
    let broker = match broker {
        Broker::Explicit(urls) => urls,
        Broker::Private(begun) => begun.finish(site, progress)?,
    };
    Ok(Servers { database_url, redis_url, broker })
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
    let broker = match explicit::broker(options)? {
        Some(urls) => explicit::broker_answers(&urls).then_some(urls),
        None => rabbitmq::running(site)?,
    };
    let same = database_url.as_ref() == Some(&stack.database_url)
        && redis_url.as_ref() == Some(&stack.redis_url)
        && broker.is_some_and(|urls| urls.amqp == stack.amqp_url && urls.management == stack.amqp_management_url);
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
    if options.amqp_url.is_none() && !rabbitmq::is_installed() {
        missing.push(install::RABBITMQ);
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
