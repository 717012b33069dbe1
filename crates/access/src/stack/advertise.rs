//! IPv6 prefixes for clients: IPv6CP agrees on interface identifiers only, a router advertisement brings the prefix (RFC 5072 §5).

use std::time::Duration;

use clock::Timestamp;
use policy::Prefix64;
use wire::ip::RouterAdvertisement;
use wire::ppp::{Protocol, full_frame};

use super::{Stack, Timer};
use crate::Output;
use crate::datapath::LinkId;

/// Time between two advertisements that nobody asked for.
const INTERVAL: Duration = Duration::from_secs(300);

/// For how long a client believes an advertisement, in seconds: several may be lost.
const ROUTER_LIFETIME: u16 = 1800;

/// For how long addresses of the prefix are good without another advertisement, in seconds.
const PREFIX_LIFETIME: u32 = 7200;

impl Stack {
    /// Gives `prefix` to the client on `link`, whose IPv6CP is up, and tells it so.
    pub fn set_prefix(&mut self, now: Timestamp, link: LinkId, prefix: Prefix64, out: &mut dyn Output) {
        self.data.set_prefix(link, Some(prefix));
        self.advertise(now, link, out);
    }

    /// Notes which prefix the server of `link` has given us, or that it has taken it back.
    pub fn adopt_prefix(&mut self, link: LinkId, prefix: Option<Prefix64>) {
        self.data.set_prefix(link, prefix);
    }

    /// Sends an advertisement, and plans the next.
    pub(super) fn advertise(&mut self, now: Timestamp, link: LinkId, out: &mut dyn Output) {
        let Some(state) = self.data.link(link) else { return };
        let Some(ipv6) = state.ipv6 else { return };
        let Some(prefix) = ipv6.prefix else { return };
        let advertisement = RouterAdvertisement {
            router: ipv6.local,
            prefix: prefix.network(),
            router_lifetime: ROUTER_LIFETIME,
            prefix_lifetime: PREFIX_LIFETIME,
            mtu: u32::from(state.mtu.max(1280)),
        };
        self.data.send_frame(link, &full_frame(Protocol::IPV6, &advertisement.to_packet()), out);
        self.timers.set(Timer::Advertise(link), Some(now + INTERVAL));
    }
}
