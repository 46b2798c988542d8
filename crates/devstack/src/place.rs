//! Where an instance keeps its data, and who owns it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::{Account, make_dir};
use crate::error::At;
use crate::record::{self, Stack};
use crate::{Error, Instance, Options};

/// In a checkout's instance folder: the path that is used instead. It makes the choice stable.
const MOVED_TO: &str = "moved-to";

/// Used when the servers' account cannot enter the checkout.
const SYSTEM_DATA: &str = "/var/lib/meguri";

/// One instance's folder and the account that runs its servers.
#[derive(Clone)]
pub(crate) struct Site {
    pub instance: Instance,
    pub dir: PathBuf,
    pub account: Account,
    pub durable: bool,
}

impl Site {
    /// The site as it stands, without making anything.
    pub fn find(instance: &Instance, options: &Options) -> Result<Self, Error> {
        let home = home(instance, options);
        let dir = moved_to(&home).unwrap_or(home);
        Self::at(instance, options, dir)
    }

    /// The site, with its folder made and the account able to enter it.
    pub fn settle(instance: &Instance, options: &Options) -> Result<Self, Error> {
        let site = Self::find(instance, options)?;
        site.make_dir()?;
        let has_data = site.postgres_data().exists();
        if options.all_explicit() || has_data || site.account.can_enter(&site.dir) {
            return Ok(site);
        }
        if options.data_root.is_some() {
            return Err(Error::NotEnterable { account: site.account.name, path: site.dir });
        }
        let moved = Self::at(instance, options, Path::new(SYSTEM_DATA).join(instance.as_str()))?;
        moved.make_dir()?;
        // a record from a time with the user's own servers keeps its secret
        if let Some(stack) = record::read::<Stack>(&Stack::file(&site.dir))?
            && !Stack::file(&moved.dir).exists()
        {
            record::write(&Stack::file(&moved.dir), &Stack { data_dir: moved.dir.clone(), ..stack })?;
        }
        record::write_whole(&site.dir.join(MOVED_TO), &format!("{}\n", moved.dir.display()), 0o644)?;
        Ok(moved)
    }

    /// The site again, after something changed who may run servers.
    pub fn refresh(&mut self) -> Result<(), Error> {
        self.account = Account::choose(&self.postgres_data())?;
        Ok(())
    }

    /// The PostgreSQL cluster; its owner is the account that runs the instance's servers.
    pub fn postgres_data(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// The servers' logs.
    pub fn log(&self, server: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{server}.log"))
    }

    /// What instances beside this one share: initialised clusters to copy.
    pub fn shared(&self) -> PathBuf {
        // a dot cannot begin an instance's name
        self.dir.with_file_name(".shared")
    }

    fn at(instance: &Instance, options: &Options, dir: PathBuf) -> Result<Self, Error> {
        let account = Account::choose(&dir.join("postgres"))?;
        Ok(Self { instance: instance.clone(), dir, account, durable: options.durable })
    }

    /// Others may pass through, to what their own mode lets them read, but not list.
    fn make_dir(&self) -> Result<(), Error> {
        if let Some(parent) = self.dir.parent() {
            make_dir(parent, 0o755)?;
        }
        make_dir(&self.dir, 0o711)
    }
}

fn home(instance: &Instance, options: &Options) -> PathBuf {
    let root = options.data_root.clone().unwrap_or_else(checkout_root);
    // one spelling, because a server's command line is compared with it
    let root = fs::canonicalize(&root).or_else(|_| std::path::absolute(&root)).unwrap_or(root);
    root.join(".meguri").join(instance.as_str())
}

fn moved_to(home: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(home.join(MOVED_TO)).ok()?;
    Some(PathBuf::from(text.trim_end()))
}

/// The nearest folder upwards whose Cargo.toml is a workspace, else the current folder.
fn checkout_root() -> PathBuf {
    let current = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let is_workspace = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
    };
    current.ancestors().find(is_workspace).map_or_else(|| current.clone(), Path::to_path_buf)
}

/// Held while an instance's servers, or something shared, are made or changed.
pub(crate) fn lock(path: &Path) -> Result<fs::File, Error> {
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path).at("open", path)?;
    file.lock().at("lock", path)?;
    Ok(file)
}
