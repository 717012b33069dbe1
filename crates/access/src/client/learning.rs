//! What the client learns from the server beyond its IPv4 address: an IPv6 address from router advertisements, and by DHCPINFORM
//! what is behind the server.

use std::time::Duration;

use autoconf::{Inquiry, InquiryEvent, Ipv6Host, Solicitor};
use clock::Timestamp;
use policy::Prefix64;
use rand_core::CryptoRng;

use super::{Connection, Dialer, Event};
use crate::Output;

/// How long a connection over IPv4 waits for IPv6 before it is told, if the server has not refused it: the two are negotiated side
/// by side.
const IPV6_PATIENCE: Duration = Duration::from_secs(1);

/// The questions that are open, and what is known.
#[derive(Default)]
pub(super) struct Learning {
    inquiry: Option<Inquiry>,
    solicitor: Option<Solicitor>,
    ipv6: Option<Ipv6Host>,
    /// IPv4 is up and nobody was told: until then it is waited for IPv6.
    connect_by: Option<Timestamp>,
    connected: bool,
}

impl Learning {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let inquiry = self.inquiry.as_ref().and_then(Inquiry::poll_timeout);
        let solicitor = self.solicitor.as_ref().and_then(Solicitor::poll_timeout);
        [inquiry, solicitor, self.connect_by].into_iter().flatten().min()
    }
}

impl Dialer {
    /// IPv4 is up, perhaps anew.
    pub(super) fn await_ipv6(&mut self, now: Timestamp) {
        self.learning.connect_by = Some(now + IPV6_PATIENCE);
    }

    /// IPv6CP is up, with this interface identifier for us.
    pub(super) fn solicit(&mut self, now: Timestamp, interface: u64) {
        self.learning.solicitor = Some(Solicitor::begin(now, interface));
    }

    pub(super) fn forget_ipv6(&mut self) {
        self.learning.solicitor = None;
        self.set_ipv6(None);
    }

    pub(super) fn on_advertisement(&mut self, now: Timestamp, packet: &[u8]) {
        if let Some(solicitor) = &mut self.learning.solicitor {
            solicitor.handle_packet(now, packet);
        }
    }

    pub(super) fn on_dhcp(&mut self, packet: &[u8]) {
        if let Some(inquiry) = &mut self.learning.inquiry {
            inquiry.handle_packet(packet);
        }
    }

    /// Does what is due, sends what there is to ask, and passes on what was learned.
    pub(super) fn learn(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        let Some(link) = self.link else { return };
        while let Some(solicitor) = &mut self.learning.solicitor {
            solicitor.handle_timeout(now);
            while let Some(packet) = solicitor.poll_transmit() {
                self.stack.send_ip(link, &packet, out);
            }
            let Some(change) = solicitor.poll_change() else { break };
            self.stack.adopt_prefix(link, change.as_ref().map(|host| Prefix64::of(host.address)));
            self.set_ipv6(change.map(|host| *host));
        }
        self.tell_connected(now, rng);
        let Some(inquiry) = &mut self.learning.inquiry else { return };
        inquiry.handle_timeout(now);
        while let Some(packet) = inquiry.poll_transmit() {
            self.stack.send_ip(link, &packet, out);
        }
        while let Some(event) = inquiry.poll_event() {
            self.events.push_back(match event {
                InquiryEvent::Answered(learned) => Event::Pushed(learned),
                InquiryEvent::Failed(failure) => Event::Unanswered(failure),
            });
        }
    }

    fn set_ipv6(&mut self, host: Option<Ipv6Host>) {
        if self.learning.ipv6 != host {
            self.learning.ipv6.clone_from(&host);
            if self.learning.connected {
                self.events.push_back(Event::Ipv6(host.map(Box::new)));
            }
        }
    }

    /// Tells of the connection as soon as IPv6 is there, is not to be had, or has taken too long; then asks for what else there is.
    fn tell_connected(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        let (Some(by), Some(ipv4)) = (self.learning.connect_by, self.ipv4) else { return };
        let negotiated = self.link.and_then(|link| self.stack.ppp(link)).is_some_and(ppp::Session::awaits_ipv6);
        let awaited = self.learning.ipv6.is_none() && (negotiated || self.learning.solicitor.is_some());
        if awaited && now < by {
            return;
        }
        self.learning.connect_by = None;
        self.learning.connected = true;
        self.events.push_back(Event::Connected(Box::new(Connection {
            ipv4,
            ipv6: self.learning.ipv6.clone(),
            authenticated: self.authenticated,
            phase1: self.phase1.clone(),
            esp: self.peer.and_then(|peer| self.stack.data().suite(peer)),
        })));
        if self.inform {
            self.learning.inquiry = Some(Inquiry::begin(now, rng, ipv4.local));
        }
    }
}
