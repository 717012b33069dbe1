//! A peer that knows the key and abuses it: messages that are authentic and wrong.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use wire::isakmp::{
    Attribute, ChainBuilder, Delete, Doi, ExchangeType, IdType, Identity, Notify, NotifyType, PayloadType, ProtocolId,
    SaPayload, TransformId,
};

use crate::config::PreSharedKey;
use crate::ike_sa::IkeSa;
use crate::proposal::{ChildOffer, Encapsulation};
use crate::{
    ChildKeys, CloseReason, Config, Drop, Engine, Event, Failed, Failure, IkeSaId, Incompatible, Initiate, Path, Stage,
};

const KEY: &str = "correct horse battery staple";

struct Abuse {
    peer: Engine,
    server: Engine,
    rng: ChaCha20Rng,
    now: Timestamp,
    sa: IkeSaId,
    events: Vec<Event>,
}

impl Abuse {
    fn new() -> Self {
        let config = Config { pre_shared_keys: vec![PreSharedKey::for_any_peer(KEY)], ..Config::default() };
        let path = Path { local: "10.0.0.5:500".parse().unwrap(), remote: "192.0.2.1:500".parse().unwrap() };
        let mut abuse = Abuse {
            peer: Engine::new(Config::default()),
            server: Engine::new(config),
            rng: ChaCha20Rng::seed_from_u64(1),
            now: Timestamp::ZERO + Duration::from_secs(1),
            sa: IkeSaId(0),
            events: Vec::new(),
        };
        abuse.sa = abuse.peer.initiate(abuse.now, &mut abuse.rng, Initiate::l2tp(path, KEY));
        abuse.settle();
        abuse
    }

    fn settle(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(transmit) = self.peer.poll_transmit() {
                quiet = false;
                let path = Path { local: transmit.path.remote, remote: transmit.path.local };
                self.server.handle_datagram(self.now, &mut self.rng, path, transmit.encapsulated, &transmit.data);
            }
            while let Some(transmit) = self.server.poll_transmit() {
                quiet = false;
                let path = Path { local: transmit.path.remote, remote: transmit.path.local };
                self.peer.handle_datagram(self.now, &mut self.rng, path, transmit.encapsulated, &transmit.data);
            }
            while self.peer.poll_event().is_some() {}
            self.events.extend(std::iter::from_fn(|| self.server.poll_event()));
            if quiet {
                return;
            }
        }
    }

    /// Sends an authentic message with these payloads; what the server made of it.
    fn send(&mut self, exchange: ExchangeType, chain: ChainBuilder) -> Vec<Event> {
        self.events.clear();
        let now = self.now;
        self.peer.with_established(now, &mut self.rng, self.sa, |sa, ctx| sa.craft(ctx, exchange, chain));
        self.settle();
        std::mem::take(&mut self.events)
    }

    fn quick(&mut self, sa: &SaPayload, change: impl FnOnce(&mut ChainBuilder)) -> Failed {
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &sa.emit()).push(PayloadType::NONCE, &[7; 16]);
        change(&mut chain);
        let failed = self.send(ExchangeType::QUICK_MODE, chain).into_iter().find_map(|event| match event {
            Event::Failed(failed) => Some(*failed),
            _ => None,
        });
        failed.expect("the quick mode fails")
    }
}

fn offer() -> SaPayload {
    ChildOffer::standard().to_payload(0x1234_5678, Encapsulation::None)
}

fn ids(chain: &mut ChainBuilder) {
    for address in ["10.0.0.5", "192.0.2.1"] {
        let id = Identity::address(address.parse().unwrap(), 17, 1701);
        chain.push(PayloadType::IDENTIFICATION, &id.emit());
    }
}

#[test]
fn an_authentic_quick_mode_with_a_wrong_payload_is_a_typed_failure() {
    let mut abuse = Abuse::new();
    let stage = |failed: &Failed| failed.stage;
    // A host name for the server, as some clients send for themselves, is no crash and no reason to refuse.
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::SA, &offer().emit()).push(PayloadType::NONCE, &[7; 16]);
    let name = Identity { kind: IdType::FQDN, protocol: 17, port: 1701, data: b"server".to_vec() };
    chain.push(PayloadType::IDENTIFICATION, &name.emit()).push(PayloadType::IDENTIFICATION, &name.emit());
    assert!(abuse.send(ExchangeType::QUICK_MODE, chain).is_empty(), "answered; message 3 is missing");

    let failed = abuse.quick(&offer(), |chain| {
        chain.push(PayloadType::IDENTIFICATION, &name.emit());
    });
    assert!(matches!(failed.failure, Failure::Incompatible(Incompatible::Selectors(_))));
    assert_eq!(stage(&failed), Stage::Phase2Proposal);
    let failed = abuse.quick(&offer(), |chain| {
        chain.push(PayloadType::NONCE, &[8; 16]);
    });
    assert!(matches!(failed.failure, Failure::Malformed(_)));
    for group in [1, 14, 21, 1025] {
        let mut sa = offer();
        sa.proposals[0].transforms[0].attributes.push(Attribute::short(3, group));
        sa.proposals.truncate(1);
        let failed = abuse.quick(&sa, |chain| {
            chain.push(PayloadType::KEY_EXCHANGE, &[0; 128]);
            ids(chain);
        });
        assert!(matches!(failed.failure, Failure::Incompatible(_) | Failure::Misbehaved(_)), "{failed:?}");
    }
    for id in [0, 2, 11, 13, 23, 255] {
        let mut sa = offer();
        sa.proposals.iter_mut().for_each(|proposal| proposal.transforms[0].id = TransformId(id));
        let failed = abuse.quick(&sa, ids);
        assert!(matches!(failed.failure, Failure::Incompatible(Incompatible::Child(_))));
    }
    abuse.now = abuse.now + Duration::from_secs(31);
    abuse.server.handle_timeout(abuse.now, &mut abuse.rng);
    assert_eq!(abuse.server.children.reserved(), 1, "what came to nothing gave its SPI back");
    let counts = abuse.server.counts();
    assert_eq!((counts.ike_sas, counts.children), (1, 1), "the IKE SA and its first child SA are as before");
}

#[test]
fn every_payload_of_a_quick_mode_that_must_be_there_is_missed() {
    let mut abuse = Abuse::new();
    for absent in [PayloadType::SA, PayloadType::NONCE] {
        let mut chain = ChainBuilder::new();
        if absent != PayloadType::SA {
            chain.push(PayloadType::SA, &offer().emit());
        }
        if absent != PayloadType::NONCE {
            chain.push(PayloadType::NONCE, &[7; 16]);
        }
        ids(&mut chain);
        let events = abuse.send(ExchangeType::QUICK_MODE, chain);
        let [Event::Failed(failed)] = &events[..] else { panic!("{events:?}") };
        assert!(matches!(failed.failure, Failure::Malformed(_)));
    }
}

#[test]
fn quick_modes_that_are_never_finished_are_bounded() {
    let mut abuse = Abuse::new();
    let limit = abuse.server.config().limits.quick_modes;
    let mut refused = 0;
    for _ in 0..100 {
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &offer().emit()).push(PayloadType::NONCE, &[7; 16]);
        ids(&mut chain);
        let events = abuse.send(ExchangeType::QUICK_MODE, chain);
        refused += events.iter().filter(|event| matches!(event, Event::Failed(_))).count();
    }
    assert_eq!(refused, 100 - limit);
    abuse.now = abuse.now + Duration::from_secs(31);
    abuse.server.handle_timeout(abuse.now, &mut abuse.rng);
    abuse.settle();
    let silent = abuse.events.iter().filter(|event| matches!(event, Event::Failed(_))).count();
    assert_eq!(silent, limit);
}

#[test]
fn two_deletes_in_one_message_end_each_sa_once() {
    let mut abuse = Abuse::new();
    let events = std::mem::take(&mut abuse.events);
    let child: &ChildKeys = events
        .iter()
        .find_map(|event| if let Event::ChildUp { child, .. } = event { Some(&**child) } else { None })
        .expect("a child SA is up");
    let spi = child.spi_out.to_be_bytes().to_vec();
    let esp = Delete { doi: Doi::IPSEC, protocol: ProtocolId::ESP, spis: vec![spi.clone(), spi] };
    let Some(cookies) = abuse.peer.sas.get(&abuse.sa).map(|slot| slot.sa.cookies()) else { panic!("the IKE SA is up") };
    let cookies = [cookies.initiator.0, cookies.responder.0].concat();
    let isakmp = Delete { doi: Doi::IPSEC, protocol: ProtocolId::ISAKMP, spis: vec![cookies.clone(), cookies] };
    let mut chain = ChainBuilder::new();
    for delete in [&esp, &esp, &isakmp, &isakmp] {
        chain.push(PayloadType::DELETE, &delete.emit());
    }
    let events = abuse.send(ExchangeType::INFORMATIONAL, chain);
    assert_eq!(
        events,
        [
            Event::ChildDown { child: child.id, reason: CloseReason::DeletedByPeer },
            Event::Closed { sa: child.sa, reason: CloseReason::DeletedByPeer },
        ]
    );
}

#[test]
fn deletes_of_what_is_not_the_peers_and_odd_notifications_change_nothing() {
    let mut abuse = Abuse::new();
    let delete = |protocol, spi: &[u8]| Delete { doi: Doi::IPSEC, protocol, spis: vec![spi.to_vec()] }.emit();
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::DELETE, &delete(ProtocolId::ESP, &[0, 0, 1, 0]));
    chain.push(PayloadType::DELETE, &delete(ProtocolId::ISAKMP, &[9; 16]));
    chain.push(PayloadType::DELETE, &delete(ProtocolId::AH, &[1; 4]));
    chain.push(PayloadType::DELETE, &[0; 3]);
    for data in [&[][..], &[1; 3], &[0; 4]] {
        for kind in [NotifyType::R_U_THERE_ACK, NotifyType::CONNECTED, NotifyType(7), NotifyType::MS_STATUS] {
            let notify = Notify { data: data.to_vec(), ..Notify::isakmp(kind) };
            chain.push(PayloadType::NOTIFICATION, &notify.emit());
        }
    }
    assert!(abuse.send(ExchangeType::INFORMATIONAL, chain).is_empty());
    let counts = abuse.server.counts();
    assert_eq!((counts.ike_sas, counts.children), (1, 1));
    assert!(abuse.server.drops().count(Drop::StaleSequence) > 0);
}

#[test]
fn initial_contact_is_reported() {
    let mut abuse = Abuse::new();
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NOTIFICATION, &Notify::isakmp(NotifyType::INITIAL_CONTACT).emit());
    let events = abuse.send(ExchangeType::INFORMATIONAL, chain);
    assert!(matches!(events[..], [Event::InitialContact { .. }]));
}

#[test]
fn an_authentic_message_counts_once_and_a_stale_number_moves_nobody() {
    let mut abuse = Abuse::new();
    let question = || {
        let notify = Notify { data: 7u32.to_be_bytes().to_vec(), ..Notify::isakmp(NotifyType::R_U_THERE) };
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::NOTIFICATION, &notify.emit());
        chain
    };
    let now = abuse.now;
    let sealed = |abuse: &mut Abuse| {
        let craft = |sa: &mut crate::established::Established, ctx: &mut crate::context::Context<'_>| {
            sa.craft(ctx, ExchangeType::INFORMATIONAL, question());
        };
        abuse.peer.with_established(now, &mut abuse.rng, abuse.sa, craft);
        abuse.peer.poll_transmit().expect("the question").data
    };
    let (first, second) = (sealed(&mut abuse), sealed(&mut abuse));
    let home = Path { local: "192.0.2.1:500".parse().unwrap(), remote: "10.0.0.5:500".parse().unwrap() };
    let away = Path { remote: "203.0.113.66:500".parse().unwrap(), ..home };
    let mut receive = |path, data: &[u8]| {
        abuse.server.handle_datagram(now, &mut abuse.rng, path, false, data);
        let answers: Vec<_> = std::iter::from_fn(|| abuse.server.poll_transmit()).map(|answer| answer.path).collect();
        (answers, std::iter::from_fn(|| abuse.server.poll_event()).count())
    };
    assert_eq!(receive(home, &first), (vec![home], 0));
    assert_eq!(receive(home, &first), (vec![], 0), "the same message id");
    // Another message with the same number: answered, but where the peer is known to be.
    assert_eq!(receive(away, &second), (vec![home], 0));
    assert_eq!(abuse.server.drops().count(Drop::Duplicate), 1);
}

#[test]
fn a_number_of_dead_peer_detection_is_not_accepted_backwards() {
    let mut abuse = Abuse::new();
    for (number, stale) in [(10u32, 0), (11, 0), (11, 0), (9, 1)] {
        let notify = Notify { data: number.to_be_bytes().to_vec(), ..Notify::isakmp(NotifyType::R_U_THERE) };
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::NOTIFICATION, &notify.emit());
        abuse.send(ExchangeType::INFORMATIONAL, chain);
        assert_eq!(abuse.server.drops().count(Drop::StaleSequence), stale, "{number}");
    }
    assert!(matches!(abuse.server.sas.values().next().map(|slot| &slot.sa), Some(IkeSa::Up(_))));
}
