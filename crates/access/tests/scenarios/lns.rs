//! An L2TP server without IPsec, made of the engines alone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ppp::{Answer, Credential, Ipv4Lease, Question, Reply};
use sim::{Network, NodeId, Packet};
use wire::l2tp::DataLayout;
use wire::ppp::Protocol;

use crate::world::{World, server_config};

/// The address it assigns.
pub(crate) const ASSIGNED: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 2);

pub(crate) struct Lns {
    node: NodeId,
    /// Where it answers from.
    pub(crate) local: SocketAddr,
    /// Where the client is.
    remote: Option<SocketAddr>,
    l2tp: l2tp::Engine<()>,
    call: Option<(DataLayout, ppp::Session)>,
    /// IP packets that came.
    pub(crate) packets: Vec<Vec<u8>>,
    /// Datagrams that came, of whatever kind, with the ports they came to.
    pub(crate) heard: Vec<(u16, Vec<u8>)>,
}

impl Lns {
    /// A server at `address` which answers from `port`.
    pub(crate) fn new(world: &mut World, address: IpAddr, port: u16) -> Lns {
        let l2tp = l2tp::Config { accept_incoming: true, ..l2tp::Config::new("lns") };
        Lns {
            node: world.add_stranger(Network::INTERNET, address),
            local: SocketAddr::new(address, port),
            remote: None,
            l2tp: l2tp::Engine::new(l2tp),
            call: None,
            packets: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Lets time pass in which it answers.
    pub(crate) fn run_for(&mut self, world: &mut World, duration: Duration) {
        let end = world.now + duration;
        while world.now < end {
            self.settle(world);
            world.run_for(Duration::from_millis(20));
            for (node, packet) in std::mem::take(&mut world.strangers) {
                if let Packet::Udp { src, dst, payload } = packet
                    && node == self.node
                {
                    self.heard.push((dst.port(), payload.clone()));
                    self.remote = Some(src);
                    self.take(world, payload);
                }
            }
            self.l2tp.handle_timeout(world.now);
            if let Some((_, ppp)) = &mut self.call {
                ppp.handle_timeout(world.now, &mut world.rng);
            }
        }
    }

    /// Knows what another one knows of its client.
    pub(crate) fn adopt(&mut self, other: &Lns) {
        self.remote = other.remote;
    }

    /// Sends an IP packet into the call.
    pub(crate) fn send_ip(&mut self, world: &mut World, packet: &[u8]) {
        let frame = [&[0xff, 3], &Protocol::IPV4.0.to_be_bytes()[..], packet].concat();
        self.send_frame(world, &frame);
    }

    /// Sends a datagram from where it answers.
    pub(crate) fn send(&self, world: &mut World, payload: &[u8]) {
        let remote = self.remote.expect("a client was here");
        world.net.send(world.now, self.node, Packet::udp(self.local, remote, payload));
    }

    fn send_frame(&self, world: &mut World, frame: &[u8]) {
        let Some((layout, _)) = &self.call else { panic!("there is no call") };
        let mut header = [0; wire::l2tp::DATA_HEADER_MAX_LEN];
        let len = layout.write(&mut header, frame.len(), 0).unwrap();
        self.send(world, &[&header[..len], frame].concat());
    }

    fn take(&mut self, world: &mut World, mut payload: Vec<u8>) {
        if wire::l2tp::is_control(&payload) {
            return self.l2tp.handle_control(world.now, &mut world.rng, (), &payload);
        }
        let header = wire::l2tp::data_header(&payload).unwrap();
        let frame = &mut payload[header.payload_offset..header.payload_end];
        let (protocol, offset) = wire::ppp::frame(frame).unwrap();
        match (&mut self.call, protocol) {
            (_, Protocol::IPV4) => self.packets.push(frame[offset..].to_vec()),
            (Some((_, ppp)), _) => ppp.handle_frame(world.now, &mut world.rng, frame),
            (None, _) => {}
        }
    }

    fn settle(&mut self, world: &mut World) {
        while let Some(event) = self.l2tp.poll_event() {
            if let l2tp::Event::CallUp { remote_tunnel, remote_session, .. } = event {
                let layout =
                    DataLayout { tunnel: remote_tunnel, session: remote_session, with_length: false, sequenced: false };
                let config = ppp::ServerConfig { methods: vec![ppp::Method::ChapMd5], ..ppp::ServerConfig::default() };
                self.call = Some((layout, ppp::Session::server(config, world.now, &mut world.rng)));
            }
        }
        while let Some(ask) = self.call.as_mut().and_then(|(_, ppp)| ppp_ask(ppp)) {
            let reply = decide(&ask.question);
            let (_, ppp) = self.call.as_mut().expect("it has just asked");
            ppp.handle_answer(world.now, &mut world.rng, Answer { id: ask.id, reply });
        }
        while let Some((_, message)) = self.l2tp.poll_transmit() {
            self.send(world, &message);
        }
        while let Some(frame) = self.call.as_mut().and_then(|(_, ppp)| ppp.poll_transmit()) {
            self.send_frame(world, &frame);
        }
    }
}

fn ppp_ask(ppp: &mut ppp::Session) -> Option<ppp::Ask> {
    while let Some(event) = ppp.poll_event() {
        if let ppp::Event::Ask(ask) = event {
            return Some(ask);
        }
    }
    None
}

fn decide(question: &Question) -> Reply {
    match question {
        Question::Verify { user, credential: Credential::ChapMd5 { identifier, challenge, response }, .. } => {
            let accounts = server_config().accounts;
            match accounts.verify_chap_md5(user, *identifier, challenge, response) {
                Ok(_) => Reply::Accept { authenticator_response: None, message: String::new() },
                Err(denied) => {
                    let ras = wire::ppp::RasError(denied.ras().into());
                    Reply::Reject { ras, retry_allowed: false, message: String::new() }
                }
            }
        }
        Question::Address { .. } => {
            let server = Ipv4Addr::new(10, 98, 0, 1);
            Reply::Address(Ipv4Lease { client: ASSIGNED, server, dns: [None; 2], nbns: [None; 2] })
        }
        other => panic!("not expected: {other:?}"),
    }
}
