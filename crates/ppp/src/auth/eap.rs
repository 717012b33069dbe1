//! EAP (RFC 3748) with MS-CHAPv2 (draft-kamath-pppext-eap-mschapv2-02), and with no other method.

mod authenticator;
mod peer;

pub(crate) use authenticator::EapAuthenticator;
pub(crate) use peer::EapPeer;

use wire::ppp::{EapCode, EapMessage, EapType, Packet, Protocol, full_frame};

/// A Request or Response.
fn message_frame(code: EapCode, id: u8, kind: EapType, data: &[u8]) -> Vec<u8> {
    eap_frame(code, id, &EapMessage { kind, data }.encode())
}

/// A Success or Failure (RFC 3748 §4.2).
fn verdict_frame(code: EapCode, id: u8) -> Vec<u8> {
    eap_frame(code, id, &[])
}

fn eap_frame(code: EapCode, id: u8, data: &[u8]) -> Vec<u8> {
    full_frame(Protocol::EAP, &Packet { code: code.0, id, data }.encode())
}
