//! The private RabbitMQ: what it is, that it keeps what it has, that nothing of it is left.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use devstack::{Error, Instance, Options, Stack};

use crate::management::Management;
use crate::support::{Home, kill_nine, mode, port};

/// Erlang's numbers of the instance's four ports.
fn ports(stack: &Stack) -> Vec<u64> {
    let state: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(stack.data_dir.join("rabbitmq.json")).unwrap()).unwrap();
    state["ports"].as_object().unwrap().values().map(|port| port.as_u64().unwrap()).collect()
}

/// Processes that carry the instance's folder in their command line: the node and its port mapper.
fn processes(stack: &Stack) -> Vec<String> {
    let home = stack.data_dir.join("rabbitmq-home").display().to_string();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(&home)).collect()
}

/// Local addresses, in the kernel's hexadecimal, of everything that listens on `port`.
fn listeners(port: u64) -> Vec<String> {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let rows = tables.iter().flat_map(|table| table.lines()).map(|line| line.split_whitespace().collect::<Vec<_>>());
    // column 3 is the state, 0A is listening
    rows.filter(|row| row.get(3) == Some(&"0A"))
        .filter_map(|row| row[1].strip_suffix(&wanted).map(str::to_owned))
        .collect()
}

/// As a crash does; the kernel gives the ports back in its own time.
fn kill_node(stack: &Stack) {
    kill_nine(fs::read_to_string(stack.data_dir.join("rabbitmq/rabbitmq.pid")).unwrap().trim());
    let own = [port(&stack.amqp_url), port(&stack.amqp_management_url)];
    assert!(eventually(|| own.iter().all(|port| listeners(u64::from(*port)).is_empty()).then_some(())).is_some());
}

fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    (0..300).find_map(|_| ask().or_else(|| (sleep(Duration::from_millis(100)), None).1))
}

/// The node's limit of open files; the management interface learns it some seconds after the start.
fn open_files(management: &Management) -> u64 {
    eventually(|| management.json("/api/nodes")[0]["fd_total"].as_u64()).unwrap()
}

/// A virtual host with a durable queue and one message in it.
fn fill(management: &Management, kind: &str) {
    management.expect(201, "PUT", "/api/vhosts/kept", "");
    let queue = format!(r#"{{"durable":true,"arguments":{{"x-queue-type":"{kind}"}}}}"#);
    management.expect(201, "PUT", "/api/queues/kept/orders", &queue);
    let message =
        r#"{"routing_key":"orders","payload":"seven","payload_encoding":"string","properties":{"delivery_mode":2}}"#;
    assert!(management.expect(200, "POST", "/api/exchanges/kept/amq.default/publish", message).contains("true"));
}

/// The message of [`fill`], which goes back to the queue.
fn message(management: &Management) -> String {
    let get = r#"{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}"#;
    management.expect(200, "POST", "/api/queues/kept/orders/get", get)
}

#[test]
fn a_private_broker_is_closed_to_everybody_else_and_stops_without_a_trace() {
    let mut home = Home::new("broker life");
    // the limit of whoever calls us: it is raised for the broker
    let limit = ["--pid", &std::process::id().to_string(), "--nofile=1024:"];
    assert!(Command::new("prlimit").args(limit).status().unwrap().success());
    let options = home.all_private();
    let (stack, said) = home.up_with("one", &options);
    assert!(said.iter().any(|line| line.contains("RabbitMQ")), "{said:?}");
    assert!(!stack.amqp_explicit);
    for secret in ["rabbitmq.json", "rabbitmq.conf", "rabbitmq-definitions.json", "rabbitmq-home/.erlang.cookie"] {
        assert_eq!(mode(&stack.data_dir.join(secret)), 0o600, "{secret}");
    }

    // again: nothing to say, nothing changed, and quick
    let start = Instant::now();
    let (again, said) = home.up_with("one", &options);
    eprintln!("up, already up: {:?}", start.elapsed());
    assert!(said.is_empty() && again == stack, "{said:?}");

    for port in ports(&stack) {
        let listeners = listeners(port);
        assert!(!listeners.is_empty(), "nobody listens on {port}");
        let loopback = ["0100007F", "00000000000000000000000001000000"];
        assert!(listeners.iter().all(|address| loopback.contains(&address.as_str())), "{port}: {listeners:?}");
    }
    let management = Management::of(&stack);
    assert_eq!(management.json("/api/vhosts"), serde_json::json!([]));
    assert_eq!(management.json("/api/users")[0]["name"], "meguri");
    assert_eq!(management.json("/api/users").as_array().unwrap().len(), 1);
    assert_eq!(management.as_user("guest", "guest").request("GET", "/api/whoami", "").0, 401);
    assert_eq!(management.json("/api/cluster-name")["name"], "meguri-one");
    let hard = Command::new("sh").args(["-c", "ulimit -H -n"]).output().unwrap();
    let hard = String::from_utf8_lossy(&hard.stdout).trim().parse().unwrap_or(u64::MAX);
    assert!(open_files(&management) >= hard.min(1_000_000), "the limit was not raised to {hard}");

    named_by_variables(&mut home, &stack, &management);

    fill(&management, "quorum");
    home.down("one");
    // of its ports another instance may have taken one meanwhile: its processes are what is its own
    assert_eq!(processes(&stack), Vec::<String>::new());
    let (again, _) = home.up_with("one", &options);
    assert!(message(&Management::of(&again)).contains("seven"));
}

/// Another instance uses the broker as one that its user named.
fn named_by_variables(home: &mut Home, stack: &Stack, management: &Management) {
    let named = Options {
        database_url: Some(stack.database_url.clone()),
        redis_url: Some(stack.redis_url.clone()),
        amqp_url: Some(format!("{}/", stack.amqp_url)),
        amqp_management_url: Some(stack.amqp_management_url.clone()),
        ..home.options()
    };
    let (guest, said) = home.up_with("guest", &named);
    assert!(guest.amqp_explicit && said.is_empty(), "{said:?}");
    assert_eq!((&guest.amqp_url, &guest.amqp_management_url), (&stack.amqp_url, &stack.amqp_management_url));

    let instance = Instance::parse("guest").unwrap();
    let refused = |url: String| {
        let options = Options { amqp_url: Some(url), ..named.clone() };
        devstack::up(&instance, &options, &mut |_| {}).unwrap_err()
    };
    let at = format!("127.0.0.1:{}", port(&stack.amqp_url));
    management.expect(201, "PUT", "/api/users/weak", r#"{"password":"weak","tags":"management"}"#);
    let error = refused(format!("amqp://weak:weak@{at}"));
    assert!(matches!(error, Error::Administrator { .. }), "{error}");
    assert!(error.to_string().contains("rabbitmqctl set_user_tags weak administrator"), "{error}");
    let error = refused(format!("amqp://weak:s3cret@{at}")).to_string();
    assert!(error.contains(&at) && error.contains("refuses the user or the password"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    management.expect(204, "DELETE", "/api/users/weak", "");

    home.down("guest");
    assert_eq!(management.request("GET", "/api/whoami", "").0, 200, "down stopped a broker that is not its own");
}

#[test]
fn a_broker_survives_a_kill_a_lost_record_and_a_taken_port() {
    let mut home = Home::new("broker-kill");
    let options = home.all_private();
    let (stack, _) = home.up_with("one", &options);
    // RabbitMQ 3.10 loses the leader of a quorum queue whose broker is killed within a second of its making
    fill(&Management::of(&stack), "classic");
    // and what it has noted of any queue stays in its memory for as long, before it is written down
    sleep(Duration::from_secs(3));

    kill_node(&stack);
    let (again, said) = home.up_with("one", &options);
    assert!(said.iter().all(|line| line.contains("RabbitMQ")) && !said.is_empty(), "{said:?}");
    assert_eq!((&again.database_url, &again.secret), (&stack.database_url, &stack.secret));
    assert!(message(&Management::of(&again)).contains("seven"));

    // killed, without its record, and with its ports taken by somebody else
    kill_node(&again);
    fs::remove_file(stack.data_dir.join("rabbitmq.json")).unwrap();
    let _holders: Vec<_> = [port(&again.amqp_url), port(&again.amqp_management_url)]
        .into_iter()
        .map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap())
        .collect();
    let (moved, _) = home.up_with("one", &options);
    assert_ne!(port(&moved.amqp_url), port(&again.amqp_url));
    assert_ne!(port(&moved.amqp_management_url), port(&again.amqp_management_url));
    let password = |stack: &Stack| Management::of(stack).password;
    assert_ne!(password(&moved), password(&stack));
    assert!(message(&Management::of(&moved)).contains("seven"));
    assert_eq!(moved.database_url, stack.database_url);
}
