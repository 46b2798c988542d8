//! Names, variables, ports and folders: what is decided before a server starts.

use std::collections::HashMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use devstack::{Error, Instance, Options, free_port, load, up};

use crate::support::Home;

#[test]
fn an_instance_name_is_safe_in_role_and_folder_names() {
    for name in ["demo", "a", "test_2", &"x".repeat(31)] {
        assert_eq!(Instance::parse(name).unwrap().as_str(), name);
    }
    for name in ["", "Demo", "2nd", "_a", "a-b", "a b", "../x", "é", &"x".repeat(32)] {
        let error = Instance::parse(name).unwrap_err();
        assert!(matches!(error, Error::InstanceName(_)), "{name}");
        assert!(error.to_string().contains("MEGURI_INSTANCE"));
    }
}

#[test]
fn the_environment_chooses_instance_and_servers() {
    let environment = HashMap::from([
        ("MEGURI_INSTANCE", "kansai"),
        ("DATABASE_URL", "postgres://a@h/b"),
        ("REDIS_URL", ""),
        ("MEGURI_AMQP_URL", "amqp://a:b@h"),
        ("MEGURI_DATA_DIR", "/data"),
        ("MEGURI_INSTALL", "0"),
    ]);
    let lookup = |name: &str| environment.get(name).map(|value| (*value).to_owned());
    assert_eq!(Instance::from_lookup(&lookup).unwrap().as_str(), "kansai");
    let options = Options::from_lookup(&lookup);
    assert!(options.durable && !options.may_install);
    assert_eq!(options.database_url.as_deref(), Some("postgres://a@h/b"));
    assert_eq!(options.redis_url, None);
    assert_eq!(options.amqp_url.as_deref(), Some("amqp://a:b@h"));
    assert_eq!(options.amqp_management_url, None);
    assert_eq!(options.data_root.unwrap().to_str(), Some("/data"));
    assert_eq!(Instance::from_lookup(&|_| None).unwrap().as_str(), "demo");
}

#[test]
fn a_taken_port_gives_the_next_free_one() {
    let preferred = free_port(23_000).unwrap();
    let _holder = TcpListener::bind(("127.0.0.1", preferred)).unwrap();
    let other = free_port(preferred).unwrap();
    assert!(other > preferred);
}

#[test]
fn a_server_that_was_named_but_does_not_answer_is_an_error_that_says_so() {
    let home = Home::new("unreachable");
    let port = free_port(24_000).unwrap();
    let options = Options {
        database_url: Some(format!("postgres://me:s3cret@127.0.0.1:{port}/postgres")),
        redis_url: Some(format!("redis://:s3cret@127.0.0.1:{port}")),
        ..home.options()
    };
    let error = up(&Instance::parse("demo").unwrap(), &options, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("DATABASE_URL") && error.contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    assert!(!home.root.join(".meguri/demo/postgres").exists());
}

#[test]
fn nothing_is_recorded_before_the_first_up() {
    let home = Home::new("empty");
    assert_eq!(load(&Instance::parse("demo").unwrap(), &home.options()), None);
    home.down("demo");
}

#[test]
fn a_chosen_folder_that_the_servers_cannot_enter_is_an_error_that_says_so() {
    let home = Home::new("closed");
    fs::set_permissions(&home.root, fs::Permissions::from_mode(0o700)).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !is_root {
        // an ordinary user's servers run as that user: there is no folder of theirs they cannot enter
        return;
    }
    let error = up(&Instance::parse("demo").unwrap(), &home.options(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, Error::NotEnterable { .. }), "{error}");
    assert!(error.to_string().contains("MEGURI_DATA_DIR"));
}
