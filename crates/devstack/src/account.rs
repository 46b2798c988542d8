//! The account that runs the private servers.
//!
//! PostgreSQL refuses root. An ordinary user runs the servers as themselves; root hands them to an
//! unprivileged account.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::Error;
use crate::error::At;

/// Raises the limit of open files to what is permitted, at least to 65,536 if root, and runs its arguments.
/// Not beyond a million: Erlang closes each of them one by one when it starts.
const MANY_FILES: &str = r#"
[ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 65536 ] || {
    if (ulimit -H -n 65536) 2>/dev/null; then ulimit -H -n 65536; fi
}
limit=$(ulimit -H -n)
[ "$limit" != unlimited ] && [ "$limit" -le 1000000 ] || limit=1000000
if (ulimit -S -n "$limit") 2>/dev/null; then ulimit -S -n "$limit"; fi
exec "$@"
"#;

/// Who runs the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// For messages.
    pub name: String,
    /// The user number, which names what this account owns.
    pub uid: u32,
    /// Set when we are root and must become someone else: the group.
    switch_to_gid: Option<u32>,
}

impl Account {
    /// The account for servers whose data lies, or will lie, in `data`.
    ///
    /// Existing data decides: the account must not change when a package later adds user postgres.
    pub fn choose(data: &Path) -> Result<Self, Error> {
        let uid = own_uid()?;
        if uid != 0 {
            return Ok(Self { name: format!("#{uid}"), uid, switch_to_gid: None });
        }
        if let Ok(folder) = fs::metadata(data)
            && folder.uid() != 0
        {
            let (uid, gid) = (folder.uid(), folder.gid());
            return Ok(Self { name: format!("#{uid}"), uid, switch_to_gid: Some(gid) });
        }
        let passwd = fs::read_to_string("/etc/passwd").at("read", Path::new("/etc/passwd"))?;
        ["postgres", "nobody"].iter().find_map(|name| find_in_passwd(&passwd, name)).ok_or(Error::NoAccount)
    }

    /// A program run by this account, in a clean environment: the user's PGPORT or LC_ALL must not reach it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = clean(program);
        if let Some(gid) = self.switch_to_gid {
            // with a new uid the standard library also drops root's supplementary groups
            command.uid(self.uid).gid(gid);
        }
        command
    }

    /// As [`Account::command`], for a server that does not go to the background by itself: in a session of
    /// its own, which Ctrl-C does not reach, and with as many open files as the system lets it have.
    pub fn server_command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = clean("/bin/sh");
        command.args(["-c", MANY_FILES, "sh", "setsid"]);
        if let Some(gid) = self.switch_to_gid {
            // later than `command` does it, because only root may raise a hard limit
            command.args(["setpriv", "--reuid", &self.uid.to_string(), "--regid", &gid.to_string()]);
            command.args(["--clear-groups", "--"]);
        }
        command.arg(program);
        command
    }

    /// Whether this account can enter `folder`.
    pub fn can_enter(&self, folder: &Path) -> bool {
        self.switch_to_gid.is_none()
            || self.command("test").arg("-x").arg(folder).status().is_ok_and(|status| status.success())
    }

    /// Makes `folder` if needed, for this account alone.
    pub fn make_private_dir(&self, folder: &Path) -> Result<(), Error> {
        make_dir(folder, 0o700)?;
        self.hand_over(folder)
    }

    /// Gives a file or folder to this account.
    pub fn hand_over(&self, path: &Path) -> Result<(), Error> {
        match self.switch_to_gid {
            Some(gid) => chown(path, Some(self.uid), Some(gid)).at("change the owner of", path),
            None => Ok(()),
        }
    }
}

/// "/" because the account may be unable to enter the current folder.
fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", search_path()).env("LC_ALL", "C").env("HOME", "/").current_dir("/");
    command
}

/// Makes `folder` with exactly `mode`, whatever the umask, and leaves an existing one as it is.
pub(crate) fn make_dir(folder: &Path, mode: u32) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).at("make", folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).at("set the mode of", folder)
}

/// Where programs are looked for: PATH, and the folders that an ordinary user's PATH leaves out.
pub(crate) fn search_path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")
}

/// This process's effective user.
pub(crate) fn own_uid() -> Result<u32, Error> {
    let own = Path::new("/proc/self");
    Ok(fs::metadata(own).at("read", own)?.uid())
}

fn find_in_passwd(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name: name.to_owned(), uid, switch_to_gid: Some(gid) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_account_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:7:::\npostgres:x:101:104:,,:/var:/bin/sh\n";
        let account = find_in_passwd(passwd, "postgres").unwrap();
        assert_eq!((account.uid, account.switch_to_gid), (101, Some(104)));
        assert_eq!(find_in_passwd(passwd, "nobody"), None);
    }
}
