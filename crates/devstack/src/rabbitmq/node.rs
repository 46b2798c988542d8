//! The broker's processes: the Erlang node that RabbitMQ runs in, and its port mapper.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::binaries::Binaries;
use super::{Ports, data, home, settings};
use crate::Error;
use crate::place::Site;
use crate::process::{find_server, last_lines, run, wait_until};

/// What the node's process runs.
pub(super) const PROGRAM: &str = "beam.smp";
/// What the port mapper's process is called.
pub(super) const MAPPER: &str = "epmd";

const MAPPER_LIMIT: Duration = Duration::from_secs(5);

/// Enough of RabbitMQ's words to know what is the matter.
const WORDS_MAX: usize = 40;

/// For the node and for the short-lived ones that it starts: loopback only, and no port mapper but ours.
const ERLANG_FLAGS: &str = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false";

/// Standard output goes into the folder of logs, which belongs to the account that runs this.
const WITH_OUTPUT: &str = r#"output=$1; shift; exec "$@" >"$output" 2>&1"#;

/// Starts our own port mapper; `false` when its port was taken meanwhile.
pub(super) fn start_mapper(site: &Site, binaries: &Binaries, port: u16) -> Result<bool, Error> {
    let name = mapper_name(site);
    let mut mapper = site.account.command(&binaries.mapper);
    // the name by which it is recognised: its arguments say nothing of the instance
    mapper.arg0(&name).args(["-daemon", "-address", "127.0.0.1", "-port", &port.to_string()]);
    run(&mut mapper)?;
    let is_reachable = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    Ok(wait_until(MAPPER_LIMIT, is_reachable) && find_server(MAPPER, &name).is_some())
}

/// Starts the node; it answers seconds later.
pub(super) fn start(site: &Site, binaries: &Binaries, ports: Ports) -> Result<Child, Error> {
    let none = site.dir.join("rabbitmq-none");
    let logs = site.dir.join("logs");
    let mut server = site.account.server_command("/bin/sh");
    server.args(["-c", WITH_OUTPUT, "sh"]).arg(site.log("rabbitmq-start")).arg(&binaries.server);
    server
        .env("HOME", home(site))
        // file names are UTF-8
        .env("LC_ALL", "C.UTF-8")
        .env("ERL_FLAGS", ERLANG_FLAGS)
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_EPMD_PORT", ports.mapper.to_string())
        .env("ERL_CRASH_DUMP", logs.join("rabbitmq-crash.dump"))
        .env("RABBITMQ_NODENAME", format!("meguri_{}@localhost", site.instance))
        .env("RABBITMQ_DIST_PORT", ports.node.to_string())
        .env("RABBITMQ_CONFIG_FILE", settings::conf_file(site))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", settings::plugins_file(site))
        // the machine's own settings in /etc/rabbitmq are not for us
        .env("RABBITMQ_CONF_ENV_FILE", &none)
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", none.with_extension("config"))
        .env("RABBITMQ_CONFIG_FILES", none.join("*.conf"))
        .env("RABBITMQ_MNESIA_BASE", data(site))
        .env("RABBITMQ_MNESIA_DIR", data(site).join("node"))
        .env("RABBITMQ_PID_FILE", pid_file(site))
        .env("RABBITMQ_LOG_BASE", &logs)
        .env("RABBITMQ_LOGS", site.log("rabbitmq"));
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    server
        .spawn()
        .map_err(|error| Error::Program { program: binaries.server.display().to_string(), reason: error.to_string() })
}

/// Why the last start failed, in RabbitMQ's words.
pub(super) fn what_it_said(site: &Site) -> String {
    let said = output(site);
    let Some((_, failure)) = said.split_once("BOOT FAILED") else { return last_lines(&said, 4) };
    // a term of Erlang is spread over many lines, and a stack follows
    let words = failure.split_whitespace().filter(|word| !word.trim_matches('=').is_empty());
    words.take(WORDS_MAX).collect::<Vec<_>>().join(" ")
}

/// Whether the last start failed because somebody else had taken a port.
pub(super) fn lost_a_port(site: &Site) -> bool {
    let said = output(site);
    ["eaddrinuse", "could not bind to distribution port"].iter().any(|words| said.contains(words))
}

fn output(site: &Site) -> String {
    String::from_utf8_lossy(&fs::read(site.log("rabbitmq-start")).unwrap_or_default()).into_owned()
}

/// Written by RabbitMQ.
pub(super) fn pid_file(site: &Site) -> PathBuf {
    data(site).join("rabbitmq.pid")
}

/// The port mapper's name in the table of processes.
pub(super) fn mapper_name(site: &Site) -> PathBuf {
    home(site).join(MAPPER)
}
