//! Authentication on the link: who was asked, who was refused, and with what number. Passwords and proofs are not kept.

use observe::ppp::{Fact, Method};
use observe::{About, Role};
use wire::ppp::{
    self, AuthCode, EapCode, EapMessage, EapMsChapV2Request, EapType, MsChapFailure, Packet, PapCredentials,
    chap_value, pap_message,
};

use super::{name, who};
use crate::capture::note::{Note, readable};

/// How far an authentication came.
#[derive(Default)]
pub(super) struct Authentication {
    /// The EAP type that was asked for last.
    eap: Option<u8>,
    failed: bool,
}

impl Authentication {
    /// Takes a packet of PAP, CHAP or EAP. `method` is what LCP agreed on.
    pub(super) fn packet(
        &mut self,
        note: &mut Note<'_, '_>,
        about: &mut About,
        protocol: ppp::Protocol,
        packet: Packet<'_>,
        from: Role,
        method: Option<Method>,
    ) {
        match protocol {
            ppp::Protocol::PAP => match AuthCode(packet.code) {
                AuthCode::PAP_REQUEST => {
                    if let Ok(credentials) = PapCredentials::parse(packet.data) {
                        learn(about, credentials.peer_id);
                    }
                }
                AuthCode::PAP_ACK => self.succeeded(note, about, from, Some(Method::Pap)),
                AuthCode::PAP_NAK => {
                    self.refused(note, about, from, Some(Method::Pap), None, &pap_message(packet.data))
                }
                _ => {}
            },
            ppp::Protocol::CHAP => match AuthCode(packet.code) {
                AuthCode::RESPONSE => {
                    if let Ok(response) = chap_value(packet.data) {
                        learn(about, response.name);
                    }
                }
                AuthCode::SUCCESS => self.succeeded(note, about, from, method),
                AuthCode::FAILURE => {
                    let failure = MsChapFailure::parse(packet.data).ok();
                    let code = failure.map(|failure| failure.error.0);
                    self.refused(note, about, from, method, code, &readable(packet.data));
                }
                _ => {}
            },
            ppp::Protocol::EAP => self.eap(note, about, packet, from),
            _ => {}
        }
    }

    fn eap(&mut self, note: &mut Note<'_, '_>, about: &mut About, packet: Packet<'_>, from: Role) {
        let message = EapMessage::parse(packet.data).ok();
        match (EapCode(packet.code), message) {
            (EapCode::REQUEST, Some(message)) if message.kind.0 >= EapType::MD5_CHALLENGE.0 => {
                let kind = message.kind.0;
                if self.eap.replace(kind) != Some(kind) {
                    let method = Method::Eap(Some(kind));
                    let text = format!("{from} demands authentication: {}", name(method));
                    note.push(about, &text, Fact::AuthenticationDemanded { by: who(from), method });
                }
                if message.kind == EapType::MS_CHAP_V2
                    && let Ok(EapMsChapV2Request::Failure { message, .. }) = EapMsChapV2Request::parse(message.data)
                {
                    let code = MsChapFailure::parse(message).ok().map(|failure| failure.error.0);
                    self.refused(note, about, from, Some(Method::Eap(self.eap)), code, &readable(message));
                }
            }
            (EapCode::RESPONSE, Some(message)) if message.kind == EapType::IDENTITY => learn(about, message.data),
            (EapCode::RESPONSE, Some(message)) if message.kind == EapType::NAK => {
                let instead = message.data.first().filter(|kind| **kind != 0).map(|kind| Method::Eap(Some(*kind)));
                let method = Method::Eap(self.eap);
                let wish = instead.map_or("nothing".to_owned(), name);
                let text = format!("{from} declines {} and proposes {wish}", name(method));
                note.push(about, &text, Fact::AuthenticationDeclined { by: who(from), method, instead });
            }
            (EapCode::SUCCESS, _) => self.succeeded(note, about, from, Some(Method::Eap(self.eap))),
            // It follows a failure that said more.
            (EapCode::FAILURE, _) if !self.failed => {
                self.refused(note, about, from, Some(Method::Eap(self.eap)), None, "EAP Failure");
            }
            _ => {}
        }
    }

    fn succeeded(&mut self, note: &mut Note<'_, '_>, about: &About, from: Role, method: Option<Method>) {
        // A server that proves itself to the client is no news of the user.
        if from == Role::Server {
            let user = about.user.clone();
            let text = format!("{from} accepts {}", user.as_deref().unwrap_or("the user"));
            note.push(about, &text, Fact::Authenticated { method, user });
        }
    }

    fn refused(
        &mut self,
        note: &mut Note<'_, '_>,
        about: &About,
        from: Role,
        method: Option<Method>,
        code: Option<u32>,
        said: &str,
    ) {
        self.failed = true;
        let text = format!("{from} refuses {}: {said}", about.user.as_deref().unwrap_or("the user"));
        note.push(about, &text, Fact::AuthenticationFailed { at: who(from), method, code, reason: None });
    }
}

fn learn(about: &mut About, name: &[u8]) {
    let name = readable(name);
    if !name.is_empty() {
        about.user = Some(name);
    }
}
