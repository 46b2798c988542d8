//! A data folder that goes away, with its servers, when the test ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use devstack::{Instance, Options, Stack, down, up};

use crate::named_broker::NamedBroker;

/// One data folder with its instances.
pub struct Home {
    pub root: PathBuf,
    instances: Vec<Instance>,
    broker: NamedBroker,
}

impl Home {
    pub fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("meguri-devstack-{}-{name}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        // PostgreSQL's account must be able to enter, whatever the umask
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        Self { root: root.canonicalize().unwrap(), instances: Vec::new(), broker: NamedBroker::start() }
    }

    /// A private PostgreSQL and Redis. RabbitMQ takes seconds to start and to stop, so the tests that are
    /// not about it name one.
    pub fn options(&self) -> Options {
        Options {
            amqp_url: Some(self.broker.url.clone()),
            amqp_management_url: Some(self.broker.management_url.clone()),
            ..self.all_private()
        }
    }

    /// All three servers private.
    pub fn all_private(&self) -> Options {
        Options {
            durable: false,
            data_root: Some(self.root.clone()),
            database_url: None,
            redis_url: None,
            amqp_url: None,
            amqp_management_url: None,
            may_install: false,
        }
    }

    /// Brings an instance up and says what it reported doing.
    pub fn up(&mut self, name: &str) -> (Stack, Vec<String>) {
        self.up_with(name, &self.options())
    }

    pub fn up_with(&mut self, name: &str, options: &Options) -> (Stack, Vec<String>) {
        let instance = self.instance(name);
        let mut said = Vec::new();
        let stack = up(&instance, options, &mut |line| said.push(line.to_owned())).unwrap();
        (stack, said)
    }

    /// A name whose servers stop when the test ends.
    pub fn instance(&mut self, name: &str) -> Instance {
        let instance = Instance::parse(name).unwrap();
        self.instances.push(instance.clone());
        instance
    }

    pub fn down(&self, name: &str) {
        down(&Instance::parse(name).unwrap(), &self.options()).unwrap();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for instance in &self.instances {
            let _ = down(instance, &self.options());
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// One value from the database, by psql, which comes with the servers.
pub fn query(url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new("psql").args(["-X", "-w", "-A", "-t", "-c", sql, url]).output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The port in a URL of ours.
pub fn port(url: &str) -> u16 {
    url.split_once("127.0.0.1:").unwrap().1.split('/').next().unwrap().parse().unwrap()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// PostgreSQL's own pid file of an instance.
pub fn postmaster_pid_file(stack: &Stack) -> PathBuf {
    stack.data_dir.join("postgres/postmaster.pid")
}

pub fn postmaster_pid(stack: &Stack) -> String {
    fs::read_to_string(postmaster_pid_file(stack)).unwrap().lines().next().unwrap().to_owned()
}

pub fn kill_nine(pid: &str) {
    assert!(Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap().success());
}
