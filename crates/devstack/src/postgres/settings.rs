//! The private server's configuration: for a machine of two cores that does other things as well.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::place::Site;
use crate::record::{self, Login};

/// Nobody without a password, and nobody from elsewhere.
const HBA: &str = "# written at every start: changes are lost\nhost all all 127.0.0.1/32 scram-sha-256\n";

const COMMON: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_line_prefix = '%m [%p] %q%u@%d '
lc_messages = 'C'
";

/// The file that the server is started with. It lies outside the cluster, in a folder that the servers'
/// account cannot write, so that root never writes where that account could have left a link.
pub(super) fn file(site: &Site) -> PathBuf {
    site.dir.join("postgresql.conf")
}

/// Writes both configuration files.
pub(super) fn write(site: &Site, login: &Login) -> Result<(), Error> {
    for (path, content) in [(hba_file(site), HBA), (file(site), &text(site, login))] {
        record::write_whole(&path, content, 0o600)?;
        site.account.hand_over(&path)?;
    }
    Ok(())
}

/// Whether the file says what it should; then the running server was started or reloaded with it.
pub(super) fn are_current(site: &Site, login: &Login) -> bool {
    fs::read_to_string(file(site)).is_ok_and(|written| written == text(site, login))
}

/// Shown in the title of each of the server's processes: unique on the machine, the same at every start.
pub(super) fn cluster_name(site: &Site) -> String {
    let inode = fs::metadata(site.postgres_data()).map_or(0, |folder| folder.ino());
    format!("meguri_{}_{inode}", site.instance)
}

fn text(site: &Site, login: &Login) -> String {
    let durable = if site.durable { "on" } else { "off" };
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "''"));
    [
        "# written at every start: changes are lost".to_owned(),
        format!("port = {}", login.port),
        format!("hba_file = {}", quoted(&hba_file(site))),
        format!("ident_file = {}", quoted(&site.postgres_data().join("pg_ident.conf"))),
        format!("cluster_name = '{}'", cluster_name(site)),
        format!("fsync = {durable}"),
        format!("full_page_writes = {durable}"),
        format!("synchronous_commit = {durable}"),
        COMMON.to_owned(),
    ]
    .join("\n")
}

fn hba_file(site: &Site) -> PathBuf {
    site.dir.join("pg_hba.conf")
}
