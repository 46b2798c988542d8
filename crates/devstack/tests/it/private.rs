//! Private servers: up, again, after a kill, on another port, down.

use std::fs;
use std::net::TcpListener;
use std::time::Instant;

use devstack::{Instance, Options, load, save};

use crate::support::{Home, kill_nine, mode, port, postmaster_pid, postmaster_pid_file, query};

#[test]
fn comes_up_is_reused_and_stops_only_its_own() {
    let mut home = Home::new("life");
    let (stack, said) = home.up("one");
    assert!(said.iter().any(|line| line.contains("PostgreSQL")), "{said:?}");
    assert!(!stack.explicit && !stack.redis_explicit);
    assert_eq!(stack.secret.len(), 64);
    assert_eq!(query(&stack.database_url, "show server_encoding").unwrap(), "UTF8");
    assert_eq!(query(&stack.database_url, "show fsync").unwrap(), "off");
    for secret in ["stack.json", "postgres.json", "redis.json", "redis.conf"] {
        assert_eq!(mode(&stack.data_dir.join(secret)), 0o600, "{secret}");
    }

    // again: nothing to say, nothing changed, and quick
    let start = Instant::now();
    let (again, said) = home.up("one");
    eprintln!("up, already up: {:?}", start.elapsed());
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(again, stack);

    // a second instance has its own servers, secret and password
    let (other, _) = home.up("two");
    assert_ne!(port(&other.database_url), port(&stack.database_url));
    assert_ne!(other.secret, stack.secret);
    let wrong =
        other.database_url.replace(&port(&other.database_url).to_string(), &port(&stack.database_url).to_string());
    assert!(query(&wrong, "select 1").unwrap_err().contains("password authentication failed"));

    // a record from before there was a broker loads, and is completed by the next up
    let path = stack.data_dir.join("stack.json");
    let mut old: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    old.as_object_mut().unwrap().retain(|name, _| !name.starts_with("amqp"));
    fs::write(&path, old.to_string()).unwrap();
    let loaded = load(&Instance::parse("one").unwrap(), &home.options()).unwrap();
    assert_eq!((loaded.amqp_url.as_str(), &loaded.secret), ("", &stack.secret));
    assert_eq!(home.up("one").0, stack);

    home.down("one");
    assert!(query(&stack.database_url, "select 1").is_err());
    assert_eq!(query(&other.database_url, "select 1").unwrap(), "1");
    let (_, said) = home.up("two");
    assert!(said.is_empty(), "the other instance was disturbed: {said:?}");
}

#[test]
fn survives_a_kill_and_a_pid_file_that_names_someone_else() {
    let mut home = Home::new("kill");
    let (stack, _) = home.up("one");
    query(&stack.database_url, "create table kept as select 7 as value").unwrap();
    query(&stack.database_url, "checkpoint").unwrap();

    kill_nine(&postmaster_pid(&stack));
    let (again, said) = home.up("one");
    assert!(!said.is_empty());
    assert_eq!(again, stack);
    assert_eq!(query(&again.database_url, "select value from kept").unwrap(), "7");

    // as after a reboot: the number in the pid file belongs to another live process of that account
    let (other, _) = home.up("two");
    let stale = fs::read_to_string(postmaster_pid_file(&again)).unwrap().replacen(
        &postmaster_pid(&again),
        &postmaster_pid(&other),
        1,
    );
    kill_nine(&postmaster_pid(&again));
    fs::write(postmaster_pid_file(&again), stale).unwrap();
    home.down("one");
    assert_eq!(query(&other.database_url, "select 1").unwrap(), "1", "down stopped a server that is not its own");
    let (again, _) = home.up("one");
    assert_eq!(query(&again.database_url, "select value from kept").unwrap(), "7");
    assert_eq!(query(&other.database_url, "select 1").unwrap(), "1");
}

#[test]
fn takes_another_port_when_its_own_is_taken() {
    let mut home = Home::new("port");
    let (stack, _) = home.up("one");
    save(&devstack::Stack { http_port: Some(8081), ..stack.clone() }).unwrap();
    home.down("one");
    let _postgres = TcpListener::bind(("127.0.0.1", port(&stack.database_url))).unwrap();
    let _redis = TcpListener::bind(("127.0.0.1", port(&stack.redis_url))).unwrap();
    let (moved, _) = home.up("one");
    assert_ne!(port(&moved.database_url), port(&stack.database_url));
    assert_ne!(port(&moved.redis_url), port(&stack.redis_url));
    assert_eq!(query(&moved.database_url, "select 1").unwrap(), "1");
    // what was recorded stays, what moved is recorded
    assert_eq!((moved.http_port, &moved.secret), (Some(8081), &stack.secret));
    assert_eq!(load(&Instance::parse("one").unwrap(), &home.options()), Some(moved));
}

#[test]
fn explicit_variables_win_and_one_of_them_is_enough() {
    let mut home = Home::new("explicit");
    let (users_own, _) = home.up("users_own");

    let both = Options {
        database_url: Some(users_own.database_url.clone()),
        redis_url: Some(users_own.redis_url.clone()),
        ..home.options()
    };
    let (stack, said) = home.up_with("guest", &both);
    assert!(stack.explicit && stack.redis_explicit && said.is_empty());
    assert_eq!((&stack.database_url, &stack.redis_url), (&users_own.database_url, &users_own.redis_url));
    assert_ne!(stack.secret, users_own.secret);

    // the role must be able to make databases and roles
    query(&users_own.database_url, "create role weak login password 'weak'").unwrap();
    let weak = format!("postgres://weak:weak@127.0.0.1:{}/postgres", port(&users_own.database_url));
    let instance = Instance::parse("guest").unwrap();
    let error =
        devstack::up(&instance, &Options { database_url: Some(weak), ..both.clone() }, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("ALTER ROLE weak CREATEDB CREATEROLE"), "{error}");

    // only the database is named: Redis is private
    let (mixed, said) = home.up_with("guest", &Options { redis_url: None, ..both });
    assert!(mixed.explicit && !mixed.redis_explicit);
    assert_ne!(mixed.redis_url, users_own.redis_url);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(mixed.secret, stack.secret);

    home.down("guest");
    assert_eq!(query(&users_own.database_url, "select 1").unwrap(), "1");
}

#[test]
fn several_processes_at_once_get_the_same_stack_and_durability_can_change() {
    let mut home = Home::new("many");
    let options = home.options();
    let instance = home.instance("one");
    let stacks: Vec<_> = std::thread::scope(|scope| {
        let callers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| devstack::up(&instance, &options, &mut |_| {}).unwrap())).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(stacks.windows(2).all(|pair| pair[0] == pair[1]));

    let pid = postmaster_pid(&stacks[0]);
    let (durable, _) = home.up_with("one", &Options { durable: true, ..options });
    assert_eq!(postmaster_pid(&durable), pid, "a reload is enough");
    // the server reads the signal in its own time
    let on = || query(&durable.database_url, "show fsync").unwrap() == "on";
    assert!((0..100).any(|_| on()));

    // without its state files an instance is ours all the same, and gets a new password
    fs::remove_file(durable.data_dir.join("postgres.json")).unwrap();
    fs::remove_file(durable.data_dir.join("redis.json")).unwrap();
    let (renewed, _) = home.up("one");
    assert_ne!(renewed.database_url, durable.database_url);
    assert_eq!(query(&renewed.database_url, "select 1").unwrap(), "1");
}
