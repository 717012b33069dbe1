//! A server of another make: real engines without our server above them, every message of which a test may replace.
//!
//! It takes all of its clients for one, as servers do that know them by their address: what it sends goes to the newest association.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use access::datapath::{Admission, ChildLink, DataPath, Encapsulation, Link, LinkId, PeerId, Punt, Traffic};
use crypto::cbc::CbcAlg;
use ike::Path;
use ike::config::PreSharedKey;
use ike::proposal::{ChildAuth, ChildCipher, Mode};
use policy::{Account, Accounts};
use sim::{Network, NodeId, Packet};
use wire::esp::Encapsulated;
use wire::l2tp::{Control, DataLayout, Message, MessageType};
use wire::ppp::Protocol;

use crate::agree::Outcome;
use crate::rogue::{SUITE, keys as keys_of};
use crate::world::{KEY, PATIENCE, Wire, World, public};

/// Its address on the Internet.
pub(crate) const FOREIGN: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 77));

/// What it has for its client.
pub(crate) const LEASE: ppp::Ipv4Lease = ppp::Ipv4Lease {
    client: Ipv4Addr::new(10, 88, 0, 2),
    server: Ipv4Addr::new(10, 88, 0, 1),
    dns: [None; 2],
    nbns: [None; 2],
};

const CLIENT: PeerId = PeerId(0);

/// Whose message is about to be sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Layer {
    /// An ISAKMP message, without the marker of port 4500.
    Ike,
    /// An L2TP control message.
    L2tp,
    /// A PPP frame.
    Ppp,
}

/// Puts any number of messages in the place of a genuine one.
pub(crate) type Alter = Box<dyn FnMut(Layer, &[u8]) -> Vec<Vec<u8>>>;

/// Answers what PPP asks; `None` leaves it to the usual accounts.
pub(crate) type Decide = Box<dyn FnMut(&ppp::Question) -> Option<ppp::Reply>>;

/// The server.
pub(crate) struct Foreign {
    node: NodeId,
    pub(crate) ike: ike::Engine,
    pub(crate) data: DataPath,
    pub(crate) l2tp: l2tp::Engine<PeerId>,
    pub(crate) ppp_config: ppp::ServerConfig,
    pub(crate) ppp: Option<ppp::Session>,
    /// The call, and its ids.
    pub(crate) call: Option<(LinkId, l2tp::SessionId)>,
    /// The calls before it, which have not ended.
    older: Vec<(LinkId, ppp::Session)>,
    pub(crate) alter: Alter,
    pub(crate) decide: Decide,
    /// Sends every frame of the client back.
    pub(crate) mirror: bool,
    /// Cuts the tags of HMAC-SHA2-256 to 96 bits.
    pub(crate) cuts_tags: bool,
    /// The associations that were made last.
    pub(crate) child: Option<Box<ike::ChildKeys>>,
    sa: Option<ike::IkeSaId>,
    accounts: Accounts,
    mute: bool,
}

/// A world whose only client is about to dial such a server.
pub(crate) fn foreign() -> (World, Foreign) {
    let mut world = World::new(1);
    let node = world.add_stranger(Network::INTERNET, FOREIGN);
    world.server_address = FOREIGN;
    world.add_client(Network::INTERNET, public(10));
    world.tap_clients();
    (world, Foreign::at(node))
}

impl Foreign {
    pub(crate) fn at(node: NodeId) -> Foreign {
        let mut ike = ike::Config { pre_shared_keys: vec![PreSharedKey::for_any_peer(KEY)], ..ike::Config::default() };
        ike.child.ciphers = vec![ChildCipher::AesCbc128];
        ike.child.auths = vec![ChildAuth::HmacSha1_96];
        let mut accounts = Accounts::default();
        for number in 0..2 {
            let password = format!("password{number}").into_bytes().into();
            accounts.insert(Account { name: format!("user{number}"), password, address: None, disabled: false });
        }
        Foreign {
            node,
            ike: ike::Engine::new(ike),
            data: DataPath::new(Admission::default()),
            l2tp: l2tp::Engine::new(l2tp::Config::new("foreign")),
            ppp_config: ppp::ServerConfig::default(),
            ppp: None,
            call: None,
            older: Vec::new(),
            alter: Box::new(|_, message| vec![message.to_vec()]),
            decide: Box::new(|_| None),
            mirror: false,
            cuts_tags: false,
            child: None,
            sa: None,
            accounts,
            mute: false,
        }
    }

    /// Its place in the network.
    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// Changes what IKE accepts, before anybody dials.
    pub(crate) fn set_ike(&mut self, change: impl FnOnce(&mut ike::Config)) {
        let mut config = self.ike.config().clone();
        change(&mut config);
        self.ike.set_config(config);
    }

    /// Forgets everything, as after a power cut, and says nothing about it.
    pub(crate) fn restart(&mut self) {
        let config = self.ike.config().clone();
        let ppp_config = self.ppp_config.clone();
        *self = Foreign::at(self.node);
        self.ike.set_config(config);
        self.ppp_config = ppp_config;
    }

    /// From now on it neither hears nor says anything.
    pub(crate) fn vanish(&mut self) {
        self.mute = true;
    }

    /// Lets the client dial, and waits until it is connected.
    pub(crate) fn connect(&mut self, world: &mut World) {
        self.connect_client(world, 0);
    }

    /// Lets a client dial, and waits until it is connected.
    pub(crate) fn connect_client(&mut self, world: &mut World, index: usize) {
        world.dial(index);
        assert!(self.run(world, PATIENCE, |world| world.is_up(index)), "{:?}", world.end_of(index));
        self.run(world, Duration::from_secs(1), |_| false);
    }

    /// Lets the client dial, and waits until it gives up: why, and where it was.
    #[track_caller]
    pub(crate) fn refuse(&mut self, world: &mut World) -> Outcome {
        world.dial(0);
        self.see_the_end(world)
    }

    /// Waits until the client has ended: why, and where it was.
    #[track_caller]
    pub(crate) fn see_the_end(&mut self, world: &mut World) -> Outcome {
        let ended = self.run(world, 2 * PATIENCE, |world| world.end_of(0).is_some());
        assert!(ended, "the client does not come to an end");
        Outcome::of(world)
    }

    /// Lets time pass until `done`; whether it came to be done.
    pub(crate) fn run(&mut self, world: &mut World, patience: Duration, done: impl Fn(&World) -> bool) -> bool {
        let end = world.now + patience;
        loop {
            self.settle(world);
            if done(world) {
                return true;
            }
            if world.now >= end {
                return false;
            }
            let due = self.poll_timeout().map_or(end, |due| due.min(end));
            let wait = due.since(world.now).max(Duration::from_millis(1));
            world.run_until(wait, |world| !world.strangers.is_empty() || done(world));
            for (node, packet) in std::mem::take(&mut world.strangers) {
                if node == self.node && !self.mute {
                    self.handle(world, packet);
                    self.settle(world);
                }
            }
            self.handle_timeout(world);
        }
    }

    /// Sends an echo to the client and sees it arrive.
    #[track_caller]
    pub(crate) fn ping(&mut self, world: &mut World) {
        let packet = crate::packets::echo(LEASE.server, LEASE.client, "hello");
        self.send_frame(world, &wire::ppp::full_frame(Protocol::IPV4, &packet));
        self.run(world, Duration::from_secs(1), |world| !world.clients[0].tun.is_empty());
        let arrived = std::mem::take(&mut world.clients[0].tun);
        assert!(arrived.iter().any(|(_, octets)| *octets == packet), "the echo is lost");
    }

    /// Deletes its IKE SA and associations.
    pub(crate) fn close_ike(&mut self, world: &mut World) {
        self.ike.close(world.now, &mut world.rng, self.sa.expect("there was an attempt"));
        self.settle(world);
    }

    /// Says `message` to the client in the call, whatever else goes on.
    pub(crate) fn send_frame(&mut self, world: &mut World, frame: &[u8]) {
        let Some((link, _)) = self.call else { return };
        let mut wire = Wire::default();
        self.data.send_frame(link, frame, &mut wire);
        self.post(world, wire);
    }

    /// Says an L2TP control message, or anything else, to the client's port 1701.
    pub(crate) fn send_control(&mut self, world: &mut World, message: &[u8]) {
        let mut wire = Wire::default();
        self.data.send_control(CLIENT, message, &mut wire);
        self.post(world, wire);
    }

    fn poll_timeout(&mut self) -> Option<clock::Timestamp> {
        let sessions = self.ppp.iter().chain(self.older.iter().map(|(_, ppp)| ppp));
        let ppp = sessions.filter_map(ppp::Session::poll_timeout).min();
        [self.ike.poll_timeout(), self.l2tp.poll_timeout(), ppp].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, world: &mut World) {
        let now = world.now;
        self.ike.handle_timeout(now, &mut world.rng);
        self.l2tp.handle_timeout(now);
        for ppp in self.ppp.iter_mut().chain(self.older.iter_mut().map(|(_, ppp)| ppp)) {
            ppp.handle_timeout(now, &mut world.rng);
        }
    }

    fn handle(&mut self, world: &mut World, packet: Packet) {
        let now = world.now;
        let path = |local, remote| Path { local, remote };
        match packet {
            Packet::Udp { src, dst, mut payload } if dst.port() == 4500 => match Encapsulated::classify(&payload) {
                Encapsulated::Ike { offset } => {
                    self.ike.handle_datagram(now, &mut world.rng, path(dst, src), true, &payload[offset..]);
                }
                Encapsulated::Esp => self.open(world, path(dst, src), Encapsulation::Udp, &mut payload),
                Encapsulated::Keepalive | Encapsulated::Runt => {}
            },
            Packet::Udp { src, dst, payload } => {
                self.ike.handle_datagram(now, &mut world.rng, path(dst, src), false, &payload);
            }
            Packet::Esp { src, dst, mut payload } => {
                let path = path(SocketAddr::new(dst, 0), SocketAddr::new(src, 0));
                self.open(world, path, Encapsulation::Raw, &mut payload);
            }
            Packet::Unreachable { .. } => {}
        }
    }

    fn open(&mut self, world: &mut World, path: Path, encapsulation: Encapsulation, payload: &mut [u8]) {
        let len = payload.len();
        let mut wire = Wire::default();
        // The client, of which there is but one, does not move to where an older association of it is.
        let path = self.child.as_ref().map_or(path, |newest| newest.path);
        self.data.receive(world.now, path, encapsulation, payload, len, &mut wire);
        for punt in self.data.take_punts() {
            match punt {
                Punt::L2tp { peer, message } => self.l2tp.handle_control(world.now, &mut world.rng, peer, &message),
                Punt::Ppp { frame, .. } if self.mirror => self.send_frame(world, &frame),
                Punt::Ppp { link, frame } => {
                    let older = self.older.iter_mut().find(|(older, _)| *older == link).map(|(_, ppp)| ppp);
                    if let Some(ppp) = older.or(self.ppp.as_mut()) {
                        ppp.handle_frame(world.now, &mut world.rng, &frame);
                    }
                }
                Punt::RouterSolicitation { .. } | Punt::RouterAdvertisement { .. } | Punt::Dhcp { .. } => {}
            }
        }
    }

    /// Moves messages and events until nobody has anything to say.
    fn settle(&mut self, world: &mut World) {
        loop {
            let mut busy = false;
            while let Some(transmit) = self.ike.poll_transmit() {
                busy = true;
                for message in (self.alter)(Layer::Ike, &transmit.data) {
                    let marker = if transmit.encapsulated { &wire::esp::NON_ESP_MARKER[..] } else { &[] };
                    let payload = [marker, &message].concat();
                    let packet = Packet::udp(transmit.path.local, transmit.path.remote, &payload);
                    self.post(world, Wire { packets: vec![packet], ..Wire::default() });
                }
            }
            while let Some(event) = self.ike.poll_event() {
                busy = true;
                match event {
                    ike::Event::Started { sa, .. } => self.sa = Some(sa),
                    ike::Event::ChildUp { child, .. } => {
                        let link = link(&child, self.cuts_tags);
                        self.data.install_child(CLIENT, &link, &mut world.rng).expect("keys of the suite");
                        self.child = Some(child);
                    }
                    _ => {}
                }
            }
            while let Some((_, message)) = self.l2tp.poll_transmit() {
                busy = true;
                for message in (self.alter)(Layer::L2tp, &message) {
                    self.send_control(world, &message);
                }
            }
            while let Some(event) = self.l2tp.poll_event() {
                busy = true;
                self.on_l2tp(world, event);
            }
            while let Some(frame) = self.ppp.as_mut().and_then(ppp::Session::poll_transmit) {
                busy = true;
                for frame in (self.alter)(Layer::Ppp, &frame) {
                    self.send_frame(world, &frame);
                }
            }
            let older = self.older.iter_mut();
            let frames: Vec<_> = older.filter_map(|(link, ppp)| Some((*link, ppp.poll_transmit()?))).collect();
            for (link, frame) in frames {
                busy = true;
                let mut wire = Wire::default();
                self.data.send_frame(link, &frame, &mut wire);
                self.post(world, wire);
            }
            while let Some(event) = self.ppp.as_mut().and_then(ppp::Session::poll_event) {
                busy = true;
                self.on_ppp(world, event);
            }
            if !busy {
                return;
            }
        }
    }

    fn on_l2tp(&mut self, world: &mut World, event: l2tp::Event<PeerId>) {
        if let l2tp::Event::CallUp { session, remote_tunnel, remote_session, .. } = event {
            let layout =
                DataLayout { tunnel: remote_tunnel, session: remote_session, with_length: false, sequenced: false };
            let link = self.data.add_link(Link {
                peer: CLIENT,
                dialled: false,
                local: (session.tunnel.0, session.session),
                layout,
                via: None,
                next_ns: 0,
                compress_address: false,
                compress_protocol: false,
                mtu: 1400,
                ipv4: None,
                ipv6: None,
                traffic: Traffic::default(),
                told_alive: None,
            });
            let older = self.call.replace((link, session)).map(|(link, _)| link);
            self.older.extend(older.zip(self.ppp.take()));
            self.ppp = Some(ppp::Session::server(self.ppp_config.clone(), world.now, &mut world.rng));
        }
    }

    fn on_ppp(&mut self, world: &mut World, event: ppp::Event) {
        match (event, self.call) {
            (ppp::Event::Ask(ask), _) => {
                let reply = (self.decide)(&ask.question).unwrap_or_else(|| self.usual(&ask.question));
                if let Some(ppp) = &mut self.ppp {
                    ppp.handle_answer(world.now, &mut world.rng, ppp::Answer { id: ask.id, reply });
                }
            }
            (ppp::Event::Ipv4Up(settings), Some((link, _))) => self.data.set_ipv4(link, Some(settings.remote)),
            _ => {}
        }
    }

    fn usual(&self, question: &ppp::Question) -> ppp::Reply {
        match question {
            ppp::Question::Verify {
                user,
                user_bytes,
                credential: ppp::Credential::MsChapV2 { authenticator_challenge, peer_challenge, nt_response, .. },
            } => {
                let user_bytes = ppp::Credential::hashed_name(user_bytes);
                let response =
                    policy::MsChapV2Response { authenticator_challenge, peer_challenge, nt_response, user: user_bytes };
                match self.accounts.verify_mschapv2(user, response) {
                    Ok((_, proof)) => {
                        ppp::Reply::Accept { authenticator_response: Some(proof), message: String::new() }
                    }
                    Err(_) => reject(691),
                }
            }
            ppp::Question::Verify { .. } => ppp::Reply::Accept { authenticator_response: None, message: String::new() },
            ppp::Question::Address { .. } => ppp::Reply::Address(LEASE),
            ppp::Question::Credentials { .. } => ppp::Reply::GiveUp,
        }
    }

    fn post(&self, world: &mut World, wire: Wire) {
        if !self.mute {
            wire.packets.into_iter().for_each(|packet| world.net.send(world.now, self.node, packet));
        }
    }
}

/// The answer to a user whom the server does not let in, with a Windows error number.
pub(crate) fn reject(ras: u32) -> ppp::Reply {
    ppp::Reply::Reject { ras: wire::ppp::RasError(ras), retry_allowed: false, message: String::new() }
}

/// Replaces the L2TP messages of a kind by `message`, under the same numbers.
pub(crate) fn instead_of(kind: MessageType, message: Message) -> Alter {
    Box::new(move |layer, genuine| {
        let header = (layer == Layer::L2tp).then(|| Control::parse(genuine).expect("it is our own"));
        match header {
            Some(header) if header.kind == Some(kind) => {
                let mut octets = message.encode(header.tunnel, header.session);
                wire::l2tp::set_sequence(&mut octets, header.sequence);
                vec![octets]
            }
            _ => vec![genuine.to_vec()],
        }
    })
}

/// Replaces the frames of a PPP protocol: `replace` gets code, identifier and data, and gives information fields.
pub(crate) fn in_place_of(
    protocol: Protocol,
    mut replace: impl FnMut(wire::ppp::Packet<'_>) -> Vec<Vec<u8>> + 'static,
) -> Alter {
    Box::new(move |layer, genuine| match layer {
        Layer::Ppp => {
            let (this, offset) = wire::ppp::frame(genuine).expect("it is our own");
            if this != protocol {
                return vec![genuine.to_vec()];
            }
            let packet = wire::ppp::Packet::parse(&genuine[offset..]).expect("it is our own");
            replace(packet).into_iter().map(|information| wire::ppp::full_frame(protocol, &information)).collect()
        }
        Layer::Ike | Layer::L2tp => vec![genuine.to_vec()],
    })
}

fn link(child: &ike::ChildKeys, cuts_tags: bool) -> ChildLink {
    assert!(cuts_tags || child.suite == SUITE);
    let keys = |spi, keys| {
        let usual = keys_of(spi, keys);
        let cut = esp::Suite::Cbc(CbcAlg::Aes128, esp::Mac::HmacSha256_96);
        esp::Keys { suite: if cuts_tags { cut } else { usual.suite }, ..usual }
    };
    ChildLink {
        ike_sa: child.sa,
        inbound: keys(child.spi_in, &child.inbound),
        outbound: keys(child.spi_out, &child.outbound),
        encapsulation: match child.mode {
            Mode::Transport => Encapsulation::Raw,
            Mode::UdpTransport => Encapsulation::Udp,
        },
        path: child.path,
        local_port: 1701,
        remote_port: 1701,
    }
}
