//! The private RabbitMQ: its binaries, its node, its processes.
//!
//! It takes seconds to start and to stop, so both have two halves, between which the caller does
//! something else.

mod binaries;
mod node;
mod settings;

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::endpoint::Endpoint;
use crate::health::broker;
use crate::place::Site;
use crate::process::{find_server, is_server, signal, wait_until};
use crate::record;
use crate::{Error, free_port, install};

/// Not RabbitMQ's own ports, nor those of its tools, so that a later installed RabbitMQ finds them free.
const PREFERRED: Ports = Ports { amqp: 16_672, management: 17_672, node: 18_672, mapper: 14_369 };
/// A port that was free a moment ago can be lost to someone else this often.
const START_TRIES: u16 = 10;
/// Recovery after a crash is part of starting, so this is generous; an idle broker takes five seconds.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How often a starting broker is asked.
const PAUSE: Duration = Duration::from_millis(40);
/// An idle broker takes six seconds, five of them for a time limit of its management plugin.
const STOP_LIMIT: Duration = Duration::from_secs(60);
const MAPPER_STOP_LIMIT: Duration = Duration::from_secs(5);
/// The administrator; RabbitMQ's own `guest` is never made.
const USER: &str = "meguri";

/// Where a broker is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Urls {
    /// An administrator's, without a virtual host.
    pub amqp: String,
    /// Without user and password, which are those of `amqp`.
    pub management: String,
}

/// All on 127.0.0.1.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ports {
    amqp: u16,
    management: u16,
    /// Erlang's distribution: RabbitMQ does not start without it.
    node: u16,
    /// Erlang's port mapper (epmd): one of our own, so that the machine's is neither used nor started.
    mapper: u16,
}

impl Ports {
    /// These where they are free, else the next free ones.
    fn free(self) -> Result<Self, Error> {
        Ok(Self {
            amqp: free_port(self.amqp)?,
            management: free_port(self.management)?,
            node: free_port(self.node)?,
            mapper: free_port(self.mapper)?,
        })
    }

    /// Some way off: two brokers that lost to each other would meet again on the next ones.
    fn elsewhere() -> Self {
        let way = rand::random_range(1..500);
        let Self { amqp, management, node, mapper } = PREFERRED;
        Self { amqp: amqp + way, management: management + way, node: node + way, mapper: mapper + way }
    }
}

/// Where the private broker listens and its secrets; outlives its process.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    ports: Ports,
    password: String,
    /// Who knows it can run code in the broker.
    cookie: String,
}

/// A broker that runs, or that has begun to start.
pub(crate) struct Begun {
    state: State,
    /// What we started; `None` when it was there before.
    child: Option<Child>,
}

/// Whether a usable RabbitMQ is installed.
pub(crate) fn is_installed() -> bool {
    binaries::find().is_some()
}

/// The URLs of the private broker, if it runs and its node listens for AMQP with our password.
pub(crate) fn running(site: &Site) -> Result<Option<Urls>, Error> {
    let state = record::read::<State>(&state_file(site))?;
    Ok(state.filter(|state| pid(site).is_some() && answers(state)).map(|state| urls(&state)))
}

/// Starts the private broker unless it runs, without waiting until it answers: see [`Begun::finish`].
pub(crate) fn begin(site: &Site, progress: &mut dyn FnMut(&str)) -> Result<Begun, Error> {
    let known = record::read::<State>(&state_file(site))?;
    if let Some(state) = &known
        && pid(site).is_some()
    {
        // it may be starting: somebody began and was interrupted
        return Ok(Begun { state: state.clone(), child: None });
    }
    let state = known.unwrap_or_else(|| State {
        ports: PREFERRED,
        password: record::random_secret(),
        cookie: record::random_secret(),
    });
    launch(site, state, progress)
}

impl Begun {
    /// Waits until the broker answers. If it lost a port to somebody else it is started on others.
    pub fn finish(mut self, site: &Site, progress: &mut dyn FnMut(&str)) -> Result<Urls, Error> {
        for _ in 0..START_TRIES {
            if self.is_up(site) {
                let urls = urls(&self.state);
                self.reap();
                return Ok(urls);
            }
            let was_there = self.child.is_none();
            self.reap();
            stop(site)?;
            if !was_there {
                // it binds its ports seconds after they were chosen
                if !node::lost_a_port(site) {
                    let reason = node::what_it_said(site);
                    return Err(Error::Start { server: "RabbitMQ", reason, log: site.log("rabbitmq") });
                }
                self.state.ports = Ports::elsewhere();
            }
            self = launch(site, self.state, progress)?;
        }
        Err(Error::NoPort { from: PREFERRED.amqp, to: self.state.ports.amqp })
    }

    fn is_up(&mut self, site: &Site) -> bool {
        let mut up = false;
        wait_until(START_LIMIT, || {
            up = answers(&self.state);
            let ended = match &mut self.child {
                Some(child) => !matches!(child.try_wait(), Ok(None)),
                None => pid(site).is_none(),
            };
            if !up && !ended {
                sleep(PAUSE);
            }
            up || ended
        });
        up
    }

    /// The broker outlives us or we outlive it: then nothing of it is left in the table of processes.
    fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            std::thread::spawn(move || child.wait());
        }
    }
}

fn launch(site: &Site, mut state: State, progress: &mut dyn FnMut(&str)) -> Result<Begun, Error> {
    // what a killed broker left behind
    stop(site)?;
    let binaries = binaries::find().ok_or_else(|| install::missing(&[install::RABBITMQ], ""))?;
    site.account.make_private_dir(&data(site))?;
    site.account.make_private_dir(&site.dir.join("logs"))?;
    state.ports = state.ports.free()?;
    progress(&format!("starting a private RabbitMQ on 127.0.0.1:{}", state.ports.amqp));
    for _ in 0..START_TRIES {
        record::write(&state_file(site), &state)?;
        if node::start_mapper(site, &binaries, state.ports.mapper)? {
            settings::write(site, &state)?;
            let child = node::start(site, &binaries, state.ports)?;
            return Ok(Begun { state, child: Some(child) });
        }
        // lost to someone who bound it first
        state.ports = state.ports.free()?;
    }
    Err(Error::NoPort { from: PREFERRED.mapper, to: state.ports.mapper })
}

/// Stops the private broker if it runs.
pub(crate) fn stop(site: &Site) -> Result<(), Error> {
    let stopping = begin_stop(site)?;
    finish_stop(site, stopping)
}

/// Asks the private broker to stop; answers its process if there is one.
pub(crate) fn begin_stop(site: &Site) -> Result<Option<u32>, Error> {
    let running = pid(site);
    if let Some(pid) = running {
        signal(pid, "TERM")?;
    }
    Ok(running)
}

/// Waits for a broker that was asked to stop, and stops its port mapper.
pub(crate) fn finish_stop(site: &Site, stopping: Option<u32>) -> Result<(), Error> {
    if let Some(pid) = stopping
        && !wait_until(STOP_LIMIT, || !is_server(pid, node::PROGRAM, &home(site)))
    {
        return Err(Error::Stop { server: "RabbitMQ", pid });
    }
    let mapper = || find_server(node::MAPPER, &node::mapper_name(site));
    if let Some(pid) = mapper() {
        signal(pid, "TERM")?;
        if !wait_until(MAPPER_STOP_LIMIT, || mapper().is_none()) {
            return Err(Error::Stop { server: "RabbitMQ's port mapper", pid });
        }
    }
    Ok(())
}

/// The node's process. Its own pid file saves looking through all processes, but is written late.
fn pid(site: &Site) -> Option<u32> {
    let recorded = fs::read_to_string(node::pid_file(site)).ok().and_then(|text| text.trim().parse().ok());
    recorded
        .filter(|pid| is_server(*pid, node::PROGRAM, &home(site)))
        .or_else(|| find_server(node::PROGRAM, &home(site)))
}

/// Asks the node itself: it knows the password, and RabbitMQ runs in it and listens for AMQP.
fn answers(state: &State) -> bool {
    let management = Endpoint {
        user: Some(USER.to_owned()),
        password: Some(state.password.clone()),
        host: "127.0.0.1".to_owned(),
        port: state.ports.management,
        tls: false,
    };
    let check = format!("/api/health/checks/port-listener/{}", state.ports.amqp);
    broker::get(&management, &check).is_ok_and(|answer| answer.status == 200)
}

fn urls(state: &State) -> Urls {
    Urls {
        amqp: format!("amqp://{USER}:{}@127.0.0.1:{}", state.password, state.ports.amqp),
        management: format!("http://127.0.0.1:{}", state.ports.management),
    }
}

fn state_file(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq.json")
}

/// Queues, messages, users: what RabbitMQ writes.
fn data(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq")
}

/// What stands for a home folder, with the cookie: the node's command line names it, by which the process
/// is recognised. Not writable by the servers' account.
fn home(site: &Site) -> PathBuf {
    site.dir.join("rabbitmq-home")
}
