//! As much of a broker as devstack asks of one that the user named.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};

const WHO: &str = r#"{"name":"ami","tags":["administrator"]}"#;

/// Answers until the test's process ends.
pub struct NamedBroker {
    pub url: String,
    pub management_url: String,
}

impl NamedBroker {
    pub fn start() -> Self {
        let (broker, management) = (serve(sign_in), serve(who_am_i));
        Self {
            url: format!("amqp://ami:s3cret@127.0.0.1:{broker}"),
            management_url: format!("http://127.0.0.1:{management}"),
        }
    }
}

fn serve(answer: fn(TcpStream) -> Result<()>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // who only looks whether anybody listens says nothing and leaves
            let _ = stream.and_then(answer);
        }
    });
    port
}

/// Protocol header, start, start-ok, tune.
fn sign_in(mut stream: TcpStream) -> Result<()> {
    stream.read_exact(&mut [0; 8])?;
    stream.write_all(&[1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 10, 0xCE])?;
    let mut head = [0; 7];
    stream.read_exact(&mut head)?;
    let size = u32::from_be_bytes(head[3..].try_into().unwrap());
    let mut method = vec![0; size as usize + 1];
    stream.read_exact(&mut method)?;
    assert!(method.windows(11).any(|part| part == b"\0ami\0s3cret"));
    stream.write_all(&[1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 30, 0xCE])
}

fn who_am_i(mut stream: TcpStream) -> Result<()> {
    let request = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
    let head: Vec<String> = request.take_while(|line| !line.is_empty()).collect();
    assert!(head.iter().any(|line| line == "GET /api/whoami HTTP/1.0"), "{head:?}");
    write!(stream, "HTTP/1.0 200 OK\r\n\r\n{WHO}")
}
