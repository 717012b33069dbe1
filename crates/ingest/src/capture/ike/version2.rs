//! IKEv2 (RFC 7296): what is in clear, which is IKE_SA_INIT, and the order of the rest.

use observe::ike::{Exchange, Fact, Phase};
use observe::{Role, Trouble};
use wire::Malformed;
use wire::isakmp::{ExchangeType, Header, NotifyType, PayloadType};

use super::payloads::Payloads;
use super::{Datagram, Sa, suites};
use crate::capture::note::{Note, party};

/// Flag: the sender began the IKE SA.
pub(super) const INITIATOR: u8 = 0x08;
/// Flag: this is a response.
pub(super) const RESPONSE: u8 = 0x20;

const SA: PayloadType = PayloadType(33);
const NOTIFY: PayloadType = PayloadType(41);
const VENDOR: PayloadType = PayloadType(43);

const NAT_DETECTION_SOURCE_IP: u16 = 16388;
const NAT_DETECTION_DESTINATION_IP: u16 = 16389;
const COOKIE: u16 = 16390;
const INVALID_KE_PAYLOAD: u16 = 17;

/// Which message of which exchange.
pub(super) fn exchange(header: &Header) -> Exchange {
    let response = header.flags.0 & RESPONSE != 0;
    match header.exchange {
        ExchangeType::IKE_SA_INIT => Exchange::SaInit { response },
        ExchangeType::IKE_AUTH => Exchange::Auth { response },
        ExchangeType::CREATE_CHILD_SA | ExchangeType::IKEV2_INFORMATIONAL => Exchange::Later { response },
        _ => Exchange::Other,
    }
}

impl Sa {
    /// What the clear payloads of an IKEv2 message say.
    pub(super) fn content2(
        &mut self,
        note: &mut Note<'_, '_>,
        datagram: &Datagram<'_>,
        header: &Header,
        payloads: &Payloads<'_>,
        from: Role,
        exchange: Exchange,
    ) {
        for reader in payloads.of(SA) {
            let mut suites = Vec::new();
            if let Err(problem) = suites::version2(reader, &mut suites) {
                note.trouble(Trouble::Malformed(problem));
            }
            let offers = exchange == Exchange::SaInit { response: false };
            self.tell_suites(note, suites, from, Phase::One, offers);
        }
        for reader in payloads.of(VENDOR) {
            self.vendor(note, reader, from);
        }
        let (mut destination, mut source) = (Vec::new(), Vec::new());
        for reader in payloads.of(NOTIFY) {
            match notify(reader) {
                Ok((NAT_DETECTION_SOURCE_IP, hash)) => source.push(hash),
                Ok((NAT_DETECTION_DESTINATION_IP, hash)) => destination.push(hash),
                // Only asks for another group, under a number that means something else in IKEv1.
                Ok((INVALID_KE_PAYLOAD, _)) => {}
                Ok((kind, _)) if kind < 16384 || kind == COOKIE => {
                    let kind = NotifyType(kind);
                    let fact = Fact::Notify { from: party(from), kind, phase: Some(Phase::One), protected: false };
                    let name = if kind.0 == COOKIE { "COOKIE".to_owned() } else { name(kind) };
                    note.push(&self.about, &format!("{from} notifies {name}"), fact);
                }
                Ok(_) => {}
                Err(problem) => note.trouble(Trouble::Malformed(problem)),
            }
        }
        if !source.is_empty() && !destination.is_empty() {
            let result = self.nat.version2(&header.cookies, datagram, from, &destination, &source);
            self.tell_nat(note, result);
        }
    }
}

/// The type and the data of a notify payload (RFC 7296 §3.10).
fn notify(mut reader: wire::Reader<'_>) -> Result<(u16, &[u8]), Malformed> {
    reader.u8("protocol ID")?;
    let spi = usize::from(reader.u8("SPI size")?);
    let kind = reader.u16("notify message type")?;
    reader.split("SPI", spi)?;
    Ok((kind, reader.rest()))
}

/// The names that differ from those of IKEv1's numbers (RFC 7296 §3.10.1).
fn name(kind: NotifyType) -> String {
    match kind.0 {
        1 => "UNSUPPORTED_CRITICAL_PAYLOAD",
        4 => "INVALID_IKE_SPI",
        7 => "INVALID_SYNTAX",
        _ => return kind.to_string(),
    }
    .to_owned()
}
