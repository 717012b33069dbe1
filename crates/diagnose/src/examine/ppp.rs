//! PPP: link, encryption, network protocols.

use std::net::Ipv4Addr;

use observe::{Fact, Observation, Role, ppp, pptp};

use wire::ppp::RasError;

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;
use crate::dial::named_cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for (seen, fact) in picture.ppp() {
        stated(seen, fact, picture, claims);
    }
    declined(picture, claims);
}

/// Every method that is demanded is declined, and then the link ends before anybody has tried to authenticate.
fn declined(picture: &Picture<'_>, claims: &mut Claims) {
    let mut declined: Option<&Observation> = None;
    for (seen, fact) in picture.ppp() {
        match fact {
            ppp::Fact::AuthenticationDeclined { .. } => declined = Some(seen),
            ppp::Fact::LinkUp
            | ppp::Fact::Authenticated { .. }
            | ppp::Fact::AuthenticationFailed { .. }
            | ppp::Fact::Packet { protocol: ppp::Protocol::Chap | ppp::Protocol::Pap | ppp::Protocol::Eap, .. } => {
                declined = None;
            }
            ppp::Fact::Terminated { .. } | ppp::Fact::Packet { protocol: ppp::Protocol::Lcp, code: 5, .. } => {
                if let Some(declined) = declined.take() {
                    claims.inferred(Cause::PppNoCommonAuth, 0.75, [declined, seen]);
                }
            }
            _ => {}
        }
    }
}

fn stated(seen: &Observation, fact: &ppp::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        // What nobody assigns, but a machine takes when nobody does (RFC 3927): the server's own DHCP did not answer it.
        ppp::Fact::NetworkUp { client: Some(client), .. } if client.is_link_local() => {
            claims.stated(Cause::NcpApipa, 0.85, seen);
        }
        ppp::Fact::NoCommonAuthentication { .. } => {
            claims.stated(Cause::PppNoCommonAuth, 0.88, seen);
        }
        ppp::Fact::Unanswered { protocol, .. } => match protocol {
            ppp::Protocol::Lcp => {
                let pptp = |wanted: fn(&pptp::Fact) -> bool| {
                    picture.all().any(|seen| matches!(&seen.fact, Fact::Pptp(fact) if wanted(fact)))
                };
                // Without a call there is nobody to answer, and with one GRE is more likely than a mute peer.
                let weight = if pptp(|fact| matches!(fact, pptp::Fact::CallUp)) {
                    0.4
                } else if pptp(|_| true) {
                    0.12
                } else {
                    0.6
                };
                claims.stated(Cause::PppLcpTimeout, weight, seen);
            }
            ppp::Protocol::Ipcp | ppp::Protocol::Ipv6cp => {
                claims.stated(Cause::NcpNoneAgreed, 0.6, seen);
            }
            _ => {}
        },
        ppp::Fact::NotConverging { .. } => {
            claims.stated(Cause::PppPeerIncompatible, 0.6, seen);
        }
        ppp::Fact::Loopback { .. } => {
            claims.stated(Cause::PppLoopback, 0.85, seen);
        }
        ppp::Fact::EncryptionRequired { by } => {
            claims.stated(Cause::CcpEncryptionRequired, 0.88, seen);
            // Who requires it is not who has to offer it.
            claims.at(Cause::CcpEncryptionRequired, seen.role(*by).map(Role::other));
        }
        ppp::Fact::EncryptionStrength { .. } => {
            claims.stated(Cause::CcpStrengthMismatch, 0.85, seen);
        }
        ppp::Fact::NoEncryptionKeys { .. } => {
            claims.stated(Cause::CcpNoKeys, 0.85, seen);
        }
        ppp::Fact::NoNetworkProtocol { .. } => {
            claims.stated(Cause::NcpNoneAgreed, 0.85, seen);
        }
        ppp::Fact::ProtocolRejected { protocol: ppp::Protocol::Ipcp, by } => {
            claims.stated(Cause::NcpNoneAgreed, 0.7, seen).at(Cause::NcpNoneAgreed, seen.role(*by));
        }
        // IPX, AppleTalk and NetBEUI, which no system has any more; beside IPv4 that says nothing.
        ppp::Fact::ProtocolRejected { protocol: ppp::Protocol::Other(0x802b | 0x8029 | 0x803f), by }
            if picture.up().is_none() =>
        {
            claims.inferred(Cause::NcpNoneAgreed, 0.3, [seen]).at(Cause::NcpNoneAgreed, seen.role(*by));
        }
        ppp::Fact::NoAddress { exhausted, .. } => {
            let cause = if *exhausted { Cause::NcpAddressPoolExhausted } else { Cause::NcpNoAddress };
            claims.stated(cause, 0.85, seen).at(cause, Some(Role::Server));
        }
        // Who asks for whatever address there is and is refused gets none.
        ppp::Fact::AddressRefused { address: Some(Ipv4Addr::UNSPECIFIED), .. } => {
            claims.stated(Cause::NcpNoAddress, 0.6, seen).at(Cause::NcpNoAddress, Some(Role::Server));
        }
        ppp::Fact::AddressRefused { .. } => {
            claims.stated(Cause::NcpNoneAgreed, 0.45, seen);
        }
        ppp::Fact::Terminated { code: Some(code), .. } => terminated(seen, *code, claims),
        ppp::Fact::PeerDead { .. } => {
            claims.stated(Cause::PppPeerDead, 0.7, seen);
        }
        ppp::Fact::Incompatible { at, .. } => {
            let peer = seen.role(*at).map(Role::other);
            claims.stated(Cause::PppPeerIncompatible, 0.6, seen).at(Cause::PppPeerIncompatible, peer);
        }
        ppp::Fact::Garbage { .. } => {
            claims.inferred(Cause::PppPeerIncompatible, 0.25, [seen]);
        }
        ppp::Fact::KernelMissing { at, what } => {
            let cause = match what {
                ppp::Missing::DevPpp | ppp::Missing::DevPppForbidden => Cause::HostDevPppMissing,
                ppp::Missing::Ppp | ppp::Missing::L2tp | ppp::Missing::Pptp | ppp::Missing::Mppe => {
                    Cause::HostKernelModuleMissing
                }
            };
            // "No PPP in this kernel" is also what programs print for a missing node.
            let weight = if *what == ppp::Missing::Ppp { 0.6 } else { 0.9 };
            claims.stated(cause, weight, seen).at(cause, seen.role(*at));
        }
        ppp::Fact::Exited { at, status } => super::tunnel::exit(seen, seen.role(*at), *status, claims),
        _ => {}
    }
}

/// Windows and others put the error number into their Terminate-Request. That somebody waited in vain (718) is the weakest.
fn terminated(seen: &Observation, code: u32, claims: &mut Claims) {
    if let Some(cause) = named_cause(RasError(code)).filter(|cause| *cause != Cause::NoneHealthy) {
        claims.stated(cause, if RasError(code) == RasError::PPP_TIMEOUT { 0.4 } else { 0.6 }, seen);
    }
}
