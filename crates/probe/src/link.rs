//! The PPP link in a PPTP call: our own PPP, and what the server's frames show beside it.

use std::time::Duration;

use clock::Timestamp;
use ppp::{ClientConfig, CloseReason, Credentials, Event, Failure, Method, Refused, Session, Timing};
use rand_core::CryptoRng;
use wire::ppp::{AuthProtocol, Code, Mppe, Packet, Protocol, RasError, frame};

use crate::config::LogOn;

/// Methods that are kept of those which a server asks for.
const MOST: usize = 8;

/// What a Windows server says when it ends a link for want of encryption.
const NO_ENCRYPTION: [RasError; 3] =
    [RasError::NO_LOCAL_ENCRYPTION, RasError::NO_REMOTE_ENCRYPTION, RasError::REMOTE_REQUIRES_ENCRYPTION];

/// A PPP session of the probe's.
pub(crate) struct Link {
    session: Session,
    /// The methods of authentication that the server has asked for.
    pub(crate) demanded: Vec<AuthProtocol>,
    /// The encryption that the server asked for.
    pub(crate) mppe: Option<Mppe>,
    /// The server has answered something that we sent.
    pub(crate) answered: bool,
    /// The server negotiates addresses.
    ipcp: bool,
}

impl Link {
    /// With somebody who logs on, or with nobody: then it ends where the server wants to know who it is.
    pub(crate) fn begin(now: Timestamp, rng: &mut dyn CryptoRng, log_on: Option<&LogOn>) -> Link {
        Link::with(config(log_on), now, rng)
    }

    /// Only suggests this way to authenticate.
    pub(crate) fn inquire(now: Timestamp, rng: &mut dyn CryptoRng, method: AuthProtocol) -> Link {
        Link::with(ClientConfig { inquire: Some(method), ..config(None) }, now, rng)
    }

    fn with(config: ClientConfig, now: Timestamp, rng: &mut dyn CryptoRng) -> Link {
        Link {
            session: Session::client(config, now, rng),
            demanded: Vec::new(),
            mppe: None,
            answered: false,
            ipcp: false,
        }
    }

    pub(crate) fn handle_frame(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, octets: &[u8]) {
        self.look(octets);
        self.session.handle_frame(now, rng, octets);
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.session.handle_timeout(now, rng);
    }

    /// Ends the link in order.
    pub(crate) fn close(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.session.close(now, rng, CloseReason::User);
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.session.poll_transmit()
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        let event = self.session.poll_event()?;
        match &event {
            Event::Demands(Some(method)) if !self.demanded.contains(method) && self.demanded.len() < MOST => {
                self.demanded.push(*method);
            }
            Event::CompressionRejected { encryption } => self.mppe = *encryption,
            _ => {}
        }
        Some(event)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.session.poll_timeout()
    }

    /// Whether a server that has accepted the user ended the link like this because there is no encryption: it says so, or it
    /// asked for encryption and gives no other reason. `failure` is `None` when it ended the call.
    pub(crate) fn lacks_encryption(&self, failure: Option<&Failure>) -> bool {
        let asked = self.mppe.is_some();
        match failure {
            Some(Failure::Refused(Refused::Terminated { ras, message })) => {
                let said = message.contains("MPPE") || ras.is_some_and(|ras| NO_ENCRYPTION.contains(&ras));
                let speechless = message.is_empty() && ras.is_none_or(|ras| ras == RasError::NONE);
                said || asked && (speechless || !self.ipcp)
            }
            None => asked,
            // It may wait for encryption before it speaks of addresses.
            Some(_) => asked && !self.ipcp,
        }
    }

    /// Sees in a frame of the server what PPP does not tell.
    fn look(&mut self, octets: &[u8]) {
        let Ok((protocol, offset)) = frame(octets) else { return };
        let Ok(packet) = Packet::parse(octets.get(offset..).unwrap_or_default()) else { return };
        match (protocol, Code(packet.code)) {
            (
                Protocol::LCP,
                Code::CONFIGURE_ACK
                | Code::CONFIGURE_NAK
                | Code::CONFIGURE_REJECT
                | Code::TERMINATE_ACK
                | Code::CODE_REJECT
                | Code::PROTOCOL_REJECT
                | Code::ECHO_REPLY,
            ) => self.answered = true,
            (
                Protocol::IPCP,
                Code::CONFIGURE_REQUEST | Code::CONFIGURE_ACK | Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT,
            ) => self.ipcp = true,
            _ => {}
        }
    }
}

/// Somebody who logs on, or somebody who only wants to know what he would be asked.
fn config(log_on: Option<&LogOn>) -> ClientConfig {
    let nobody = || Credentials { user: String::new(), password: crypto::Secret::default() };
    let mut config = ClientConfig::new(log_on.map_or_else(nobody, |log_on| log_on.credentials.clone()));
    match log_on {
        Some(log_on) => config.methods = log_on.methods.clone(),
        None => {
            config.methods = vec![Method::MsChapV2, Method::EapMsChapV2, Method::ChapMd5, Method::Pap];
            (config.ask_first, config.allow_unauthenticated) = (true, true);
        }
    }
    // Servers keep what comes before their PPP has begun, and take what was repeated meanwhile for a new beginning.
    config.timing = Timing {
        restart: Duration::from_secs(2),
        max_configure: 4,
        setup: Duration::from_secs(12),
        network: Duration::from_secs(10),
        ..Timing::default()
    };
    config
}
