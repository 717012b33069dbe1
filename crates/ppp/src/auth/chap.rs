//! CHAP with MD5 (RFC 1994) and MS-CHAPv2 (RFC 2759).

mod authenticator;
mod peer;

pub(crate) use authenticator::ChapAuthenticator;
pub(crate) use peer::ChapPeer;

use wire::ppp::{AuthCode, Packet, Protocol, full_frame};

fn chap_frame(code: AuthCode, id: u8, data: &[u8]) -> Vec<u8> {
    full_frame(Protocol::CHAP, &Packet { code: code.0, id, data }.encode())
}
