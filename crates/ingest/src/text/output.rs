//! What commands print about a machine. These lines have no tags and little redundancy, so each reader takes only what has the exact
//! form of its command.

mod addresses;
mod filter;
mod host;
mod lookup;
mod ping;
mod routes;
mod sockets;
mod trace;
mod xfrm;

pub(crate) use addresses::Addresses;
pub(crate) use filter::Filter;
pub(crate) use host::Machine;
pub(crate) use lookup::{Lookup, unknown as unknown_name};
pub(crate) use ping::Ping;
pub(crate) use routes::Routes;
pub(crate) use sockets::Sockets;
pub(crate) use trace::Trace;
pub(crate) use xfrm::Xfrm;

/// Whether an interface of this name is a VPN's.
fn is_tunnel(interface: &str) -> bool {
    const STEMS: [&str; 11] = ["ppp", "tun", "tap", "wg", "vti", "ipsec", "xfrm", "utun", "l2tp", "pptp", "sstp"];
    let name = interface.trim_end_matches(':');
    STEMS.iter().any(|stem| {
        name.strip_prefix(stem).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_digit() || matches!(next, '-' | '_'))
        })
    })
}
