//! Running the services: all in one process, or some of them.
use crate::{
    heads::Heads,
    home::Home,
    messaging::{self, Messaging},
};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, middleware::from_fn, web};
use allocation::Allocation;
use capacity::Capacity;
use distribution::Distribution;
use gateway::{Gateway, Settings as GatewaySettings};
use identity::Identity;
use platform::{
    Db, Failure, Shared,
    amqp::Broker,
    auth::Verifier,
    background::Background,
    clock::Clock,
    directory::Directory,
    emergencies::Emergencies,
    failure::Result,
    http,
    limit::{Limiter, Rates},
    months, seal,
};
use relay::Notices;
use serde_json::json;
use std::{net::TcpListener, time::Duration};

/// Handlers that parse and write JSON; the work itself runs on the main runtime.
const WORKERS: usize = 2;
/// Headers must have arrived whole within this time.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection whose answer was sent before its request was read is closed within this time.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A probe's answer is good for this long: however often it is asked for, the database is asked once.
const PROBE_LIFE: Duration = Duration::from_secs(1);
/// A stopping server finishes what it has begun within this time.
const SHUTDOWN_S: u64 = 20;

/// The services that can run by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Service {
    /// All of them behind one address.
    All,
    /// Territories, facilities, accounts, tokens.
    Identity,
    /// Forms, reports, sums.
    Capacity,
    /// Rounds, plans, grants.
    Allocation,
    /// Wholesalers, shipments, receipts, stock.
    Distribution,
    /// Publishes events, keeps notifications.
    Relay,
    /// GraphQL.
    Gateway,
}

/// How to run.
pub struct Settings {
    /// Which services.
    pub services: Vec<Service>,
    /// The socket to answer on.
    pub listener: TcpListener,
    /// Where identity answers; itself unless given.
    pub identity_url: Option<String>,
    /// Where capacity answers; itself unless given.
    pub capacity_url: Option<String>,
    /// Where allocation answers; itself unless given.
    pub allocation_url: Option<String>,
    /// Where distribution answers; itself unless given.
    pub distribution_url: Option<String>,
    /// Name under which requests are counted in Redis; the instance's unless given.
    pub limit_prefix: Option<String>,
    /// How many requests a second.
    pub rates: Rates,
    /// Where events go; without it they wait in the outboxes.
    pub broker: Option<Broker>,
    /// Sign the heads of the sealed chains each minute, into the instance's data folder.
    pub heads: bool,
}

impl Settings {
    /// All services on this socket.
    #[must_use]
    pub fn all(listener: TcpListener) -> Self {
        let services = vec![Service::All];
        Self {
            services,
            listener,
            identity_url: None,
            capacity_url: None,
            allocation_url: None,
            distribution_url: None,
            limit_prefix: None,
            rates: Rates::default(),
            broker: None,
            heads: false,
        }
    }

    fn runs(&self, service: Service) -> bool {
        self.services.contains(&service) || self.services.contains(&Service::All)
    }
}

/// A running server.
pub struct Running {
    /// Where it answers: `http://127.0.0.1:8080`.
    pub url: String,
    /// The gateway's pool, whose statements tests count.
    pub gateway_db: Db,
    /// Business time.
    pub clock: Clock,
    /// Relay and consumers, if there is a broker.
    pub messaging: Option<Messaging>,
    /// What seals the audit trail and signs its heads.
    sealing: Vec<Background>,
    handle: actix_web::dev::ServerHandle,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Stops it: lets requests in flight finish, then closes.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        let _ = self.server.await;
        if let Some(messaging) = self.messaging {
            messaging.stop().await;
        }
        // last: what the others have just written is sealed too, and then signed
        for job in self.sealing {
            job.stop().await;
        }
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn ended(self) -> Result<()> {
        self.server.await.map_err(Failure::internal)?.map_err(Failure::internal)
    }
}

/// The part of the process that all services share.
///
/// # Errors
/// When the clock or the directory cannot be read.
pub async fn shared(home: &Home, clock_db: &Db, identity_url: &str, prefix: &str, rates: Rates) -> Result<Shared> {
    let verifier = Verifier::new(&home.stack.instance, identity_url);
    verifier.revocations().refresh(clock_db).await?;
    let emergencies = Emergencies::default();
    emergencies.refresh(clock_db).await?;
    Ok(Shared {
        instance: home.stack.instance.clone(),
        clock: Clock::load(clock_db).await?,
        emergencies,
        directory: Directory::load(clock_db).await?,
        verifier,
        limiter: Limiter::new(prefix, Some(&home.stack.redis_url), rates),
        runtime: tokio::runtime::Handle::current(),
    })
}

/// Starts the services and answers once they listen. Needs a multi-thread runtime.
///
/// # Errors
/// When the database cannot be reached or is not migrated, or the socket cannot be used.
pub async fn start(home: &Home, settings: Settings) -> Result<Running> {
    let address = settings.listener.local_addr().map_err(Failure::internal)?;
    let own = format!("http://{address}");
    let identity_url = settings.identity_url.clone().unwrap_or_else(|| own.clone());
    let capacity_url = settings.capacity_url.clone().unwrap_or_else(|| own.clone());
    let allocation_url = settings.allocation_url.clone().unwrap_or_else(|| own.clone());
    let distribution_url = settings.distribution_url.clone().unwrap_or_else(|| own.clone());
    let prefix = settings.limit_prefix.clone().unwrap_or_else(|| home.stack.instance.clone());

    // a small pool of its own for the clock and the probes: no load may starve them
    let clock_db = Db::new(&home.role_url("gateway")?, "reference", 2)?;
    let shared = shared(home, &clock_db, &identity_url, &prefix, settings.rates).await?;
    shared.clock.follow(clock_db.clone());
    shared.directory.follow();
    shared.verifier.revocations().follow(clock_db.clone());
    shared.emergencies.follow(clock_db.clone());
    let gateway_db = home.pool("gateway", "reference")?;

    // another small one: what was shown is noted apart from the read-only snapshots
    let views_db = Db::new(&home.role_url("gateway_views")?, "views", 4)?;

    let identity = match settings.runs(Service::Identity) {
        true => Some(Identity::new(shared.clone(), home.pool("identity_app", "identity")?, &home.stack.secret)),
        false => None,
    };
    let capacity = match settings.runs(Service::Capacity) {
        true => Some(Capacity::start(shared.clone(), home.pool("capacity_app", "capacity")?).await?),
        false => None,
    };
    if let Some(identity) = &identity {
        months::keep(&identity.db, &identity.shared.clock);
        identity::jobs::sessions::start(identity);
        identity::jobs::delegations::start(identity);
        identity::jobs::keys::start(identity);
    }
    let allocation = match settings.runs(Service::Allocation) {
        true => Some(Allocation::new(shared.clone(), home.pool("allocation_app", "allocation")?)),
        false => None,
    };
    if let Some(allocation) = &allocation {
        months::keep(&allocation.db, &shared.clock);
        allocation::jobs::calendar::start(allocation);
        allocation::jobs::deadlines::start(allocation);
    }
    if let Some(capacity) = &capacity {
        capacity::jobs::day_opener::start(capacity);
    }
    let distribution = match settings.runs(Service::Distribution) {
        true => Some(Distribution::new(shared.clone(), home.pool("distribution_app", "distribution")?)),
        false => None,
    };
    if let Some(distribution) = &distribution {
        months::keep(&distribution.db, &shared.clock);
        distribution::jobs::overdue::start(distribution);
    }
    let gateway = settings.runs(Service::Gateway).then(|| {
        Gateway::new(GatewaySettings {
            shared: shared.clone(),
            db: gateway_db.clone(),
            views_db: views_db.clone(),
            identity_url,
            capacity_url,
            allocation_url,
            distribution_url,
            cursor_secret: home.stack.secret.clone(),
        })
    });

    let notices = match settings.runs(Service::Relay) {
        true => Some(Notices {
            shared: shared.clone(),
            db: home.pool("relay_app", "relay")?,
            delivery: messaging::delivery(home, &shared.clock),
        }),
        false => None,
    };

    let clock = shared.clock.clone();
    let messaging = match settings.broker.clone() {
        Some(broker) => {
            let (allocation, distribution) = (allocation.clone(), distribution.clone());
            let consumers = Box::new(move |broker: &Broker| {
                let allocation = allocation.iter().flat_map(|service| allocation::consume::start(service, broker));
                let distribution =
                    distribution.iter().flat_map(|service| distribution::consume::start(service, broker));
                allocation.chain(distribution).collect()
            });
            Some(Messaging::start(home, broker, &clock, settings.runs(Service::Relay), consumers)?)
        }
        None => None,
    };
    let mut sealing = vec![seal::start(&Db::new(&home.role_url("seal")?, "reference", 2)?, &clock)];
    if settings.heads {
        sealing.push(Heads::of(home)?.start());
    }
    let probe = web::Data::new(Probe::new(clock_db));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(shared.clone()))
            .app_data(probe.clone())
            .wrap(from_fn(http::frame))
            .configure(|config| {
                if let Some(identity) = &identity {
                    identity::api::configure(identity, config);
                }
                if let Some(capacity) = &capacity {
                    capacity::api::configure(capacity, config);
                }
                if let Some(allocation) = &allocation {
                    allocation::api::configure(allocation, config);
                }
                if let Some(distribution) = &distribution {
                    distribution::api::configure(distribution, config);
                }
                if let Some(notices) = &notices {
                    relay::api::configure(notices, config);
                }
                if let Some(gateway) = &gateway {
                    gateway.configure(config);
                }
            })
            .service(http::resource("/healthz", "GET, HEAD").route(http::get().to(healthz)))
            .service(http::resource("/readyz", "GET, HEAD").route(http::get().to(readyz)))
            .default_service(if gateway.is_some() {
                web::to(gateway::console::serve)
            } else {
                web::to(http::not_found)
            })
    })
    .workers(WORKERS)
    .client_request_timeout(HEADERS_TIMEOUT)
    .client_disconnect_timeout(CLOSE_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_S)
    .disable_signals()
    .listen(settings.listener)
    .map_err(Failure::internal)?
    .run();
    let handle = server.handle();
    Ok(Running { url: own, gateway_db, clock, messaging, sealing, handle, server: tokio::spawn(server) })
}

/// The process lives.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// Whether the database answers, asked at most once a second.
struct Probe {
    db: Db,
    last: tokio::sync::Mutex<Option<(tokio::time::Instant, bool)>>,
}

impl Probe {
    fn new(db: Db) -> Self {
        Self { db, last: tokio::sync::Mutex::default() }
    }

    async fn ask(&self) -> Result<()> {
        // whoever comes while it is being asked waits for that answer
        let mut last = self.last.lock().await;
        let recent = last.filter(|(at, _)| at.elapsed() < PROBE_LIFE);
        let is_ready = match recent {
            Some((_, is_ready)) => is_ready,
            None => {
                let is_ready = self.db.ping().await.is_ok();
                *last = Some((tokio::time::Instant::now(), is_ready));
                is_ready
            }
        };
        if is_ready { Ok(()) } else { Err(Failure::Unavailable("the database does not answer".to_owned())) }
    }
}

/// The process can do its work: the database answers.
async fn readyz(req: HttpRequest, probe: web::Data<Probe>, shared: web::Data<Shared>) -> HttpResponse {
    http::answer(&req, async {
        let probe = probe.into_inner();
        shared.unit_of_work(async move { probe.ask().await }).await?;
        http::json(HttpResponse::Ok(), &json!({"status": "ready"}))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::TestDb;

    #[tokio::test(flavor = "multi_thread")]
    async fn however_often_it_is_asked_the_database_is_probed_once_a_second() {
        let test = TestDb::new().await;
        let db = test.home.pool("gateway", "reference").unwrap();
        let probe = Probe::new(db.clone());
        for _ in 0..50 {
            probe.ask().await.unwrap();
        }
        // a second may pass on a busy machine
        assert!(db.statements() <= 4, "{}", db.statements());
    }
}
