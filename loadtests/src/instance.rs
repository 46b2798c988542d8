//! The private instance that is measured on, and the service's program.
use crate::measure::{Failed, failed};
use devstack::{Instance, Options, Stack};
use hmac::{Hmac, Mac as _};
use reqwest::Url;
use sha2::Sha256;
use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const INSTANCE: &str = "bench";

/// The instance, with its servers up, and one database on them.
#[derive(Clone)]
pub struct Home {
    /// Its servers.
    pub stack: Stack,
    /// The service's program.
    pub bin: PathBuf,
    /// Name of the database.
    pub database: &'static str,
}

impl Home {
    /// Starts the servers. The database need not exist.
    pub fn up(bin: &Path, database: &'static str) -> Result<Self, Failed> {
        let bin = bin.canonicalize().map_err(|error| failed(format!("{}: {error}", bin.display())))?;
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        let stack = devstack::up(&instance, &Options::from_env(), &mut |line| eprintln!("{line}")).map_err(failed)?;
        Ok(Self { stack, bin, database })
    }

    /// Stops the servers that were started for the instance.
    pub fn down(&self) -> Result<(), Failed> {
        let instance = Instance::parse(INSTANCE).map_err(failed)?;
        devstack::down(&instance, &Options::from_env()).map_err(failed)
    }

    /// The service's program, on this instance and database.
    pub fn service(&self) -> Command {
        let mut command = Command::new(&self.bin);
        command.env("MEGURI_INSTANCE", INSTANCE).env("MEGURI_DATABASE", self.database);
        command
    }

    /// The first line of what a program says of itself.
    pub fn version(mut program: Command) -> Result<String, Failed> {
        let output = program.arg("--version").output().map_err(failed)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The service's version and build, for a report.
    pub fn described(&self) -> Result<String, Failed> {
        let version = Self::version(self.service())?;
        let build = if self.bin.components().any(|part| part.as_os_str() == "release") { "release" } else { "debug" };
        Ok(format!("{version} ({build} build)"))
    }

    /// What the instance derives from its secret under this name.
    pub fn derived(&self, name: &str) -> Result<String, Failed> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.stack.secret.as_bytes()).map_err(failed)?;
        mac.update(name.as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// The administrator's address of the database.
    pub fn admin_url(&self) -> Result<Url, Failed> {
        let mut url = Url::parse(&self.stack.database_url).map_err(failed)?;
        url.set_path(self.database);
        Ok(url)
    }

    /// The address under which a service's own role connects, and its password: apart, since everybody
    /// can read a command line.
    pub fn login(&self, role: &str) -> Result<(Url, String), Failed> {
        let mut url = self.admin_url()?;
        let named = url.set_username(&format!("{INSTANCE}_{role}")).and_then(|()| url.set_password(None));
        named.map_err(|()| failed("the database's URL takes no user"))?;
        Ok((url, self.derived(role)?))
    }
}

/// A running `meguri serve`; killed when dropped, if it was not stopped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        // already gone when it was stopped
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts it and waits until it says where it listens.
    pub fn start(mut command: Command) -> Result<Self, Failed> {
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(failed)?;
        let mut lines = BufReader::new(child.stderr.take().ok_or_else(|| failed("no stderr"))?).lines();
        let url = loop {
            let Some(line) = lines.next() else {
                let _ = child.wait();
                return Err(failed("meguri serve ended before it listened"));
            };
            let line = line.map_err(failed)?;
            if let Some(url) = line.split(' ').next().filter(|word| word.starts_with("http://")) {
                break url.to_owned();
            }
            eprintln!("{line}");
        };
        // whatever it still says must be read, or it would wait for us
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Ok(Self { child, url })
    }

    /// Lets it finish and end.
    pub fn stop(mut self) -> Result<(), Failed> {
        Command::new("kill").arg(self.child.id().to_string()).status().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        Ok(())
    }
}
