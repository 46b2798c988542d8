//! Processes we started: is this still one of them, and stop it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Error;

/// Checks `done` every few milliseconds until it holds or `limit` has passed; says whether it held.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        sleep(Duration::from_millis(4));
    }
}

/// Whether process `pid` runs `program` with `path` among its arguments.
///
/// A pid file outlives a reboot and pids are used again, so a number alone proves nothing. The command
/// line is readable by everybody; it is empty for a process that has ended and waits to be reaped.
pub(crate) fn is_server(pid: u32, program: &str, path: &Path) -> bool {
    let Some(arguments) = command_line(pid) else { return false };
    let runs_program = arguments.first().is_some_and(|first| Path::new(first).ends_with(program));
    runs_program && arguments.iter().any(|argument| Path::new(argument) == path)
}

/// The process that runs `program` with `path` among its arguments, among all processes.
pub(crate) fn find_server(program: &str, path: &Path) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.find(|pid| is_server(*pid, program, path))
}

/// Whether process `pid` exists and is certainly not `program` at work on `path` (the value of `option`).
///
/// A relative value is no proof: somebody may have started the server by hand.
pub(crate) fn is_other(pid: u32, program: &str, option: &str, path: &Path) -> bool {
    let Some(arguments) = command_line(pid) else { return false };
    if !arguments.first().is_some_and(|first| Path::new(first).ends_with(program)) {
        return true;
    }
    let value = arguments.iter().skip_while(|argument| *argument != option).nth(1);
    value.is_some_and(|value| Path::new(value).is_absolute() && Path::new(value) != path)
}

fn command_line(pid: u32) -> Option<Vec<String>> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(line.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect())
}

/// Whether any process shows a title that begins with `prefix`.
pub(crate) fn any_titled(prefix: &str) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.flatten().any(|entry| {
        let title = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        title.starts_with(prefix.as_bytes())
    })
}

/// Sends `signal` to a process that [`is_server`] has just recognised.
pub(crate) fn signal(pid: u32, signal: &str) -> Result<(), Error> {
    // the shell's own kill: the program /bin/kill is missing from small images
    run(Command::new("/bin/sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &pid.to_string()])).map(drop)
}

/// Runs a program to its end; a failure carries the last lines of what it said.
pub(crate) fn run(command: &mut Command) -> Result<Output, Error> {
    run_with_input(command, "")
}

/// As [`run`], with `input` on its standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Result<Output, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |reason: String| Error::Program { program: program.clone(), reason };
    let output = feed(command, input).map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(failed(last_lines(&said, 6)))
}

fn feed(command: &mut Command, input: &str) -> std::io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take()
        && let Err(error) = stdin.write_all(input.as_bytes())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(error);
    }
    child.wait_with_output()
}

/// The last `count` lines that are not blank, joined for one message.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(count)).copied().collect::<Vec<_>>().join(" | ")
}
