//! The script runs against a folder in place of `/` and an `apt-get` that only looks around.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{POSTGRESQL, RABBITMQ, REDIS, SCRIPT, missing};

const POLICY: &str = "usr/sbin/policy-rc.d";
const NO_CLUSTER: &str = "etc/postgresql-common/createcluster.d/meguri-no-main-cluster.conf";

/// A stand-in that records its arguments and what it finds, then does what the test says.
fn system(name: &str, then: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("meguri-install-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("usr/sbin")).unwrap();
    let look = format!(
        "#!/bin/sh\ncd {root}\n\
         {{ echo \"$@\"; {POLICY} || echo policy $?; grep -h create_main {NO_CLUSTER}; }} >>seen 2>/dev/null\n{then}\n",
        root = root.display()
    );
    let apt_get = root.join("bin/apt-get");
    fs::write(&apt_get, look).unwrap();
    fs::set_permissions(&apt_get, fs::Permissions::from_mode(0o755)).unwrap();
    root
}

fn run(root: &Path) -> Output {
    let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
    let arguments = ["-c", SCRIPT, "install", "postgresql"];
    Command::new("/bin/sh").args(arguments).env("PATH", path).env("MEGURI_SYSTEM_ROOT", root).output().unwrap()
}

#[test]
fn blocks_services_and_cluster_while_installing_and_takes_the_blocks_away() {
    let root = system("plain", "true");
    let output = run(&root);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen = fs::read_to_string(root.join("seen")).unwrap();
    // the package lists are empty here, so it begins with an update
    let expected = ["update", "policy 101", "create_main_cluster = false", "install --yes"];
    let mut rest = seen.as_str();
    for text in expected {
        rest = rest.split_once(text).unwrap_or_else(|| panic!("{text} not in {seen}")).1;
    }
    assert!(!root.join(POLICY).exists());
    assert!(!root.join("etc/postgresql-common").exists());
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn takes_the_blocks_away_after_a_failure_and_after_a_signal() {
    for then in ["exit 100", "kill -TERM $PPID; exit 1"] {
        let root = system("fails", then);
        assert!(!run(&root).status.success());
        assert!(!root.join(POLICY).exists(), "{then}");
        assert!(!root.join(NO_CLUSTER).exists(), "{then}");
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn an_administrators_policy_stays_as_it_is() {
    let root = system("policy", "true");
    fs::write(root.join(POLICY), "#!/bin/sh\nexit 104\n").unwrap();
    fs::set_permissions(root.join(POLICY), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(run(&root).status.success());
    assert_eq!(fs::read_to_string(root.join(POLICY)).unwrap(), "#!/bin/sh\nexit 104\n");
    assert!(fs::read_to_string(root.join("seen")).unwrap().contains("policy 104"));
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn only_services_that_the_packages_brought_are_disabled() {
    // the package brings its own service, Erlang's port mapper was here before
    let root = system("units", "[ \"$1\" = update ] || touch usr/lib/systemd/system/postgresql.service");
    for folder in ["run/systemd/system", "usr/lib/systemd/system"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(root.join("usr/lib/systemd/system/epmd.service"), "").unwrap();
    let systemctl = root.join("bin/systemctl");
    fs::write(&systemctl, format!("#!/bin/sh\necho \"$@\" >>{}/disabled\n", root.display())).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(run(&root).status.success());
    assert_eq!(fs::read_to_string(root.join("disabled")).unwrap(), "disable --quiet postgresql.service\n");
    fs::remove_dir_all(root).unwrap();
}

#[test]
fn says_what_to_install_or_set() {
    let text = missing(&[POSTGRESQL, REDIS, RABBITMQ], "").to_string();
    assert!(text.contains("sudo apt-get install postgresql redis-server rabbitmq-server"), "{text}");
    assert!(text.contains("DATABASE_URL and REDIS_URL and MEGURI_AMQP_URL"), "{text}");
}
