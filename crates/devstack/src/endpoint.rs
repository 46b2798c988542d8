//! The few parts of a server's URL that devstack itself needs.

/// Where a URL points: enough to say hello to the server and to name it without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub user: Option<String>,
    pub password: Option<String>,
    pub host: String,
    pub port: u16,
    /// The server speaks TLS from the first byte (`rediss://`).
    pub tls: bool,
}

impl Endpoint {
    /// Reads `scheme://[user[:password]@]host[:port][/…]` with one of `schemes`.
    ///
    /// `None` for anything else, for instance several hosts or a Unix socket.
    pub fn parse(url: &str, schemes: &[&str], default_port: u16) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !schemes.contains(&scheme) {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, authority),
        };
        let (host, port) = split_address(address, default_port)?;
        let (user, password) = match credentials.map(|c| c.split_once(':').unwrap_or((c, ""))) {
            Some((user, password)) => (percent_decode(user), percent_decode(password)),
            None => (None, None),
        };
        Some(Self { user, password, host, port, tls: scheme == "rediss" })
    }

    /// Host and port, for messages.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn split_address(address: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match address.strip_prefix('[') {
        // an IPv6 address has colons of its own
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, after.strip_prefix(':'))
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = port.map_or(Some(default_port), |text| text.parse().ok())?;
    let is_one_tcp_host = !host.is_empty() && !host.contains([',', '%']);
    is_one_tcp_host.then(|| (host.to_owned(), port))
}

/// Nothing and malformed escapes are both `None`: the server will refuse and say so.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|decoded| !decoded.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Option<Endpoint> {
        Endpoint::parse(url, &["postgres", "redis", "rediss"], 5432)
    }

    #[test]
    fn reads_credentials_and_address() {
        let endpoint = parse("postgres://ami:p%40ss@db.example:5433/postgres?sslmode=prefer").unwrap();
        assert_eq!(endpoint.user.as_deref(), Some("ami"));
        assert_eq!(endpoint.password.as_deref(), Some("p@ss"));
        assert_eq!(endpoint.address(), "db.example:5433");
    }

    #[test]
    fn fills_in_what_is_left_out() {
        let endpoint = parse("redis://:secret@[::1]").unwrap();
        assert_eq!((endpoint.user, endpoint.password), (None, Some("secret".to_owned())));
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.tls), ("::1", 5432, false));
        assert!(parse("rediss://cache").unwrap().tls);
    }

    #[test]
    fn leaves_alone_what_it_does_not_know() {
        for url in
            ["mysql://a", "host=a user=b", "postgres://a,b/c", "postgres:///c", "postgres://%2Frun/c", "redis://a:x"]
        {
            assert_eq!(parse(url), None, "{url}");
        }
    }
}
