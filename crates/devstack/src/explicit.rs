//! Servers that the user named in the environment: used as they are, never started or stopped.

use std::process::Command;
use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::health::{self, broker};
use crate::process::{last_lines, run, wait_until};
use crate::rabbitmq::Urls;
use crate::{Error, Options};

const AMQP: &str = "MEGURI_AMQP_URL";
const MANAGEMENT: &str = "MEGURI_AMQP_MANAGEMENT_URL";
/// A server that is starting up gets this long to finish.
const STARTING_LIMIT: Duration = Duration::from_secs(30);

const PRIVILEGES: &str =
    "SELECT (rolcreatedb AND rolcreaterole) OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user";

/// Whether the server of `DATABASE_URL` answers now, as far as that can be seen without a client.
pub(crate) fn database_answers(url: &str) -> bool {
    database(url).is_none_or(|endpoint| matches!(health::postgres(&endpoint), Ok(health::Postgres::Ready)))
}

/// Whether the server of `REDIS_URL` answers now.
pub(crate) fn redis_answers(url: &str) -> bool {
    redis(url).is_some_and(|endpoint| health::redis(&endpoint).is_ok())
}

/// Checks that the server of `DATABASE_URL` answers and, where psql is installed, that its role may make
/// databases and roles. Without psql the caller finds that out with its own client.
pub(crate) fn check_database(url: &str) -> Result<(), Error> {
    if let Some(endpoint) = database(url) {
        let mut last = Ok(health::Postgres::NotYet);
        wait_until(STARTING_LIMIT, || {
            last = health::postgres(&endpoint);
            !matches!(last, Ok(health::Postgres::NotYet))
        });
        let unreachable =
            |reason: String| Error::Unreachable { variable: "DATABASE_URL", address: endpoint.address(), reason };
        match last {
            Ok(health::Postgres::Ready) => {}
            Ok(health::Postgres::NotYet) => return Err(unreachable("it is still starting up".to_owned())),
            Err(error) => return Err(unreachable(error.to_string())),
        }
    }
    if is_psql_installed() { check_privileges(url) } else { Ok(()) }
}

/// Checks that the server of `REDIS_URL` answers with the credentials in it.
pub(crate) fn check_redis(url: &str) -> Result<(), Error> {
    let endpoint =
        redis(url).ok_or(Error::Url { variable: "REDIS_URL", form: "redis://[user:password@]host[:port][/number]" })?;
    health::redis(&endpoint).map_err(|error| Error::Unreachable {
        variable: "REDIS_URL",
        address: endpoint.address(),
        reason: error.to_string(),
    })
}

/// The broker that the variables name, its URLs without a path.
pub(crate) fn broker(options: &Options) -> Result<Option<Urls>, Error> {
    let bare = |url: &str| url.trim_end_matches('/').to_owned();
    match (&options.amqp_url, &options.amqp_management_url) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Error::ManagementAlone),
        (Some(amqp), given) => {
            let management = given.as_deref().map_or_else(|| default_management(amqp), bare);
            let urls = Urls { amqp: bare(amqp), management };
            broker_endpoints(&urls).map(|_| Some(urls))
        }
    }
}

/// RabbitMQ's own port for it, on the broker's host.
fn default_management(amqp: &str) -> String {
    let host = Endpoint::parse(amqp, &["amqp"], 5672).map_or_else(String::new, |broker| broker.host);
    // an IPv6 address has colons of its own
    if host.contains(':') { format!("http://[{host}]:15672") } else { format!("http://{host}:15672") }
}

/// Whether the broker answers now and knows its administrator.
pub(crate) fn broker_answers(urls: &Urls) -> bool {
    let Ok((broker, management)) = broker_endpoints(urls) else { return false };
    // signing in over AMQP at every look would fill the broker's log
    health::listens(&broker) && check_administrator(&management).is_ok()
}

/// Checks that the broker takes the user over AMQP and that the management interface calls them an administrator.
pub(crate) fn check_broker(urls: &Urls) -> Result<(), Error> {
    let (broker, management) = broker_endpoints(urls)?;
    broker::sign_in(&broker).map_err(|error| Error::Unreachable {
        variable: AMQP,
        address: broker.address(),
        reason: error.to_string(),
    })?;
    check_administrator(&management)
}

fn check_administrator(management: &Endpoint) -> Result<(), Error> {
    let address = management.address();
    let unreachable = |reason: String| Error::Unreachable { variable: MANAGEMENT, address: address.clone(), reason };
    let answer = broker::get(management, "/api/whoami").map_err(|error| unreachable(error.to_string()))?;
    match answer.status {
        200 if is_administrator(&answer.body) => Ok(()),
        200 => Err(Error::Administrator { user: management.user.clone().unwrap_or_default(), address }),
        401 => Err(unreachable("it refuses the user or the password of MEGURI_AMQP_URL".to_owned())),
        status => Err(unreachable(format!("it answers {status}; is the plugin rabbitmq_management enabled?"))),
    }
}

/// `{"name":"…","tags":["administrator"]}`, or tags separated by commas.
fn is_administrator(body: &str) -> bool {
    let Ok(who) = serde_json::from_str::<serde_json::Value>(body) else { return false };
    match who.get("tags") {
        Some(serde_json::Value::Array(tags)) => tags.iter().any(|tag| tag == "administrator"),
        Some(serde_json::Value::String(tags)) => tags.split(',').any(|tag| tag.trim() == "administrator"),
        _ => false,
    }
}

/// Both with the user and password of the first, which is required to have them.
fn broker_endpoints(urls: &Urls) -> Result<(Endpoint, Endpoint), Error> {
    // what follows the address would name a virtual host; the instance has several of its own
    let parse = |url: &str, scheme, port| {
        let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
        Endpoint::parse(url, &[scheme], port).filter(|_| !has_path)
    };
    let broker = parse(&urls.amqp, "amqp", 5672)
        .filter(|broker| broker.user.is_some() && broker.password.is_some())
        .ok_or(Error::Url { variable: AMQP, form: "amqp://user:password@host[:port], without a virtual host" })?;
    let management = parse(&urls.management, "http", 15_672)
        .filter(|management| management.user.is_none())
        .ok_or(Error::Url { variable: MANAGEMENT, form: "http://host[:port]; the user is that of MEGURI_AMQP_URL" })?;
    let management = Endpoint { user: broker.user.clone(), password: broker.password.clone(), ..management };
    Ok((broker, management))
}

fn database(url: &str) -> Option<Endpoint> {
    Endpoint::parse(url, &["postgres", "postgresql"], 5432)
}

fn redis(url: &str) -> Option<Endpoint> {
    Endpoint::parse(url, &["redis", "rediss"], 6379)
}

fn is_psql_installed() -> bool {
    Command::new("psql").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn check_privileges(url: &str) -> Result<(), Error> {
    let endpoint = database(url);
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", PRIVILEGES]);
    psql.arg("--dbname").arg(without_password(url)).env("PGCONNECT_TIMEOUT", "5");
    if let Some(password) = endpoint.as_ref().and_then(|endpoint| endpoint.password.as_ref()) {
        // the environment of a process is private, its command line is not
        psql.env("PGPASSWORD", password);
    }
    let output = run(&mut psql).map_err(|error| Error::Unreachable {
        variable: "DATABASE_URL",
        address: endpoint.map_or_else(|| "a server".to_owned(), |endpoint| endpoint.address()),
        reason: last_lines(&error.to_string(), 1),
    })?;
    let row = String::from_utf8_lossy(&output.stdout);
    match row.trim().split_once('|') {
        Some(("t", _)) => Ok(()),
        Some((_, role)) => Err(Error::Privileges { role: role.to_owned() }),
        None => Err(Error::Privileges { role: "…".to_owned() }),
    }
}

fn without_password(url: &str) -> String {
    let stripped = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        let (credentials, address) = authority.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}@{address}{tail}"))
    });
    stripped.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{broker, is_administrator, without_password};
    use crate::Options;

    fn options(amqp: Option<&str>, management: Option<&str>) -> Options {
        Options {
            amqp_url: amqp.map(str::to_owned),
            amqp_management_url: management.map(str::to_owned),
            ..Options::from_lookup(&|_| None)
        }
    }

    #[test]
    fn a_brokers_urls_lose_their_paths_and_get_a_management_interface() {
        let urls = broker(&options(Some("amqp://a:b@broker.example/"), None)).unwrap().unwrap();
        assert_eq!((&*urls.amqp, &*urls.management), ("amqp://a:b@broker.example", "http://broker.example:15672"));
        let urls = broker(&options(Some("amqp://a:b@[::1]:7"), None)).unwrap().unwrap();
        assert_eq!(urls.management, "http://[::1]:15672");
        let urls = broker(&options(Some("amqp://a:b@h"), Some("http://m:1/"))).unwrap().unwrap();
        assert_eq!(urls.management, "http://m:1");
        assert_eq!(broker(&options(None, None)).unwrap(), None);
    }

    #[test]
    fn a_brokers_urls_that_cannot_be_used_are_refused_in_words() {
        for (amqp, management, words) in [
            (Some("amqp://a:b@h/vhost"), None, "without a virtual host"),
            (Some("amqps://a:b@h"), None, "MEGURI_AMQP_URL is not a URL of the form amqp://user:password@host[:port]"),
            (Some("amqp://h"), None, "user:password"),
            (Some("amqp://a:b@h"), Some("http://a:b@h"), "the user is that of MEGURI_AMQP_URL"),
            (None, Some("http://h"), "set both"),
        ] {
            let error = broker(&options(amqp, management)).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn an_administrator_is_told_from_others() {
        for body in [r#"{"tags":["policymaker","administrator"]}"#, r#"{"tags":"monitoring,administrator"}"#] {
            assert!(is_administrator(body), "{body}");
        }
        for body in [r#"{"tags":["management"]}"#, r#"{"tags":""}"#, "{}", "no"] {
            assert!(!is_administrator(body), "{body}");
        }
    }

    #[test]
    fn a_password_never_reaches_a_command_line() {
        assert_eq!(without_password("postgres://a:s3cret@h:1/db?x=y"), "postgres://a@h:1/db?x=y");
        assert_eq!(without_password("postgres://h/db"), "postgres://h/db");
        assert_eq!(without_password("host=h"), "host=h");
    }
}
