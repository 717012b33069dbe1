//! IKE: what is said about a failure, then what silence means where it began.

use observe::{Fact, Observation, Role, Side, SourceKind, esp, ike, network};
use wire::isakmp::NotifyType;

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for (seen, fact) in picture.ike() {
        stated(seen, fact, picture, claims);
    }
    silence(&picture.latest(), claims);
    after_phase1(picture, claims);
    renewal(picture, claims);
}

/// What somebody says.
fn stated(seen: &Observation, fact: &ike::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        ike::Fact::NoCommonSuite { phase, at } => {
            claims.stated(no_proposal(*phase), 0.85, seen).at(no_proposal(*phase), seen.role(*at));
        }
        ike::Fact::SuiteUnsupported { at, .. } => {
            claims.stated(Cause::IkeNoProposalPhase1, 0.7, seen).at(Cause::IkeNoProposalPhase1, seen.role(*at));
        }
        ike::Fact::Notify { from, kind, phase, protected } => {
            notify(seen, *from, *kind, (*phase, *protected), picture, claims);
        }
        ike::Fact::Undecryptable { .. } if !phase1_up(picture) => {
            claims.stated(Cause::IkePskMismatch, 0.75, seen);
        }
        ike::Fact::HashWrong { .. } if !phase1_up(picture) => {
            claims.stated(Cause::IkePskMismatch, 0.9, seen);
        }
        ike::Fact::NoSharedKey { at } => {
            claims.stated(Cause::IkePskMissing, 0.85, seen).at(Cause::IkePskMissing, seen.role(*at));
        }
        ike::Fact::KeyCharacters { .. } => {
            claims.stated(Cause::IkePskCharacters, 0.5, seen);
        }
        ike::Fact::NoConnection { at, asked } => {
            let version = asked.contains("IKEv");
            claims.stated(Cause::HostConfigurationError, if version { 0.4 } else { 0.55 }, seen);
            claims.at(Cause::HostConfigurationError, seen.role(*at));
            if version {
                claims.stated(Cause::IkeVersionMismatch, 0.5, seen);
            }
        }
        ike::Fact::ModeRefused { at, .. } => {
            claims.stated(Cause::IkeModeRefused, 0.8, seen).at(Cause::IkeModeRefused, seen.role(*at));
        }
        ike::Fact::VersionRefused { at, .. } => {
            claims.stated(Cause::IkeVersionMismatch, 0.8, seen).at(Cause::IkeVersionMismatch, seen.role(*at));
        }
        ike::Fact::IdentityRefused { .. } => {
            claims.stated(Cause::IkeIdentityMismatch, 0.85, seen);
        }
        ike::Fact::SelectorsRefused { .. } => {
            claims.stated(Cause::IkeSelectorMismatch, 0.85, seen);
        }
        ike::Fact::PfsRefused { .. } => {
            claims.stated(Cause::IkePfsMismatch, 0.88, seen);
        }
        ike::Fact::Certificate { at, of, problem } => certificate(seen, *at, *of, *problem, picture, claims),
        ike::Fact::PeerDead { .. } => {
            claims.stated(Cause::IkePeerDead, 0.8, seen);
        }
        ike::Fact::Displaced { at } => {
            claims.stated(Cause::IkeSameNatCollision, 0.3, seen).at(Cause::IkeSameNatCollision, seen.role(*at));
        }
        ike::Fact::MessageIdReused { at } => {
            claims.stated(Cause::IkeMessageIdReuse, 0.75, seen).at(Cause::IkeMessageIdReuse, seen.role(*at));
        }
        ike::Fact::RekeyFailed { .. } => {
            claims.stated(Cause::IkeRekeyFailed, 0.75, seen);
        }
        ike::Fact::KernelRefused { at, .. } => {
            claims
                .stated(Cause::HostKernelModuleMissing, 0.75, seen)
                .at(Cause::HostKernelModuleMissing, seen.role(*at));
        }
        ike::Fact::NetworkError { at, closed: true } if !phase1_up(picture) && !picture.answers_ike(false) => {
            let peer = seen.role(*at).map(Role::other);
            claims.stated(Cause::HostServerNotRunning, 0.75, seen).at(Cause::HostServerNotRunning, peer);
        }
        ike::Fact::NetworkError { closed: false, .. } if !phase1_up(picture) => {
            claims.stated(Cause::NetServerUnreachable, 0.6, seen);
        }
        ike::Fact::ServiceStopped { at } => {
            claims.stated(Cause::HostServiceStopped, 0.8, seen).at(Cause::HostServiceStopped, seen.role(*at));
        }
        _ => {}
    }
}

fn no_proposal(phase: ike::Phase) -> Cause {
    match phase {
        ike::Phase::One => Cause::IkeNoProposalPhase1,
        ike::Phase::Two => Cause::IkeNoProposalPhase2,
    }
}

/// Whether a capture shows the messages of IKE, so that what it lacks did not pass.
fn captured(picture: &Picture<'_>) -> bool {
    picture.ike().any(|(seen, fact)| seen.side == Side::Wire && matches!(fact, ike::Fact::Message(_)))
}

/// Whether an end has sent its proof, message 5 of main mode.
fn proved(picture: &Picture<'_>) -> bool {
    picture.ike().any(|(_, fact)| match fact {
        ike::Fact::Message(message) => matches!(message.exchange, ike::Exchange::MainMode(5 | 6)),
        _ => false,
    })
}

fn notify(
    seen: &Observation,
    from: observe::Party,
    kind: NotifyType,
    (phase, protected): (Option<ike::Phase>, bool),
    picture: &Picture<'_>,
    claims: &mut Claims,
) {
    match kind {
        NotifyType::NO_PROPOSAL_CHOSEN => {
            let second = picture.ike().any(|(_, fact)| matches!(fact, ike::Fact::Phase1Up { .. }));
            let phase = phase.unwrap_or(if second { ike::Phase::Two } else { ike::Phase::One });
            claims.stated(no_proposal(phase), 0.75, seen);
            if phase == ike::Phase::Two {
                // Daemons answer so, too, when only the group of perfect forward secrecy is missing.
                claims.inferred(Cause::IkePfsMismatch, 0.2, [seen]);
            }
        }
        NotifyType::INVALID_ID_INFORMATION => {
            let second = phase.map_or_else(|| phase1_up(picture), |phase| phase == ike::Phase::Two);
            claims.stated(if second { Cause::IkeSelectorMismatch } else { Cause::IkeIdentityMismatch }, 0.7, seen);
        }
        NotifyType::ATTRIBUTES_NOT_SUPPORTED if !phase1_up(picture) => {
            claims.stated(Cause::IkeNoProposalPhase1, 0.7, seen);
        }
        NotifyType::INVALID_EXCHANGE_TYPE if !phase1_up(picture) => {
            claims.stated(Cause::IkeModeRefused, 0.75, seen);
        }
        NotifyType::INVALID_MAJOR_VERSION | NotifyType::INVALID_MINOR_VERSION if !phase1_up(picture) => {
            claims.stated(Cause::IkeVersionMismatch, 0.75, seen);
        }
        // The first answer to aggressive mode: servers refuse it with a shared key, and say no more.
        NotifyType::AUTHENTICATION_FAILED if aggressive(picture) && !phase1_up(picture) => {
            claims.inferred(Cause::IkeModeRefused, 0.5, [seen]);
            claims.inferred(Cause::IkePskMissing, 0.25, [seen]);
        }
        // Nobody has proved anything yet: there is no key to prove it with.
        NotifyType::AUTHENTICATION_FAILED if captured(picture) && !proved(picture) => {
            claims.stated(Cause::IkePskMissing, 0.6, seen).at(Cause::IkePskMissing, Some(Role::Server));
        }
        // What is not encrypted makes no sense, whatever the keys are.
        NotifyType::PAYLOAD_MALFORMED if captured(picture) && !proved(picture) => {
            let peer = if seen.role(from) == Some(Role::Client) { Role::Server } else { Role::Client };
            claims.stated(Cause::IkePeerIncompatible, 0.6, seen).at(Cause::IkePeerIncompatible, Some(peer));
        }
        // Signatures prove the identity, not a shared key.
        NotifyType::AUTHENTICATION_FAILED | NotifyType::INVALID_SIGNATURE
            if by_certificate(picture) && !phase1_up(picture) =>
        {
            claims.stated(Cause::IkeCertUntrusted, 0.5, seen);
            claims.inferred(Cause::IkeIdentityMismatch, 0.2, [seen]);
            claims.inferred(Cause::IkeCertExpired, 0.15, [seen]);
        }
        // An end of main mode tells in its log what it could only decrypt with the right key.
        NotifyType::AUTHENTICATION_FAILED
            if protected && seen.side != Side::Wire && proved(picture) && !phase1_up(picture) =>
        {
            claims.stated(Cause::IkeIdentityMismatch, 0.6, seen);
            claims.inferred(Cause::IkePskMismatch, 0.25, [seen]);
        }
        NotifyType::AUTHENTICATION_FAILED | NotifyType::INVALID_HASH_INFORMATION if !phase1_up(picture) => {
            claims.stated(Cause::IkePskMismatch, 0.5, seen);
            claims.inferred(Cause::IkeIdentityMismatch, 0.25, [seen]);
        }
        // What a responder says that finds no key for the peer when it has to derive the keys (strongSwan).
        NotifyType::INVALID_KEY_INFORMATION if !phase1_up(picture) => {
            claims.stated(Cause::IkePskMissing, 0.6, seen);
        }
        NotifyType::PAYLOAD_MALFORMED | NotifyType::INVALID_PAYLOAD_TYPE if !phase1_up(picture) => {
            claims.stated(Cause::IkePskMismatch, 0.6, seen);
        }
        _ => {}
    }
}

fn certificate(
    seen: &Observation,
    at: observe::Party,
    of: Option<observe::Party>,
    problem: ike::CertificateProblem,
    picture: &Picture<'_>,
    claims: &mut Claims,
) {
    // Only a shared key makes messages that cannot be read: what a daemon misses when it starts is for somebody else.
    let others = problem == ike::CertificateProblem::Missing
        && seen.about.attempt.is_none()
        && picture.ike().any(|(_, fact)| matches!(fact, ike::Fact::Undecryptable { .. }));
    let cause = match problem {
        ike::CertificateProblem::Missing => Cause::IkeCertMissing,
        ike::CertificateProblem::Untrusted | ike::CertificateProblem::Revoked | ike::CertificateProblem::Signature => {
            Cause::IkeCertUntrusted
        }
        ike::CertificateProblem::Name => Cause::IkeCertNameMismatch,
        ike::CertificateProblem::Usage => Cause::IkeCertUsage,
        ike::CertificateProblem::Expired => Cause::IkeCertExpired,
    };
    // "No issuer found" follows from an expired one, too; the precise complaint counts more.
    let weight = match cause {
        _ if others => 0.2,
        Cause::IkeCertUntrusted => 0.65,
        _ => 0.85,
    };
    let whose = of.and_then(|of| seen.role(of)).or_else(|| match problem {
        ike::CertificateProblem::Missing => seen.role(at),
        _ => None,
    });
    claims.stated(cause, weight, seen).at(cause, whose);
}

/// Whether the ends agreed on certificates.
fn by_certificate(picture: &Picture<'_>) -> bool {
    picture.ike().any(|(_, fact)| match fact {
        ike::Fact::Chosen { phase: ike::Phase::One, suite } => suite.authentication == "rsa",
        ike::Fact::Certificate { .. } => true,
        _ => false,
    })
}

/// Whether the client tries aggressive mode, and the server does not take part in it.
fn aggressive(picture: &Picture<'_>) -> bool {
    let mode = |wanted: u8| {
        picture.ike().any(|(_, fact)| match fact {
            ike::Fact::Message(message) => message.exchange == ike::Exchange::AggressiveMode(wanted),
            _ => false,
        })
    };
    mode(1) && !mode(2)
}

/// Whether phase 1 came up. Quick mode needs it, though a log that begins late does not show it.
fn phase1_up(picture: &Picture<'_>) -> bool {
    picture.ike().any(|(_, fact)| match fact {
        ike::Fact::Phase1Up { .. } | ike::Fact::Phase2Up { .. } => true,
        ike::Fact::Message(message) => matches!(message.exchange, ike::Exchange::QuickMode(_)),
        _ => false,
    })
}

pub(super) fn phase2_up(picture: &Picture<'_>) -> bool {
    picture.ike().any(|(_, fact)| matches!(fact, ike::Fact::Phase2Up { .. }))
        || picture
            .all()
            .any(|seen| matches!(seen.fact, Fact::Esp(esp::Fact::Traffic { .. } | esp::Fact::Association(_))))
}

/// The messages of main mode as each side saw them.
#[derive(Default)]
struct MainMode<'a> {
    /// The last message that anybody saw, 1 to 6, with the observation.
    last: Option<(u8, &'a Observation)>,
    /// Messages that the side which receives them saw, or that came to its machine's log.
    arrived: [bool; 7],
    repeated: [bool; 7],
    /// Whether the last message of the client went to port 4500.
    moved: bool,
    /// Whether a proof left in fragments of IP.
    in_fragments: bool,
    gave_up: Option<&'a Observation>,
    half_open: Option<&'a Observation>,
    informational_from_server: Option<&'a Observation>,
    /// What the client says behind the server's proof, which it therefore has.
    objection: Option<&'a Observation>,
}

fn main_mode<'a>(picture: &Picture<'a>) -> MainMode<'a> {
    let mut mode = MainMode::default();
    for (seen, fact) in picture.ike() {
        match fact {
            ike::Fact::Message(message) => {
                let sender = seen.role(message.from);
                let number = match message.exchange {
                    ike::Exchange::MainMode(number @ 1..=6) => number,
                    ike::Exchange::AggressiveMode(number @ 1..=3) => number.min(2),
                    ike::Exchange::Informational if sender == Some(Role::Server) => {
                        mode.informational_from_server.get_or_insert(seen);
                        continue;
                    }
                    ike::Exchange::Informational if mode.last.is_some_and(|(last, _)| last == 6) => {
                        mode.objection.get_or_insert(seen);
                        continue;
                    }
                    _ => continue,
                };
                let index = usize::from(number);
                if mode.last.is_none_or(|(last, _)| number >= last) {
                    mode.last = Some((number, seen));
                    mode.moved |= message.port_4500;
                }
                if sender.is_some() && seen.side.role().is_some_and(|side| Some(side) != sender) {
                    mode.arrived[index] = true;
                }
                mode.repeated[index] |= message.repeated;
                mode.in_fragments |= number == 5 && message.octets.is_some_and(|octets| octets > LARGEST);
            }
            ike::Fact::GaveUp { after, .. } => {
                mode.gave_up = Some(seen);
                if let Some(ike::Exchange::MainMode(number @ 1..=6)) = *after
                    && mode.last.is_none_or(|(last, _)| number >= last)
                {
                    mode.last = Some((number, seen));
                    mode.moved |= on_4500(seen);
                }
            }
            ike::Fact::HalfOpenExpired { .. } => mode.half_open = Some(seen),
            ike::Fact::Repeated { message: ike::Exchange::MainMode(number @ 1..=6), .. } => {
                mode.repeated[usize::from(*number)] = true;
            }
            _ => {}
        }
    }
    mode
}

/// Sources of a server that would show an IKE message if one had come.
const SERVER_IKE: &[SourceKind] = &[SourceKind::Charon, SourceKind::Pluto, SourceKind::SoftEther, SourceKind::Causeway];

/// Where main mode stopped says which way is closed.
fn silence(picture: &Picture<'_>, claims: &mut Claims) {
    if phase1_up(picture) {
        return;
    }
    let mode = main_mode(picture);
    let Some((last, seen)) = mode.last else {
        given_up(picture, mode.gave_up, claims);
        return;
    };
    // A probe stops where it has seen enough; it says so when it waited in vain.
    if seen.side == Side::Probe && mode.gave_up.is_none() {
        return;
    }
    let evidence = || [Some(seen), mode.gave_up, mode.half_open].into_iter().flatten();
    let stuck = mode.gave_up.is_some() || mode.half_open.is_some() || mode.repeated[usize::from(last)];
    // One message and nothing more is as stuck as it gets.
    let mut factor = if stuck { 1.0 } else { 0.6 };
    // What nobody answers did not fit into a packet, unlike what came before it.
    if let (6, Some(objection)) = (last, mode.objection) {
        let cause = if by_certificate(picture) { Cause::IkeCertNameMismatch } else { Cause::IkeIdentityMismatch };
        claims.inferred(cause, 0.4, [seen, objection]);
        claims.inferred(Cause::IkeIdentityMismatch, 0.3, [seen, objection]);
        return;
    }
    let oversized = match &seen.fact {
        Fact::Ike(ike::Fact::Message(message)) => message.octets.is_some_and(|octets| octets > LARGEST),
        _ => false,
    };
    // The proof, which a certificate makes so large, is looked at below.
    if oversized && last != 5 {
        claims.inferred(Cause::NetFragmentsDropped, factor * 0.6, evidence());
        factor *= 0.5;
    }
    let server_listens = picture.has_source(Side::Server, SERVER_IKE);
    let server_saw_any = (1..=6).any(|number| number % 2 == 1 && mode.arrived[number]);
    let (client_nat, server_nat) = picture.nat();
    let nat = client_nat == Some(true) || server_nat == Some(true);
    match last {
        1 => {
            if port_closed(picture, 500).is_some() {
                // That is said already.
                return;
            }
            let missing = server_listens && !server_saw_any;
            claims.inferred(Cause::NetUdp500Blocked, factor * if missing { 0.8 } else { 0.55 }, evidence());
            claims.inferred(Cause::NetServerUnreachable, factor * if missing { 0.15 } else { 0.3 }, evidence());
            claims.inferred(Cause::HostServerNotRunning, factor * if missing { 0.1 } else { 0.25 }, evidence());
        }
        2 => {
            let windows = picture.windows_client();
            let answer_lost = !mode.arrived[2];
            claims.inferred(Cause::NetUdp500Blocked, factor * if answer_lost { 0.55 } else { 0.2 }, evidence());
            claims.inferred(Cause::IkeVendorIdRejected, factor * if windows { 0.5 } else { 0.15 }, evidence());
            if windows {
                claims.inferred(Cause::IkeServerBehindNatRefused, factor * 0.3, evidence());
            }
        }
        // An answer has come, so that this port is open in both directions.
        3 if mode.arrived[2] || captured(picture) => {
            claims.inferred(Cause::IkePeerIncompatible, factor * 0.5, evidence());
            claims.at(Cause::IkePeerIncompatible, Some(Role::Server));
            claims.inferred(Cause::NetUdp500Blocked, factor * 0.3, evidence());
            claims.inferred(Cause::NetFragmentsDropped, factor * 0.15, evidence());
        }
        3 => {
            claims.inferred(Cause::NetUdp500Blocked, factor * 0.45, evidence());
            claims.inferred(Cause::NetFragmentsDropped, factor * 0.15, evidence());
        }
        4 => {
            let windows = picture.windows_client();
            if server_nat == Some(true) {
                let weight = if windows { 0.7 } else { 0.35 };
                claims.inferred(Cause::IkeServerBehindNatRefused, factor * weight, evidence());
            }
            if nat {
                claims.inferred(Cause::NetUdp4500Blocked, factor * 0.65, evidence());
            } else {
                claims.inferred(Cause::NetUdp500Blocked, factor * 0.4, evidence());
                claims.inferred(Cause::IkePskMismatch, factor * 0.2, evidence());
            }
        }
        5 => {
            let moved = mode.moved || nat;
            if mode.in_fragments && !mode.arrived[5] && mode.informational_from_server.is_none() {
                // Smaller messages passed; this one, with a certificate, leaves in fragments of IP.
                claims.inferred(Cause::NetFragmentsDropped, factor * 0.7, evidence());
                if moved {
                    claims.inferred(Cause::NetUdp4500Blocked, factor * 0.3, evidence());
                }
            } else if mode.arrived[5] || mode.informational_from_server.is_some() {
                let answer = mode.informational_from_server.into_iter().chain(evidence());
                claims.inferred(Cause::IkePskMismatch, factor * 0.6, answer);
                claims.inferred(Cause::IkeIdentityMismatch, factor * 0.2, evidence());
            } else if let (true, Some(heard)) = (moved, heard_4500(picture)) {
                // It speaks on port 4500, and to the message that needs the key it says nothing.
                claims.inferred(Cause::IkePskMismatch, factor * 0.75, [heard].into_iter().chain(evidence()));
                claims.inferred(Cause::IkeIdentityMismatch, factor * 0.2, evidence());
            } else if moved {
                let missing = server_listens && server_saw_any;
                claims.inferred(Cause::NetUdp4500Blocked, factor * if missing { 0.85 } else { 0.65 }, evidence());
                claims.inferred(Cause::IkePskMismatch, factor * if missing { 0.1 } else { 0.3 }, evidence());
            } else {
                claims.inferred(Cause::IkePskMismatch, factor * 0.6, evidence());
                claims.inferred(Cause::IkeIdentityMismatch, factor * 0.2, evidence());
            }
        }
        _ => {
            claims.inferred(Cause::IkeIdentityMismatch, factor * 0.35, evidence());
            claims.inferred(Cause::IkePskMismatch, factor * 0.3, evidence());
        }
    }
}

/// Octets of UDP payload that an Ethernet carries in one piece.
const LARGEST: u32 = 1500 - 28;

/// Phase 1 was given up, and it is not known where.
fn given_up(picture: &Picture<'_>, gave_up: Option<&Observation>, claims: &mut Claims) {
    let Some(seen) = gave_up.filter(|_| !picture.ike().any(|(_, fact)| is_of_phase2(fact))) else { return };
    claims.inferred(Cause::NetUdp500Blocked, 0.35, [seen]);
    claims.inferred(Cause::IkePskMismatch, 0.3, [seen]);
    claims.inferred(Cause::NetUdp4500Blocked, 0.25, [seen]);
}

fn is_of_phase2(fact: &ike::Fact) -> bool {
    match fact {
        ike::Fact::GaveUp { after, .. } => matches!(after, Some(ike::Exchange::QuickMode(_))),
        ike::Fact::Message(message) => matches!(message.exchange, ike::Exchange::QuickMode(_)),
        _ => false,
    }
}

/// Whether the peer's port is that of NAT traversal.
fn on_4500(seen: &Observation) -> bool {
    seen.about.server.or(seen.about.peer).is_some_and(|peer| peer.port() == 4500)
}

/// The server sends on port 4500, so what the client sends there arrives.
fn heard_4500<'a>(picture: &Picture<'a>) -> Option<&'a Observation> {
    picture.ike().find_map(|(seen, fact)| {
        let (from, port_4500) = match fact {
            ike::Fact::Message(message) => (message.from, message.port_4500),
            ike::Fact::Repeated { by, .. } => (*by, false),
            _ => return None,
        };
        let port_4500 = port_4500 || on_4500(seen);
        // What a server says of itself need not have left it.
        let arrived = seen.side.role() != Some(Role::Server);
        (arrived && port_4500 && seen.role(from) == Some(Role::Server)).then_some(seen)
    })
}

/// Phase 1 is up, and phase 2 does not come.
fn after_phase1(picture: &Picture<'_>, claims: &mut Claims) {
    if !phase1_up(picture) || phase2_up(picture) || answer_lost(picture, claims) {
        return;
    }
    left(picture, claims);
    let gave_up =
        picture.ike().find(|(_, fact)| matches!(fact, ike::Fact::GaveUp { .. } | ike::Fact::HalfOpenExpired { .. }));
    let quick = picture.ike().filter(|(_, fact)| match fact {
        ike::Fact::Message(message) => matches!(message.exchange, ike::Exchange::QuickMode(_)),
        _ => false,
    });
    let Some((seen, _)) = quick.last().or(gave_up) else { return };
    // The server hears, and goes away or says nothing: so do those whom an identity in the request does not please.
    let repeated = picture.ike().any(|(seen, fact)| match fact {
        ike::Fact::Message(message) => {
            seen.side == Side::Wire && message.exchange == ike::Exchange::QuickMode(1) && message.repeated
        }
        _ => false,
    });
    let deleted = picture.ike().find(|(seen, fact)| match fact {
        ike::Fact::Deleted { by, .. } => seen.role(*by) == Some(Role::Server),
        _ => false,
    });
    let answer = answered_otherwise(picture);
    if (repeated || deleted.is_some()) && answer.is_none() {
        let evidence = [seen].into_iter().chain(deleted.map(|(seen, _)| seen));
        claims.inferred(Cause::IkeIdentityMismatch, 0.4, evidence);
        claims.inferred(Cause::IkeSelectorMismatch, 0.2, [seen]);
        claims.inferred(Cause::IkeNoProposalPhase2, 0.2, [seen]);
    }
    if let Some(answer) = answer {
        claims.inferred(Cause::IkeNoProposalPhase2, 0.4, [seen, answer]);
        claims.inferred(Cause::IkeSelectorMismatch, 0.3, [seen, answer]);
        claims.inferred(Cause::IkeIdentityMismatch, 0.2, [seen, answer]);
        claims.inferred(Cause::IkePfsMismatch, 0.15, [seen, answer]);
    }
    let windows = picture.windows_client();
    if gave_up.is_some() || windows {
        claims.inferred(Cause::IkeNoProposalPhase2, 0.3, [seen]);
        claims.inferred(Cause::IkeSelectorMismatch, 0.2, [seen]);
        claims.inferred(Cause::IkeIdentityMismatch, 0.2, [seen]);
        if picture.nat().1 == Some(true) && windows {
            claims.inferred(Cause::IkeServerBehindNatRefused, 0.45, [seen]);
        }
    }
}

/// What was agreed on once is refused when it is to be renewed: the configuration has changed, or renewal is what differs.
fn renewal(picture: &Picture<'_>, claims: &mut Claims) {
    let mut up: Vec<(observe::SourceId, Option<&str>)> = Vec::new();
    for (seen, fact) in picture.ike() {
        let negotiation = (seen.place.source, seen.about.attempt.as_deref());
        match fact {
            ike::Fact::Phase2Up { .. } if !up.contains(&negotiation) && up.len() < 64 => up.push(negotiation),
            ike::Fact::NoCommonSuite { phase: ike::Phase::Two, .. }
            | ike::Fact::SelectorsRefused { .. }
            | ike::Fact::PfsRefused { .. }
            | ike::Fact::Notify {
                kind: NotifyType::NO_PROPOSAL_CHOSEN | NotifyType::INVALID_ID_INFORMATION,
                protected: true,
                ..
            } if up.contains(&negotiation) && negotiation.1.is_some() => {
                claims.inferred(Cause::IkeRekeyFailed, 0.8, [seen]);
            }
            _ => {}
        }
    }
}

/// In a capture: the server answers the first message of quick mode at once, and not with its second.
fn answered_otherwise<'a>(picture: &Picture<'a>) -> Option<&'a Observation> {
    let mut asked: Option<&Observation> = None;
    // What an informational message holds, where that can be read, is no riddle.
    let read = |place: &observe::Place| {
        picture.ike().any(|(seen, fact)| {
            seen.place.source == place.source
                && seen.place.spot == place.spot
                && matches!(fact, ike::Fact::Deleted { .. } | ike::Fact::Notify { .. })
        })
    };
    for (seen, fact) in picture.ike().filter(|(seen, _)| seen.side == Side::Wire) {
        let ike::Fact::Message(message) = fact else { continue };
        match (message.exchange, seen.role(message.from)) {
            (ike::Exchange::QuickMode(1), Some(Role::Client)) => asked = Some(seen),
            (ike::Exchange::QuickMode(_), Some(Role::Server)) => return None,
            // What follows may answer this one: a question whether the peer is alive.
            (ike::Exchange::Informational, Some(Role::Client)) => asked = None,
            (ike::Exchange::Informational, Some(Role::Server)) if read(&seen.place) => return None,
            (ike::Exchange::Informational, Some(Role::Server)) => {
                let since = asked.and_then(|asked| asked.at).zip(seen.at).map(|(asked, now)| now.since(asked));
                if since.is_some_and(|since| (0..AT_ONCE).contains(&since)) {
                    return Some(seen);
                }
            }
            _ => {}
        }
    }
    None
}

/// The client has the server's proof, and leaves at once without asking for anything.
fn left(picture: &Picture<'_>, claims: &mut Claims) {
    let Some((up, certificate)) = picture.ike().find_map(|(seen, fact)| match fact {
        ike::Fact::Phase1Up { certificate } if seen.side == Side::Server => Some((seen, *certificate)),
        _ => None,
    }) else {
        return;
    };
    let end = picture.ike().find(|(seen, fact)| match fact {
        ike::Fact::Deleted { by, phase: ike::Phase::One, .. } => {
            let since = seen.at.zip(up.at).map(|(end, up)| end.since(up));
            seen.role(*by) == Some(Role::Client) && since.is_some_and(|since| (0..AT_ONCE).contains(&since))
        }
        _ => false,
    });
    let Some((end, _)) = end.filter(|_| !picture.ike().any(|(_, fact)| is_of_phase2(fact))) else { return };
    if certificate == Some(true) {
        claims.inferred(Cause::IkeCertNameMismatch, 0.45, [up, end]);
        claims.inferred(Cause::IkeIdentityMismatch, 0.3, [up, end]);
    } else {
        claims.inferred(Cause::IkeIdentityMismatch, 0.5, [up, end]);
    }
}

/// Microseconds in which nobody had the time for anything else.
const AT_ONCE: i64 = 3_000_000;

/// The server has accepted the client's last message of phase 1, and the client sends it again and again.
fn answer_lost(picture: &Picture<'_>, claims: &mut Claims) -> bool {
    let up = |seen: &Observation| {
        seen.side.role() == Some(Role::Server) && matches!(seen.fact, Fact::Ike(ike::Fact::Phase1Up { .. }))
    };
    let mut again: Vec<&Observation> = Vec::new();
    let mut quick = false;
    let mut objection = None;
    for seen in picture.all().skip_while(|seen| !up(seen)) {
        match &seen.fact {
            // It has the server's proof, and complains of it in words that the server does not understand.
            Fact::Ike(ike::Fact::Undecryptable { .. }) if seen.side == Side::Server => objection = Some(seen),
            Fact::Ike(ike::Fact::Repeated { by, .. }) if seen.role(*by) == Some(Role::Client) => again.push(seen),
            Fact::Ike(ike::Fact::Message(message)) if seen.role(message.from) == Some(Role::Client) => {
                quick |= matches!(message.exchange, ike::Exchange::QuickMode(_));
                if message.repeated && matches!(message.exchange, ike::Exchange::MainMode(5)) {
                    again.push(seen);
                }
            }
            _ => {}
        }
    }
    if quick || again.is_empty() {
        return false;
    }
    if let Some(objection) = objection {
        claims.inferred(Cause::IkeIdentityMismatch, 0.6, [objection].into_iter().chain(again.first().copied()));
        return true;
    }
    let (client, server) = picture.nat();
    let nat = client == Some(true) || server == Some(true);
    let blocked = if nat { Cause::NetUdp4500Blocked } else { Cause::NetUdp500Blocked };
    claims.inferred(blocked, if again.len() > 1 { 0.8 } else { 0.5 }, again.into_iter().take(3));
    true
}

/// An ICMP error that says that this UDP port is closed.
pub(super) fn port_closed<'a>(picture: &Picture<'a>, port: u16) -> Option<&'a Observation> {
    picture.first(|seen| {
        matches!(&seen.fact, Fact::Network(network::Fact::Icmp { kind: network::Icmp::PortUnreachable, port: Some(closed), .. })
            if *closed == port)
    })
}
