//! RabbitMQ's management interface, as far as the tests use it.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use devstack::Stack;

/// One user of one broker.
pub struct Management {
    address: String,
    user: String,
    pub password: String,
}

impl Management {
    /// The broker of a stack, as its administrator.
    pub fn of(stack: &Stack) -> Self {
        let credentials = stack.amqp_url.strip_prefix("amqp://").unwrap().split_once('@').unwrap().0;
        let (user, password) = credentials.split_once(':').unwrap();
        let address = stack.amqp_management_url.strip_prefix("http://").unwrap().to_owned();
        Self { address, user: user.to_owned(), password: password.to_owned() }
    }

    /// The same broker as somebody else.
    pub fn as_user(&self, user: &str, password: &str) -> Self {
        Self { address: self.address.clone(), user: user.to_owned(), password: password.to_owned() }
    }

    /// Status and body of the answer.
    pub fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", self.user, self.password));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The body of an answer that must have this status.
    pub fn expect(&self, status: u16, method: &str, path: &str, body: &str) -> String {
        let (found, answer) = self.request(method, path, body);
        assert_eq!(found, status, "{method} {path}: {answer}");
        answer
    }

    pub fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.expect(200, "GET", path, "")).unwrap()
    }
}
