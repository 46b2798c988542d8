//! The real binary as a child process, which can be killed, on the test's database.
use serde_json::Value;
use std::{
    process::Stdio,
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use testkit::TestDb;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// What clients need of it: where it answers now, and how often it has.
#[derive(Clone)]
pub struct Line {
    pub url: Arc<RwLock<String>>,
    pub answers: Arc<AtomicUsize>,
    pub retries: Arc<AtomicUsize>,
    pub http: reqwest::Client,
}

impl Line {
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.url.read().unwrap())
    }

    pub fn answered(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
    }
}

pub struct Server {
    instance: String,
    database: String,
    child: Option<Child>,
    line: Line,
}

impl Server {
    pub fn new(db: &TestDb) -> Self {
        let line = Line {
            url: Arc::default(),
            answers: Arc::default(),
            retries: Arc::default(),
            http: platform::http_client().build().unwrap(),
        };
        let (instance, database) = (db.home.stack.instance.clone(), db.home.database().to_owned());
        Self { instance, database, child: None, line }
    }

    pub fn line(&self) -> Line {
        self.line.clone()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meguri"));
        command.args(arguments).env("MEGURI_INSTANCE", &self.instance).env("MEGURI_DATABASE", &self.database);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Starts it and waits until it says where it answers.
    pub async fn start(&mut self) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = self.command(&["serve", "--port", &free.to_string()]);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = loop {
            let line = lines.next_line().await.unwrap().expect("the service ended before it listened");
            match line.split(' ').find(|word| word.starts_with("http://")) {
                Some(url) => break url.to_owned(),
                None => println!("{line}"),
            }
        };
        *self.line.url.write().unwrap() = url;
        // a pipe that nobody reads would stop it in the end
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
            }
        });
        self.child = Some(child);
    }

    /// kill -9
    pub async fn kill(&mut self) {
        self.child.take().expect("it runs").kill().await.unwrap();
    }

    pub async fn token(&self, sign_in: &Value) -> String {
        let answer = self.line.http.post(self.line.to("/v1/tokens")).json(sign_in).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// `meguri audit`, as an operator would run it.
    pub async fn audit(&self) -> bool {
        self.command(&["audit"]).status().await.unwrap().success()
    }
}
