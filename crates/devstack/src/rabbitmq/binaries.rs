//! The installed RabbitMQ.

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::search_path;

/// Where packages put it. What they put into PATH is a wrapper that insists on user rabbitmq.
const PACKAGED: &str = "/usr/lib/rabbitmq";
/// The oldest supported version.
const VERSION_MIN: (u32, u32) = (3, 10);

/// One installed RabbitMQ.
pub(super) struct Binaries {
    /// The script `rabbitmq-server` itself.
    pub server: PathBuf,
    /// Erlang's port mapper.
    pub mapper: PathBuf,
}

pub(super) fn find() -> Option<Binaries> {
    let search = search_path();
    let folders = || std::env::split_paths(&search);
    let erlang = folders().find(|folder| ["erl", "epmd"].iter().all(|program| folder.join(program).is_file()))?;
    let packaged = [Path::new(PACKAGED).join("bin")].into_iter().chain(versions(&Path::new(PACKAGED).join("lib")));
    let server = packaged.chain(folders()).find_map(|folder| usable(&folder.join("rabbitmq-server")))?;
    Some(Binaries { server, mapper: erlang.join("epmd") })
}

/// `rabbitmq_server-4.0.5/sbin` and the like in `folder`.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("sbin")).collect()
}

/// The script behind a link, unless it is a wrapper or too old.
fn usable(server: &Path) -> Option<PathBuf> {
    let script = fs::canonicalize(server).ok().filter(|path| path.is_file())?;
    let is_itself = script.file_name().is_some_and(|name| name == "rabbitmq-server");
    let is_new_enough = version(&script).is_none_or(|version| version >= VERSION_MIN);
    // a wrapper that is no link lies in a folder of programs, without what belongs to RabbitMQ
    let is_whole = script.with_file_name("rabbitmq-env").is_file();
    (is_itself && is_whole && is_new_enough).then_some(script)
}

/// From the folder's name, `rabbitmq_server-3.10.8`.
fn version(script: &Path) -> Option<(u32, u32)> {
    let name = script.ancestors().find_map(|path| path.file_name()?.to_str()?.strip_prefix("rabbitmq_server-"))?;
    let mut numbers = name.split('.').map(|number| number.parse::<u32>().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_tells_the_version() {
        let of = |folder: &str| version(&Path::new(folder).join("sbin/rabbitmq-server"));
        assert_eq!(of("/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8"), Some((3, 10)));
        assert_eq!(of("/opt/rabbitmq_server-4.1.0-rc.1"), Some((4, 1)));
        assert_eq!(of("/opt/rabbitmq"), None);
    }
}
