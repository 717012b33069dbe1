use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};

use clock::Timestamp;

use crate::dice::Dice;
use crate::link::{Lane, Passage};
use crate::nat::Nat;
use crate::{Capture, Direction, Link, NatConfig, Oversize, Packet, Unreachable};

/// A host or a NAT box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(usize);

/// A place where nodes reach each other: the Internet, or what is behind one NAT box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId(usize);

/// Why the network did not deliver a packet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DropReason {
    /// Lost on a link.
    Lost,
    /// Longer than a link's MTU.
    TooBig,
    /// A link's bandwidth was exceeded.
    QueueFull,
    /// Discarded by a firewall.
    Firewall,
    /// A NAT box has no mapping for it, or does not let its sender through.
    Nat,
    /// Nobody has its destination address.
    NoRoute,
}

/// Segments in a tree with the Internet at its root, hosts on the segments, a NAT box between a segment and the one above.
///
/// Use [`Network::send`] for what hosts say, then advance time to [`Network::next_event`] and call [`Network::poll`] until it
/// gives `None`. Dropped during a panic, the network leaves what its taps recorded in the directory `causeway-sim` of the
/// system's temporary directory.
#[derive(Debug)]
pub struct Network {
    name: String,
    dice: Dice,
    nodes: Vec<Node>,
    segments: Vec<Segment>,
    /// Packets on their way, in the order of their arrival; the number breaks ties in the order of sending.
    queue: BinaryHeap<Reverse<(Timestamp, u64)>>,
    travelling: HashMap<u64, (Hop, Packet, Extent)>,
    sent: u64,
    drops: BTreeMap<DropReason, u64>,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    addresses: Vec<IpAddr>,
    segment: SegmentId,
    link: Link,
    up: Lane,
    down: Lane,
    capture: Option<Capture>,
}

#[derive(Debug)]
enum Kind {
    Host,
    Nat { nat: Nat, inside: SegmentId },
}

#[derive(Debug, Default)]
struct Segment {
    nodes: Vec<NodeId>,
    /// The box that leads out of it.
    gateway: Option<NodeId>,
}

/// How much of a packet is on its way.
#[derive(Clone, Copy, Debug)]
enum Extent {
    Whole,
    /// The first fragment, cut for a line with this MTU.
    First {
        mtu: u16,
    },
}

/// Where a packet on its way arrives next.
#[derive(Clone, Copy, Debug)]
enum Hop {
    Segment(SegmentId),
    Node(NodeId),
}

impl Network {
    /// The root of every network.
    pub const INTERNET: SegmentId = SegmentId(0);

    /// An empty Internet whose chances come from `seed`.
    pub fn new(seed: u64) -> Self {
        Network {
            name: format!("seed-{seed}"),
            dice: Dice::new(seed),
            nodes: Vec::new(),
            segments: vec![Segment::default()],
            queue: BinaryHeap::new(),
            travelling: HashMap::new(),
            sent: 0,
            drops: BTreeMap::new(),
        }
    }

    /// The same with a name for the files that a failing test leaves.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// Adds a host with its addresses to a segment.
    pub fn add_host(&mut self, segment: SegmentId, addresses: &[IpAddr], link: Link) -> NodeId {
        self.add(Kind::Host, segment, addresses, link)
    }

    /// Adds a NAT box to the segment `outside` and gives it and the new segment behind it.
    pub fn add_nat(
        &mut self,
        outside: SegmentId,
        address: IpAddr,
        config: NatConfig,
        link: Link,
    ) -> (NodeId, SegmentId) {
        let inside = SegmentId(self.segments.len());
        self.segments.push(Segment::default());
        let nat = self.add(Kind::Nat { nat: Nat::new(config, address), inside }, outside, &[address], link);
        self.segments[inside.0].gateway = Some(nat);
        (nat, inside)
    }

    /// The line of a node, to look at or to change on the way.
    pub fn link_mut(&mut self, node: NodeId) -> &mut Link {
        &mut self.nodes[node.0].link
    }

    /// Gives a host other addresses, or a NAT box another outer one, which forgets its mappings.
    pub fn readdress(&mut self, node: NodeId, addresses: &[IpAddr]) {
        let node = &mut self.nodes[node.0];
        node.addresses = addresses.to_vec();
        if let (Kind::Nat { nat, .. }, Some(&address)) = (&mut node.kind, addresses.first()) {
            nat.forget(address);
        }
    }

    /// Moves a host to another segment with other addresses, as a phone that leaves the house.
    pub fn roam(&mut self, host: NodeId, segment: SegmentId, addresses: &[IpAddr]) {
        let old = std::mem::replace(&mut self.nodes[host.0].segment, segment);
        self.segments[old.0].nodes.retain(|&node| node != host);
        self.segments[segment.0].nodes.push(host);
        self.readdress(host, addresses);
    }

    /// Makes a NAT box forget its mappings, as after a restart; `preserve_ports` says whether it finds the old ports again.
    pub fn restart_nat(&mut self, nat: NodeId, preserve_ports: bool) {
        let node = &mut self.nodes[nat.0];
        if let (Kind::Nat { nat, .. }, Some(&address)) = (&mut node.kind, node.addresses.first()) {
            nat.config.preserve_ports = preserve_ports;
            nat.forget(address);
        }
    }

    /// The outer port that a NAT box has for an inner end, if there is a mapping.
    pub fn outer_port(&self, now: Timestamp, nat: NodeId, inner: SocketAddr) -> Option<u16> {
        match &self.nodes[nat.0].kind {
            Kind::Nat { nat, .. } => nat.outer_port(now, inner),
            Kind::Host => None,
        }
    }

    /// Records from now on what a node sends and what it gets; for a NAT box, on its outer side.
    pub fn tap(&mut self, node: NodeId) {
        self.nodes[node.0].capture.get_or_insert_default();
    }

    /// What a tapped node has sent and got.
    pub fn capture(&self, node: NodeId) -> Option<&Capture> {
        self.nodes[node.0].capture.as_ref()
    }

    /// Packets that were not delivered, by reason.
    pub fn drops(&self, reason: DropReason) -> u64 {
        self.drops.get(&reason).copied().unwrap_or(0)
    }

    /// Sends a packet from a host. Its source address is not checked: hosts may lie.
    pub fn send(&mut self, now: Timestamp, host: NodeId, packet: Packet) {
        self.cross(now, host, Direction::Out, packet, Extent::Whole);
    }

    /// When a packet next arrives somewhere, if any is on its way: at a host, or between its lines.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// The next packet that has arrived at a host by `now`.
    pub fn poll(&mut self, now: Timestamp) -> Option<(NodeId, Packet)> {
        while let Some(&Reverse((at, number))) = self.queue.peek()
            && at <= now
        {
            self.queue.pop();
            let Some((hop, packet, extent)) = self.travelling.remove(&number) else { continue };
            match hop {
                Hop::Segment(segment) => self.route(at, segment, packet, extent),
                Hop::Node(node) => {
                    let mtu = self.nodes[node.0].link.fragments_beyond();
                    if let Some(capture) = &mut self.nodes[node.0].capture {
                        match extent {
                            Extent::Whole => capture.record(at, &packet, mtu),
                            Extent::First { mtu } => capture.record_first(at, &packet, mtu),
                        }
                    }
                    if let Extent::First { .. } = extent {
                        // Nobody makes anything of a part.
                        self.drop_for(DropReason::TooBig);
                        continue;
                    }
                    match &mut self.nodes[node.0].kind {
                        Kind::Host => return Some((node, packet)),
                        Kind::Nat { nat, inside } => {
                            let inside = *inside;
                            match nat.inbound(at, packet) {
                                Some(packet) => self.route(at, inside, packet, Extent::Whole),
                                None => self.drop_for(DropReason::Nat),
                            }
                        }
                    }
                }
            }
        }
        None
    }

    fn add(&mut self, kind: Kind, segment: SegmentId, addresses: &[IpAddr], link: Link) -> NodeId {
        let id = NodeId(self.nodes.len());
        let (up, down) = (Lane::default(), Lane::default());
        self.nodes.push(Node { kind, addresses: addresses.to_vec(), segment, link, up, down, capture: None });
        self.segments[segment.0].nodes.push(id);
        id
    }

    /// Passes a packet over a node's link.
    fn cross(&mut self, now: Timestamp, id: NodeId, direction: Direction, packet: Packet, extent: Extent) {
        let node = &mut self.nodes[id.0];
        if direction == Direction::Out
            && let Some(capture) = &mut node.capture
        {
            capture.record(now, &packet, node.link.fragments_beyond());
        }
        let mtu = node.link.mtu;
        let extent = match extent {
            Extent::Whole if node.link.oversize == Oversize::LoseRest && packet.ip_len() > usize::from(mtu) => {
                Extent::First { mtu }
            }
            extent => extent,
        };
        if node.link.firewall.iter().any(|rule| rule.discards(direction, &packet)) {
            return self.drop_for(DropReason::Firewall);
        }
        let (lane, hop) = match direction {
            Direction::Out => (&mut node.up, Hop::Segment(node.segment)),
            Direction::In => (&mut node.down, Hop::Node(id)),
        };
        let report = (node.link.oversize == Oversize::Report).then(|| packet.clone());
        match lane.pass(now, &node.link, &mut self.dice, packet) {
            Passage::Arrives(copies) => {
                for (at, packet) in copies {
                    self.queue.push(Reverse((at, self.sent)));
                    self.travelling.insert(self.sent, (hop, packet, extent));
                    self.sent += 1;
                }
            }
            Passage::Dropped(reason) => {
                let (mtu, segment) = (node.link.mtu, node.segment);
                let addresses = node.addresses.clone();
                self.drop_for(reason);
                if let (DropReason::TooBig, Some(original)) = (reason, report)
                    && let Some(src) = addresses.into_iter().find(|own| own.is_ipv4() == original.source().is_ipv4())
                    && !matches!(original, Packet::Unreachable { .. })
                {
                    let (dst, reason) = (original.source(), Unreachable::TooBig { mtu });
                    let report = Packet::Unreachable { src, dst, reason, original: Box::new(original) };
                    self.route(now, segment, report, Extent::Whole);
                }
            }
        }
    }

    /// Finds the way of a packet that is on a segment.
    fn route(&mut self, now: Timestamp, id: SegmentId, packet: Packet, extent: Extent) {
        let destination = packet.destination();
        let segment = &self.segments[id.0];
        let owner = segment.nodes.iter().find(|node| self.nodes[node.0].addresses.contains(&destination)).copied();
        if let Some(owner) = owner {
            return self.cross(now, owner, Direction::In, packet, extent);
        }
        let Some(gateway) = segment.gateway else {
            return self.drop_for(DropReason::NoRoute);
        };
        if let Kind::Nat { nat, .. } = &mut self.nodes[gateway.0].kind {
            match nat.outbound(now, &mut self.dice, packet) {
                Some(packet) => self.cross(now, gateway, Direction::Out, packet, extent),
                None => self.drop_for(DropReason::Nat),
            }
        }
    }

    fn drop_for(&mut self, reason: DropReason) {
        *self.drops.entry(reason).or_default() += 1;
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let directory = std::env::temp_dir().join("causeway-sim");
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(capture) = &node.capture else { continue };
            let path = directory.join(format!("{}-node-{index}.pcap", self.name));
            let written = std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&path, capture.to_bytes()));
            match written {
                Ok(()) => eprintln!("{} packets are in {}", capture.len(), path.display()),
                Err(error) => eprintln!("the capture for {} is lost: {error}", path.display()),
            }
        }
    }
}
