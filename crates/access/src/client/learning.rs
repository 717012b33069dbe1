//! What the client asks the server for beyond its address: by DHCPINFORM, once IPv4 passes.

use std::net::Ipv4Addr;

use autoconf::{Inquiry, InquiryEvent};
use clock::Timestamp;
use rand_core::CryptoRng;

use super::{Dialer, Event};
use crate::Output;

/// The questions that are open.
#[derive(Default)]
pub(super) struct Learning {
    inquiry: Option<Inquiry>,
}

impl Learning {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.inquiry.as_ref().and_then(Inquiry::poll_timeout)
    }
}

impl Dialer {
    /// Asks anew, for the address that IPCP has just agreed on.
    pub(super) fn inquire(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, address: Ipv4Addr) {
        if self.inform {
            self.learning.inquiry = Some(Inquiry::begin(now, rng, address));
        }
    }

    pub(super) fn on_dhcp(&mut self, packet: &[u8]) {
        if let Some(inquiry) = &mut self.learning.inquiry {
            inquiry.handle_packet(packet);
        }
    }

    /// Does what is due, sends what there is to ask, and passes on what was learned.
    pub(super) fn learn(&mut self, now: Timestamp, out: &mut dyn Output) {
        let (Some(link), Some(inquiry)) = (self.link, &mut self.learning.inquiry) else { return };
        inquiry.handle_timeout(now);
        while let Some(packet) = inquiry.poll_transmit() {
            self.stack.send_ip(link, &packet, out);
        }
        while let Some(event) = inquiry.poll_event() {
            match event {
                InquiryEvent::Answered(learned) => self.events.push_back(Event::Pushed(learned)),
                InquiryEvent::Failed(failure) => self.events.push_back(Event::Unanswered(failure)),
            }
        }
    }
}
