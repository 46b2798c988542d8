//! The service: a child process, and clients that commit plans over REST.
use super::{WARM, bench::Bench, bench::Rounds};
use crate::{
    instance::Process,
    measure::{Failed, Rate, failed},
};
use std::time::{Duration, Instant};
use uuid::Uuid;
use wire::{
    auth::{TokenRequest, TokenResponse},
    plan::MovePlan,
};

const OFFICER: &str = "officer-130001";
/// A token is fetched anew when it is older than this; it lives five minutes, and a run takes seconds.
const TOKEN_USE: Duration = Duration::from_secs(200);
const PORT: &str = "18500";

/// A running `meguri serve`.
pub struct Service {
    process: Process,
    http: reqwest::Client,
    secret: String,
    token: Option<(String, Instant)>,
}

impl Service {
    /// Starts it and waits until it says where it listens.
    pub fn start(bench: &Bench) -> Result<Self, Failed> {
        let secret = bench.home.derived(&format!("service/{OFFICER}"))?;
        let mut command = bench.home.service();
        command.args(["serve", "--port", PORT]);
        let process = Process::start(command)?;
        let http = platform::http_client().build().map_err(failed)?;
        Ok(Self { process, http, secret, token: None })
    }

    /// Lets it finish and end.
    pub fn stop(self) -> Result<(), Failed> {
        self.process.stop()
    }

    async fn token(&mut self) -> Result<String, Failed> {
        if let Some((token, _)) = self.token.as_ref().filter(|(_, since)| since.elapsed() < TOKEN_USE) {
            return Ok(token.clone());
        }
        let request = TokenRequest::ServiceAccount {
            client_id: OFFICER.to_owned(),
            client_secret: self.secret.clone(),
            delegation: None,
        };
        let answer = self.http.post(format!("{}/v1/tokens", self.process.url)).json(&request).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        let token = answer.json::<TokenResponse>().await.map_err(failed)?.access_token;
        self.token = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    /// Commits the plans of all rounds, each client its share, one after another.
    pub async fn commit(&mut self, rounds: &Rounds, clients: u64, per_client: u64) -> Result<Rate, Failed> {
        let (first, version) = (rounds.number("first")?, rounds.number("version")?);
        let version = i32::try_from(version).map_err(failed)?;
        let token = self.token().await?;
        let mut tasks = Vec::new();
        for client in 0..clients {
            let (http, token, url) = (self.http.clone(), token.clone(), self.process.url.clone());
            let from = first + client * per_client;
            tasks.push(tokio::spawn(async move {
                let mut ends = Vec::new();
                for number in from..from + per_client {
                    let plan = format!("00000000-0000-4000-9000-{number:012}");
                    let request = MovePlan { id: Uuid::new_v5(&Uuid::NAMESPACE_OID, plan.as_bytes()), version };
                    let url = format!("{url}/v1/plans/{plan}:commit");
                    let answer = http.post(url).bearer_auth(&token).json(&request).send().await.map_err(failed)?;
                    let status = answer.status();
                    let text = answer.text().await.map_err(failed)?;
                    if !status.is_success() {
                        return Err(failed(format!("{plan}: {status} {text}")));
                    }
                    ends.push(Instant::now());
                }
                Ok(ends)
            }));
        }
        let mut rate = Rate::default();
        for task in tasks {
            let ends: Vec<Instant> = task.await.map_err(failed)??;
            let (Some(warm), Some(last)) = (ends.get(WARM - 1), ends.last()) else {
                return Err(failed("too few commits to measure"));
            };
            rate.add(Rate::of(ends.len() - WARM, last.duration_since(*warm)));
        }
        Ok(rate)
    }
}
