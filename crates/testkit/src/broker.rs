//! RabbitMQ for tests: names of a test's own on the shared broker, and a broker of one's own that may be
//! stopped, frozen and filled.
use devstack::{Instance, Options, Stack};
use meguri::home::Home;
use platform::amqp::Broker;
use relay::topology;
use serde_json::Value;
use std::{path::PathBuf, process::Command, time::Duration};

/// A test's virtual hosts and users; removed with it.
pub struct TestBroker {
    /// The broker with the names.
    pub broker: Broker,
}

impl TestBroker {
    /// Names after the home's database on the broker that all tests share. Nothing is made yet.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self { broker: home.broker().expect("an address").expect("a broker") }
    }

    /// The same with the main virtual host made.
    pub async fn ready(home: &Home) -> Self {
        let test = Self::of(home);
        topology::ensure_main(&test.broker).await.expect("the broker makes the main virtual host");
        test
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        let broker = self.broker.clone();
        // a destructor cannot wait on the test's runtime; a thread of its own can
        let removing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(topology::remove(&broker));
            }
        });
        let _ = removing.join();
    }
}

/// A broker that no other test uses. Starting and stopping it takes seconds each.
pub struct PrivateBroker {
    instance: Instance,
    options: Options,
    stack: Stack,
}

impl PrivateBroker {
    /// Starts one. PostgreSQL and Redis stay the shared ones, those of `home`.
    pub async fn start(home: &Home) -> Self {
        let name = format!("broker_{}", platform::opctx::new_id().simple());
        let instance = Instance::parse(name.get(..31).unwrap_or(&name)).expect("the name is well formed");
        let options = Options {
            database_url: Some(home.stack.database_url.clone()),
            redis_url: Some(home.stack.redis_url.clone()),
            amqp_url: None,
            ..Options::from_env().fast()
        };
        let stack = up(&instance, &options).await;
        Self { instance, options, stack }
    }

    /// The broker under the names of `home`, whose main virtual host is made.
    pub async fn broker(&self, home: &Home) -> Broker {
        let namespace = home.broker().expect("an address").expect("a broker").main_vhost().to_owned();
        let Stack { amqp_url, amqp_management_url, secret, .. } = &self.stack;
        let broker = Broker::new(amqp_url, amqp_management_url, &namespace, secret).expect("an address");
        topology::ensure_main(&broker).await.expect("the broker makes the main virtual host");
        broker
    }

    /// Stops it as an operator would, and starts it again at the same address.
    pub async fn restart(&self) {
        let (instance, options) = (self.instance.clone(), self.options.clone());
        let stopping = tokio::task::spawn_blocking(move || devstack::down(&instance, &options));
        stopping.await.expect("a thread").expect("the broker stops");
        self.revive().await;
    }

    /// Kills its process, as a power cut would, and starts it again at the same address.
    pub async fn kill(&self) {
        self.signal("KILL");
        self.revive().await;
    }

    /// Freezes its process: connections stay, nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sets the share of memory beyond which publishers are blocked: 0 blocks them all.
    pub async fn memory_watermark(&self, share: &str) {
        self.evaluate(&format!("vm_memory_monitor:set_vm_memory_high_watermark({share}).")).await;
    }

    /// Sets how long a delivery may stay unacknowledged, in milliseconds.
    pub async fn acknowledgement_timeout(&self, millis: u32) {
        self.evaluate(&format!(
            "application:set_env(rabbit, consumer_timeout, {millis}), application:set_env(rabbit, channel_tick_interval, 500)."
        ))
        .await;
    }

    async fn revive(&self) {
        let again = up(&self.instance, &self.options).await;
        assert_eq!(again.amqp_url, self.stack.amqp_url, "it answers at the same address");
    }

    fn signal(&self, name: &str) {
        let file = self.stack.data_dir.join("rabbitmq/rabbitmq.pid");
        let pid = std::fs::read_to_string(file).expect("the broker's pid file");
        let sent = Command::new("/bin/sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, pid.trim()]).status();
        assert!(sent.expect("a shell").success(), "kill -s {name}");
    }

    /// Runs an expression inside the broker.
    async fn evaluate(&self, expression: &str) {
        let state = std::fs::read_to_string(self.stack.data_dir.join("rabbitmq.json")).expect("the broker's record");
        let state: Value = serde_json::from_str(&state).expect("the broker's record");
        let text = |pointer: &str| {
            let value = state.pointer(pointer).expect("a field of the broker's record");
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        let mut ctl = Command::new(control());
        ctl.args(["--node", &format!("meguri_{}@localhost", self.instance)])
            .args(["--erlang-cookie", &text("/cookie"), "eval", expression])
            .env("ERL_EPMD_PORT", text("/ports/mapper"))
            .env("HOME", &self.stack.data_dir);
        let said =
            tokio::task::spawn_blocking(move || ctl.output()).await.expect("a thread").expect("rabbitmqctl runs");
        assert!(said.status.success(), "{expression}: {}", String::from_utf8_lossy(&said.stderr));
    }
}

impl Drop for PrivateBroker {
    fn drop(&mut self) {
        self.signal("CONT");
        // nothing in it is worth a clean end
        self.signal("KILL");
        let _ = devstack::down(&self.instance, &self.options);
        let _ = std::fs::remove_dir_all(&self.stack.data_dir);
    }
}

async fn up(instance: &Instance, options: &Options) -> Stack {
    let (instance, options) = (instance.clone(), options.clone());
    let starting = tokio::task::spawn_blocking(move || {
        for _ in 0..50 {
            let mut said = Vec::new();
            match devstack::up(&instance, &options, &mut |line| said.push(line.to_owned())) {
                Ok(stack) => return stack,
                Err(error) => eprintln!("{error}; {said:?}"),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("no private broker");
    });
    starting.await.expect("a thread")
}

/// RabbitMQ's own tool, not the wrapper that insists on the machine's user `rabbitmq`.
fn control() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    let mut found = versions.map(|version| version.path().join("sbin/rabbitmqctl")).filter(|path| path.exists());
    found.next().unwrap_or_else(|| PathBuf::from("rabbitmqctl"))
}
