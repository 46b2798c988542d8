//! The private broker's configuration: for a machine of two cores that does other things as well.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{State, USER, home};
use crate::account::make_dir;
use crate::place::Site;
use crate::{Error, record};

const PLUGINS: &str = "[rabbitmq_management].\n";

/// Publishers wait beyond the watermark. A message has two mebibytes at most: consumers park what has more
/// than one, with the reason, and what is far beyond is not taken. A quorum queue's log is kept in memory up
/// to its limit, and RabbitMQ's own limit for it alone would fill half a gigabyte.
const COMMON: &str = "\
vm_memory_high_watermark.absolute = 1GB
max_message_size = 2097152
raft.wal_max_size_bytes = 67108864
log.file.rotation.size = 10485760
log.file.rotation.count = 3
";

/// Writes what the broker reads when it starts. It lies in a folder that the servers' account cannot
/// write, so that root never writes where that account could have left a link.
pub(super) fn write(site: &Site, state: &State) -> Result<(), Error> {
    make_dir(&home(site), 0o711)?;
    let files = [
        (conf_file(site), conf(site, state)),
        (plugins_file(site), PLUGINS.to_owned()),
        (definitions_file(site), definitions(state)),
        (home(site).join(".erlang.cookie"), state.cookie.clone()),
    ];
    for (path, content) in files {
        record::write_whole(&path, &content, 0o600)?;
        site.account.hand_over(&path)?;
    }
    Ok(())
}

pub(super) fn conf_file(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq.conf")
}

pub(super) fn plugins_file(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq-plugins")
}

fn definitions_file(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq-definitions.json")
}

fn conf(site: &Site, state: &State) -> String {
    let shown = |path: &Path| path.display().to_string();
    [
        "# written at every start: changes are lost".to_owned(),
        format!("listeners.tcp.local = 127.0.0.1:{}", state.ports.amqp),
        "management.tcp.ip = 127.0.0.1".to_owned(),
        format!("management.tcp.port = {}", state.ports.management),
        format!("load_definitions = {}", shown(&definitions_file(site))),
        format!("cluster_name = meguri-{}", site.instance),
        COMMON.to_owned(),
    ]
    .join("\n")
}

/// Read at every start. A new broker that finds definitions makes neither user guest nor the virtual host
/// `/`; an old one takes the password, so that one whose record was lost can be used again.
fn definitions(state: &State) -> String {
    let users = json!([{ "name": USER, "password": state.password, "tags": "administrator" }]);
    json!({ "users": users, "vhosts": [], "permissions": [] }).to_string()
}
