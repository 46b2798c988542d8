//! HTTP clients of other services.

/// A builder of clients that talk to our own services: straight to the address named. A proxy of the
/// environment would be shown tokens and passwords, and a redirect could carry them elsewhere.
///
/// It trusts no certificate: our own services speak plainly with each other, on the loopback or in a mesh that
/// enciphers. Reading the machine's certificates takes long, and most clients would never look at one.
pub fn http_client() -> reqwest::ClientBuilder {
    outside_client().tls_certs_only(std::iter::empty())
}

/// A builder of clients that talk to others over the net, who are known by the machine's certificates. No proxy
/// and no redirects, as above.
pub fn outside_client() -> reqwest::ClientBuilder {
    // the one implementation of TLS here; an error says that it is in place already
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpListener,
        process::Command,
    };

    /// A server that answers every request with a redirect to `to`; answers its own address.
    fn redirecting(to: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4_096]);
                let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let answer = http_client().build().unwrap().get(redirecting("http://127.0.0.1:1/")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 302);
    }

    #[tokio::test]
    async fn a_proxy_of_the_environment_is_not_used() {
        const INSIDE: &str = "MEGURI_TEST_BEHIND_A_PROXY";
        if std::env::var_os(INSIDE).is_some() {
            let answer = http_client().build().unwrap().get(redirecting("http://127.0.0.1:1/")).send().await;
            assert_eq!(answer.unwrap().status().as_u16(), 302, "asked directly, not through the proxy");
            return;
        }
        // the environment of a running test must not be changed, so it runs itself in another one
        let name = "client::tests::a_proxy_of_the_environment_is_not_used";
        let mut inner = Command::new(std::env::current_exe().unwrap());
        inner.args(["--exact", name]).env(INSIDE, "1");
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            inner.env(variable, "http://127.0.0.1:1");
        }
        inner.env_remove("NO_PROXY").env_remove("no_proxy");
        assert!(inner.status().unwrap().success());
    }
}
