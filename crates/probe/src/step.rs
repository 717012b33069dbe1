use std::net::IpAddr;
use std::time::Duration;

use clock::Timestamp;
use ike::Software;
use ike::proposal::Phase1Suite;
use observe::network::Icmp;
use wire::isakmp::NotifyType;
use wire::ppp::{AuthProtocol, Mppe};
use wire::pptp as code;

use crate::methods::Methods;

/// One question that was asked, with what came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// When it was first asked.
    pub began: Timestamp,
    /// When it was settled.
    pub ended: Timestamp,
    /// What was found.
    pub finding: Finding,
}

/// What was asked and found.
#[derive(Clone, PartialEq, Debug)]
pub enum Finding {
    /// Echo requests.
    Echo {
        /// Requests.
        sent: u32,
        /// Answers.
        received: u32,
        /// The shortest time to an answer.
        fastest: Option<Duration>,
    },
    /// The first message of main mode.
    Main {
        /// To port 4500, behind the non-ESP marker; else to port 500.
        nat_t: bool,
        /// What was offered.
        offered: Vec<Phase1Suite>,
        /// Transmissions.
        sent: u32,
        /// What came.
        answer: IkeAnswer,
    },
    /// The third message of main mode: where a NAT is.
    Nat {
        /// What came.
        answer: NatAnswer,
    },
    /// The first message of IKEv2.
    Version2 {
        /// What came.
        answer: V2Answer,
    },
    /// Transforms of phase 1, one by one.
    Survey(Surveyed),
    /// The first message of aggressive mode.
    Aggressive {
        /// What was offered.
        suite: Phase1Suite,
        /// What came.
        answer: AggressiveAnswer,
    },
    /// L2TP outside IPsec.
    Clear {
        /// What came.
        answer: ClearAnswer,
    },
    /// TCP port 1723, and PPTP's first message.
    Pptp {
        /// What came.
        answer: ControlAnswer,
    },
    /// A PPTP call, and PPP in GRE.
    PptpCall {
        /// What came.
        answer: CallAnswer,
    },
    /// The PPP link in a PPTP call.
    PptpLink {
        /// The methods of authentication that the server has asked for, in its order.
        demanded: Vec<AuthProtocol>,
        /// What came.
        answer: LinkAnswer,
    },
    /// Authentication in a PPTP call.
    PptpLogOn {
        /// What came.
        answer: LogOnAnswer,
    },
    /// Encryption in a PPTP call. The probe has none, and sees what the server makes of that.
    PptpEncryption {
        /// What the server offered or asked for, if it did.
        mppe: Option<Mppe>,
        /// What came.
        answer: EncryptionAnswer,
    },
    /// The address in a PPTP call.
    PptpAddress {
        /// What came.
        answer: AddressAnswer,
    },
    /// The ways to authenticate that a PPTP server takes, asked for one by one in further calls.
    PptpMethods {
        /// How many calls that took.
        calls: usize,
        /// What came.
        methods: Methods,
    },
}

impl Finding {
    /// How the PPP link of a PPTP call ended too early, if it did.
    pub fn link_end(&self) -> Option<&LinkEnd> {
        match self {
            Finding::PptpLink { answer: LinkAnswer::Failed(end), .. }
            | Finding::PptpLogOn { answer: LogOnAnswer::Failed(end) }
            | Finding::PptpAddress { answer: AddressAnswer::Failed(end) } => Some(end),
            _ => None,
        }
    }
}

/// What answers the first message of main mode.
#[derive(Clone, PartialEq, Debug)]
pub enum IkeAnswer {
    /// One of the offered transforms was chosen.
    Chosen(Chosen),
    /// A notification in clear: nobody has proved who sent it.
    Notify(NotifyType),
    /// Another version of IKE.
    Version(u8),
    /// Something that is no answer to what was sent, in the words of the engine.
    Unusable(String),
    /// An ICMP error, and who sent it.
    Icmp(Icmp, Option<IpAddr>),
    /// Nothing.
    Silence,
}

/// A transform that was chosen, with what the answer says about the one who sent it.
#[derive(Clone, PartialEq, Debug)]
pub struct Chosen {
    /// The transform; `None` when it could not be read.
    pub suite: Option<Phase1Suite>,
    /// What its vendor IDs announce; unknown ones as their octets.
    pub vendors: Vec<String>,
    /// What it probably is.
    pub software: Software,
}

/// What answers the third message of main mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NatAnswer {
    /// NAT detection worked.
    Found {
        /// We are behind a NAT.
        here: bool,
        /// The server is.
        there: bool,
    },
    /// The server does not know NAT traversal.
    Unsupported,
    /// A notification in clear.
    Notify(NotifyType),
    /// Nothing that could be used.
    Silence,
}

/// What answers the first message of IKEv2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum V2Answer {
    /// The server takes the offer, or wants another group, or a cookie first: it speaks IKEv2.
    Speaks,
    /// It speaks IKEv2 and takes none of what was offered.
    NoProposal,
    /// It says that it does not speak IKEv2.
    Refused,
    /// Another notification of IKEv2.
    Notify(u16),
    /// The port is closed.
    Icmp(Icmp),
    /// Nothing.
    Silence,
}

/// What answers the first message of aggressive mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AggressiveAnswer {
    /// The second message, with a hash over the key: whoever asks can guess keys at home.
    Exposed,
    /// A notification.
    Refused(NotifyType),
    /// Nothing.
    Silence,
}

/// What trying transforms one by one found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Surveyed {
    /// Those that were chosen.
    pub accepted: Vec<Phase1Suite>,
    /// Those that were refused by a notification.
    pub refused: Vec<Phase1Suite>,
    /// Those without an answer.
    pub silent: Vec<Phase1Suite>,
    /// Those that were not tried, because nothing answered any more.
    pub untried: Vec<Phase1Suite>,
    /// At the end the server did not answer what it had answered before: the silent ones may be accepted.
    pub limited: bool,
}

/// What answers L2TP outside IPsec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClearAnswer {
    /// The server opens a tunnel without protection.
    Accepted {
        /// Its host name.
        host: String,
        /// Its vendor name.
        vendor: String,
    },
    /// It refuses with a result.
    Refused {
        /// RFC 2661 §4.4.2.
        result: u16,
    },
    /// Another message of L2TP.
    Other,
    /// An ICMP error.
    Icmp(Icmp),
    /// Nothing, as it should be.
    Silence,
}

/// What answers at TCP port 1723.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlAnswer {
    /// The control connection is up.
    Up(Notices),
    /// It is refused with a result.
    Refused {
        /// The result.
        result: code::ControlResult,
        /// What the server says of itself.
        notices: Notices,
    },
    /// It is open, and what comes is not PPTP.
    NotPptp,
    /// It is open, and nothing comes, or it is closed again.
    Mute,
    /// The connection is refused.
    Closed,
    /// A router or a filter says that there is no way.
    Unreachable,
    /// Nothing.
    Silence,
}

/// What a PPTP server says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notices {
    /// Host name.
    pub host: String,
    /// Product.
    pub vendor: String,
    /// Its version number.
    pub firmware: u16,
}

/// What answers a PPTP call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallAnswer {
    /// The call is taken, GRE comes, and what came shows that ours arrives.
    Gre,
    /// The call is taken, and no GRE comes.
    NoGre,
    /// The call is taken, and GRE comes, but nothing in it answers or acknowledges what we sent.
    OneWay {
        /// GRE packets of the call that came.
        received: u64,
    },
    /// The call is taken, and an ICMP error says that GRE does not get there, or not out of here; and who sent it.
    Icmp(Icmp, Option<IpAddr>),
    /// The call is taken and ended again by the server before any GRE came.
    Cut,
    /// The call is refused with a result, and more about a general error.
    Refused(code::CallResult, code::ErrorCode),
    /// Nothing.
    Silence,
    /// It was not tried: raw sockets are not permitted.
    NotTried,
}

/// What answers PPP in a PPTP call.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkAnswer {
    /// The link is agreed on.
    Up,
    /// It is not.
    Failed(LinkEnd),
}

/// How a PPP link ended.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkEnd {
    /// By PPP.
    Ppp {
        /// How far it had come.
        stage: ppp::Stage,
        /// Why.
        failure: ppp::Failure,
    },
    /// The server ended the call under it.
    Cut,
}

/// What answers a log-on in a PPTP call.
#[derive(Clone, PartialEq, Debug)]
pub enum LogOnAnswer {
    /// The server wants one, and there is nobody to log on.
    Unasked,
    /// The user is accepted: by this method, or without one.
    Accepted(Option<ppp::Method>),
    /// The user is not.
    Failed(LinkEnd),
}

/// What a server says of encryption in a PPTP call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EncryptionAnswer {
    /// The connection comes up without.
    NotRequired,
    /// The log-on is accepted, and then the server ends the call, or does not go on, for want of encryption.
    Required,
}

/// What answers the request for an address in a PPTP call.
#[derive(Clone, PartialEq, Debug)]
pub enum AddressAnswer {
    /// Addresses and name servers.
    Up(ppp::Ipv4Settings),
    /// There is none.
    Failed(LinkEnd),
}

/// What all of it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Main mode was answered at port 500 or 4500.
    pub ike: bool,
    /// A transform was chosen.
    pub agreed: bool,
    /// PPTP's control connection came up, and nothing behind it failed.
    pub pptp: bool,
}

impl Outcome {
    /// Takes in one finding.
    pub fn add(&mut self, finding: &Finding) {
        match finding {
            Finding::Main { answer: IkeAnswer::Chosen(_), .. } => (self.ike, self.agreed) = (true, true),
            Finding::Main { answer: IkeAnswer::Notify(_) | IkeAnswer::Version(_) | IkeAnswer::Unusable(_), .. } => {
                self.ike = true;
            }
            Finding::Pptp { answer: ControlAnswer::Up(_) } => self.pptp = true,
            Finding::PptpCall { answer: CallAnswer::Gre | CallAnswer::NotTried } => {}
            Finding::PptpCall { .. } | Finding::PptpEncryption { answer: EncryptionAnswer::Required, .. } => {
                self.pptp = false;
            }
            finding if finding.link_end().is_some() => self.pptp = false,
            _ => {}
        }
    }
}

/// Text of a peer without what could move a terminal's cursor.
pub(crate) fn printable(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
