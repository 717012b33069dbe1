//! A network namespace for each test: empty but for the loopback interface, and gone with the thread that the test runs in.

use std::time::{Duration, Instant};

use net::netlink::{InterfaceAddress, LinkSettings, Netlink};
use net::poll::{Interest, Poller, Token};
use nix::sched::{CloneFlags, unshare};

/// Runs `test` in a new namespace with loopback up, or says that it could not.
#[allow(dead_code, reason = "not every test program needs a namespace")]
pub(crate) fn in_namespace(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if unshare(CloneFlags::CLONE_NEWNET).is_err() {
            println!("skipped: needs root/CAP_NET_ADMIN");
            return;
        }
        let mut netlink = Netlink::open().unwrap();
        let lo = netlink.link("lo").unwrap().unwrap();
        netlink.set_link(lo.index, LinkSettings { up: Some(true), ..LinkSettings::default() }).unwrap();
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Waits until there is something to read, at most for ten seconds.
#[allow(dead_code, reason = "not every test program waits")]
pub(crate) fn wait_readable(fd: impl std::os::fd::AsFd) {
    let mut poller = Poller::new(1).unwrap();
    poller.add(fd, Token(0), Interest::Read).unwrap();
    assert_eq!(poller.wait(Some(Duration::from_secs(10))).unwrap().count(), 1, "nothing came");
}

/// Calls `attempt` until it gives something, at most for ten seconds.
#[allow(dead_code, reason = "not every test program waits")]
#[expect(clippy::disallowed_methods, reason = "a test against the kernel runs in real time")]
pub(crate) fn until_some<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "nothing came");
        std::thread::yield_now();
    }
}

/// An address on an interface, without a peer.
#[allow(dead_code, reason = "not every test program needs addresses")]
pub(crate) fn address(interface: u32, address: &str, prefix_len: u8) -> InterfaceAddress {
    InterfaceAddress { interface, address: address.parse().unwrap(), prefix_len, peer: None }
}
