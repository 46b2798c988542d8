//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

/// How many ports after the preferred one are tried.
const TRIES: u16 = 1000;

/// `preferred` if nothing listens there on 127.0.0.1, else the next free one.
///
/// The port is free at the time of the answer; whoever binds it must still be ready to lose a race.
///
/// # Errors
/// [`Error::NoPort`] when a thousand ports in a row are taken.
pub fn free_port(preferred: u16) -> Result<u16, Error> {
    let to = preferred.saturating_add(TRIES);
    (preferred..=to).find(|port| is_free(*port)).ok_or(Error::NoPort { from: preferred, to })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
