use crate::{Failure, Stage};

/// A tunnel, by the id that we assigned. Not zero, not guessable, unique among the tunnels of all workers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TunnelId(pub u16);

/// A call, by the ids that we assigned: what the header of its data messages carries towards us.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId {
    /// The tunnel.
    pub tunnel: TunnelId,
    /// The session; unique in its tunnel, not zero, not guessable.
    pub session: u16,
}

/// What the peer says about itself in SCCRQ or SCCRP. Octets as received: escape them before they are shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerIdentity {
    /// Its name.
    pub host_name: Option<Vec<u8>>,
    /// Its product.
    pub vendor_name: Option<Vec<u8>>,
    /// Its version, in the vendor's own numbering; Windows 10 sends 0x0a00.
    pub firmware: Option<u16>,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event<P> {
    /// A control connection exists.
    TunnelUp {
        /// With whom.
        peer: P,
        /// Which.
        tunnel: TunnelId,
        /// Who the peer says it is.
        identity: PeerIdentity,
    },
    /// A call exists: data may flow.
    CallUp {
        /// With whom.
        peer: P,
        /// Our ids, which data messages to us carry.
        session: SessionId,
        /// The peer's id of the tunnel, which data messages from us carry.
        remote_tunnel: u16,
        /// The peer's id of the session, which data messages from us carry.
        remote_session: u16,
        /// Who made the call.
        origin: Origin,
        /// The peer demands numbered data messages.
        sequencing_required: bool,
        /// Bits per second towards the caller, as the caller's side names it.
        tx_connect_speed: Option<u32>,
        /// Whom the caller called.
        called_number: Option<Vec<u8>>,
        /// Who called.
        calling_number: Option<Vec<u8>>,
        /// The GUID by which Windows ties the call to its own log.
        correlation_id: Option<[u8; 16]>,
    },
    /// A call that was up has ended.
    CallDown {
        /// With whom.
        peer: P,
        /// Which.
        session: SessionId,
        /// Why.
        failure: Failure,
    },
    /// A control connection that was up has ended; its calls have been reported before.
    TunnelDown {
        /// With whom.
        peer: P,
        /// Which.
        tunnel: TunnelId,
        /// Why.
        failure: Failure,
    },
    /// A tunnel or a call was attempted and did not come up. Reported once for each attempt; of a peer that asks
    /// for one tunnel after the other and gets none, only the first few within half a minute.
    Failed {
        /// With whom.
        peer: P,
        /// In which tunnel, if the attempt got as far as an id.
        tunnel: Option<TunnelId>,
        /// [`Stage::Tunnel`] when the tunnel did not come up, [`Stage::Call`] when a call in it did not.
        stage: Stage,
        /// Why.
        failure: Failure,
    },
}

/// Who began a tunnel or a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// We did: we are the LAC.
    Local,
    /// The peer did: we are the LNS.
    Peer,
}

/// One tunnel, for a status listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TunnelInfo<P> {
    /// With whom.
    pub peer: P,
    /// Our id.
    pub tunnel: TunnelId,
    /// The peer's id; zero while it is not known.
    pub remote_tunnel: u16,
    /// Who began it.
    pub origin: Origin,
    /// How far it is; `None` when it is ending.
    pub stage: Option<Stage>,
    /// Who the peer says it is.
    pub identity: PeerIdentity,
    /// Calls in it.
    pub sessions: usize,
}

/// One call, for a status listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionInfo<P> {
    /// With whom.
    pub peer: P,
    /// Our ids.
    pub session: SessionId,
    /// The peer's id of the tunnel.
    pub remote_tunnel: u16,
    /// The peer's id of the session; zero while it is not known.
    pub remote_session: u16,
    /// [`Stage::Call`] or [`Stage::Up`].
    pub stage: Stage,
}
