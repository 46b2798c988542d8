//! A TCP proxy that can cut what runs through it.
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

/// Stands between a server and its database.
pub struct ChaosProxy {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
    hang_up: broadcast::Sender<()>,
}

fn host_and_port(url: &str) -> (String, String, String) {
    let (head, tail) = url.split_once('@').expect("a URL with a user");
    let (place, path) = tail.split_once('/').expect("a URL with a path");
    (head.to_owned(), place.to_owned(), path.to_owned())
}

impl ChaosProxy {
    /// A proxy to the server that `url` names.
    pub async fn to(url: &str) -> Self {
        let (_, target, _) = host_and_port(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let cut = Arc::new(AtomicBool::new(false));
        let (hang_up, _) = broadcast::channel(1);
        let (is_cut, hung_up) = (Arc::clone(&cut), hang_up.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let (target, mut stop) = (target.clone(), hung_up.subscribe());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(&target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = stop.recv() => {}
                    }
                });
            }
        });
        Self { address, cut, hang_up }
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The same address, through this proxy.
    #[must_use]
    pub fn in_front_of(&self, url: &str) -> String {
        let (head, _, path) = host_and_port(url);
        format!("{head}@{}/{path}", self.address)
    }

    /// Cuts all connections and lets none through.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        let _ = self.hang_up.send(());
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}
