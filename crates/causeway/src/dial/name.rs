//! From a server's name to its addresses, without holding up a person who changes his mind.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver};

use net::poll::Waker;

/// A name on its way to become addresses.
pub(crate) struct Resolving {
    answer: Receiver<Result<Vec<IpAddr>, String>>,
    waker: Waker,
}

impl Resolving {
    /// Begins to resolve `name`. The resolver of the operating system blocks, so it gets a thread of its own.
    pub(crate) fn begin(name: &str) -> std::io::Result<Resolving> {
        let waker = Waker::new()?;
        let (sender, answer) = mpsc::sync_channel(1);
        let (name, done) = (name.to_owned(), waker.clone());
        std::thread::Builder::new().name("resolver".into()).spawn(move || {
            let addresses = (name.as_str(), 0).to_socket_addrs();
            let addresses = addresses.map(|found| sorted(found.map(|address| address.ip()).collect()));
            // Whoever asked may have gone.
            let _ = sender.send(addresses.map_err(|error| error.to_string()));
            done.wake();
        })?;
        Ok(Resolving { answer, waker })
    }

    /// Becomes readable when there is an answer.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// The addresses, best first, or why there are none; `None` while the resolver is at work.
    pub(crate) fn poll(&self) -> Option<Result<Vec<IpAddr>, String>> {
        self.answer.try_recv().ok()
    }
}

/// IPv4 first, as long as NAT traversal is defined for it alone.
fn sorted(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    addresses
}
