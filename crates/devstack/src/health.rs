//! Says hello to the servers in their own protocols, without a client library.

pub(crate) mod broker;

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::endpoint::Endpoint;

/// A loopback server answers in microseconds; an explicit one may be further away.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a PostgreSQL server answers to a start-up message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Postgres {
    /// It asks for authentication, or refuses it: either way it accepts connections.
    Ready,
    /// It is starting up, recovering or shutting down.
    NotYet,
}

/// Opens a connection as `pg_isready` does, and reads the first bytes of the answer.
pub(crate) fn postgres(endpoint: &Endpoint) -> io::Result<Postgres> {
    let mut stream = connect(endpoint)?;
    let user = endpoint.user.as_deref().unwrap_or("postgres");
    stream.write_all(&startup_message(user)?)?;
    let mut tag = [0_u8];
    stream.read_exact(&mut tag)?;
    match &tag {
        b"R" => Ok(Postgres::Ready),
        b"E" => {
            let mut fields = Vec::new();
            // the server closes the connection after an error, so this ends
            stream.take(4096).read_to_end(&mut fields)?;
            let cannot_connect_now = fields.windows(7).any(|field| field == b"C57P03\0");
            Ok(if cannot_connect_now { Postgres::NotYet } else { Postgres::Ready })
        }
        _ => Err(io::Error::other("it does not speak PostgreSQL's protocol")),
    }
}

/// Protocol 3.0: length, version, then names and values, each ended by a zero byte.
fn startup_message(user: &str) -> io::Result<Vec<u8>> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in ["user", user, "database", "postgres", ""] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
    let mut message = length.to_be_bytes().to_vec();
    message.extend_from_slice(&body);
    Ok(message)
}

/// Whether anybody takes a connection there.
pub(crate) fn listens(endpoint: &Endpoint) -> bool {
    connect(endpoint).is_ok()
}

/// Signs in and pings. Success proves that the server knows the password we made for it.
pub(crate) fn redis(endpoint: &Endpoint) -> io::Result<()> {
    let mut stream = connect(endpoint)?;
    if endpoint.tls {
        return Ok(()); // the caller's client will do the handshake; that something listens is enough here
    }
    if let Some(password) = &endpoint.password {
        let arguments = match &endpoint.user {
            Some(user) => vec!["AUTH", user, password],
            None => vec!["AUTH", password],
        };
        expect(&mut stream, &arguments, "+OK")?;
    }
    expect(&mut stream, &["PING"], "+PONG")
}

fn expect(stream: &mut TcpStream, arguments: &[&str], wanted: &str) -> io::Result<()> {
    let mut request = format!("*{}\r\n", arguments.len());
    for argument in arguments {
        request.push_str(&format!("${}\r\n{argument}\r\n", argument.len()));
    }
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    let mut byte = [0_u8];
    while !reply.ends_with(b"\r\n") && reply.len() < 512 {
        stream.read_exact(&mut byte)?;
        reply.extend_from_slice(&byte);
    }
    let reply = String::from_utf8_lossy(&reply);
    if reply.trim_end() == wanted { Ok(()) } else { Err(io::Error::other(reply.trim_end().to_owned())) }
}

fn connect(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in (endpoint.host.as_str(), endpoint.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(TIMEOUT))?;
                stream.set_write_timeout(Some(TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
