//! RabbitMQ: its management interface over HTTP, and a sign-in over AMQP 0-9-1.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::connect;
use crate::endpoint::Endpoint;

/// More than the management interface answers to anything that is asked here.
const ANSWER_MAX: u64 = 1 << 20;
/// A broker's first frames are a few hundred bytes.
const FRAME_MAX: u32 = 1 << 16;
const FRAME_END: u8 = 0xCE;
/// Class 10, method 10: the broker says who it is.
const START: [u8; 4] = [0, 10, 0, 10];
const START_OK: [u8; 4] = [0, 10, 0, 11];
/// Class 10, method 30: the broker has accepted the user and proposes limits.
const TUNE: [u8; 4] = [0, 10, 0, 30];

/// What the management interface answered.
pub(crate) struct Answer {
    pub status: u16,
    pub body: String,
}

/// Asks the management interface, as the endpoint's user.
pub(crate) fn get(management: &Endpoint, path: &str) -> io::Result<Answer> {
    let mut stream = connect(management)?;
    let user = management.user.as_deref().unwrap_or_default();
    let credentials = STANDARD.encode(format!("{user}:{}", management.password.as_deref().unwrap_or_default()));
    // 1.0: the answer comes in one piece and ends with the connection
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\r\n", management.address());
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut bytes)?;
    read_answer(&String::from_utf8_lossy(&bytes)).ok_or_else(|| io::Error::other("it does not speak HTTP"))
}

fn read_answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// Signs in as far as the broker's proposal of limits, which proves that it knows user and password.
pub(crate) fn sign_in(broker: &Endpoint) -> io::Result<()> {
    let mut stream = connect(broker)?;
    stream.write_all(b"AMQP\0\0\x09\x01")?;
    if !read_method(&mut stream)?.starts_with(&START) {
        return Err(not_amqp());
    }
    stream.write_all(&start_ok(broker)?)?;
    // without a capability that we do not claim, a refusal is a closed connection
    let answer = read_method(&mut stream).unwrap_or_default();
    if answer.starts_with(&TUNE) { Ok(()) } else { Err(io::Error::other("it refuses the user or the password")) }
}

/// Client properties (none), mechanism, the answer to it, locale.
fn start_ok(broker: &Endpoint) -> io::Result<Vec<u8>> {
    let user = broker.user.as_deref().unwrap_or_default();
    let plain = format!("\0{user}\0{}", broker.password.as_deref().unwrap_or_default());
    let mut method = START_OK.to_vec();
    method.extend_from_slice(&[0; 4]);
    method.extend_from_slice(b"\x05PLAIN");
    method.extend_from_slice(&u32::try_from(plain.len()).map_err(io::Error::other)?.to_be_bytes());
    method.extend_from_slice(plain.as_bytes());
    method.extend_from_slice(b"\x05en_US");
    // a method frame on channel 0
    let mut frame = vec![1, 0, 0];
    frame.extend_from_slice(&u32::try_from(method.len()).map_err(io::Error::other)?.to_be_bytes());
    frame.extend_from_slice(&method);
    frame.push(FRAME_END);
    Ok(frame)
}

fn read_method(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = [0_u8; 7];
    stream.read_exact(&mut head)?;
    let [1, 0, 0, a, b, c, d] = head else { return Err(not_amqp()) };
    let size = u32::from_be_bytes([a, b, c, d]);
    if size > FRAME_MAX {
        return Err(not_amqp());
    }
    let mut method = Vec::new();
    stream.take(u64::from(size) + 1).read_to_end(&mut method)?;
    if method.pop() == Some(FRAME_END) { Ok(method) } else { Err(not_amqp()) }
}

fn not_amqp() -> io::Error {
    io::Error::other("it does not speak AMQP 0-9-1")
}
