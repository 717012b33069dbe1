//! RemoteAccess: the server of Windows. The numbers are those of the Windows SDK (mprlog.h) and, for their successors with an
//! identifier of the attempt in front, of Windows Server 2008 and later.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use observe::{About, Fact, Party, Side, host, ike, network, ppp, pptp, radius, reported};

use super::super::{Event, happened};
use super::{Found, address, between, code, guid, said, sentence};

pub(super) fn of(event: &Event) -> Found {
    let words = event.words();
    let values = said(event);
    let all: String = event.data.iter().flat_map(|(_, value)| [value.as_str(), " "]).chain([words.as_str()]).collect();
    let mut about = About { attempt: guid(&all).map(str::to_owned), ..About::default() };
    let first = values.first().copied();
    let user =
        first.or_else(|| between(&words, "user ", " connected")).or_else(|| between(&words, "The user ", " has "));
    let mut facts = match event.id {
        // A user, and where he comes from.
        20271 | 20189 | 20276 => {
            about.client = values.get(1).copied().or(Some(all.as_str())).and_then(address).map(outer);
            about.user = user.map(str::to_owned);
            refused(values.get(2).copied().unwrap_or(&words))
        }
        20187 | 20249 | 20014 | 20170 => {
            about.user = user.map(str::to_owned);
            refused(values.get(1).copied().unwrap_or(&words))
        }
        20076..=20078 => {
            let reason = match event.id {
                20076 => ppp::Reason::PasswordExpired,
                20077 => ppp::Reason::Expired,
                _ => ppp::Reason::NoDialin,
            };
            about.user = user.map(str::to_owned);
            vec![failed(None, Some(reason))]
        }
        20250 | 20141 | 20142 => {
            let user = user.map(str::to_owned);
            about.user.clone_from(&user);
            vec![ppp::Fact::Authenticated { method: None, user }.into()]
        }
        20049 => vec![ppp::Fact::AuthenticationTimedOut { at: Party::Server }.into()],
        20050 | 20253 => vec![ppp::Fact::NoNetworkProtocol { at: Party::Server }.into()],
        20080 => vec![ppp::Fact::EncryptionRequired { by: Party::Server }.into()],
        20073 | 20255 => {
            // Port, user, what happened.
            about.user = values.get(1).copied().filter(|user| !user.is_empty()).map(str::to_owned);
            let told = values.get(2).copied().unwrap_or(&words);
            sentence(told).and_then(code).into_iter().collect()
        }
        20109 | 20262 => vec![ppp::Fact::Incompatible { at: Party::Server, said: shown(&words) }.into()],
        20048 | 20194 | 20272 => up(&values),
        20274 | 20200 => {
            about.user = user.map(str::to_owned);
            let client = values.last().copied().or(Some(words.as_str())).and_then(address).and_then(v4);
            vec![ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp, client, server: None }.into()]
        }
        20275 | 20201 => vec![reported::Fact::Disconnected.into()],
        20086 | 20087 | 20169 => vec![network::Fact::DhcpUnanswered.into()],
        20167 => vec![ppp::Fact::NoAddress { at: Party::Server, exhausted: true }.into()],
        20146 => vec![radius::Fact::Unanswered { server: first.map(str::to_owned) }.into()],
        20148 => vec![radius::Fact::NotAsked { said: shown(&words) }.into()],
        20196 => vec![radius::Fact::SecretMismatch.into()],
        20192 => {
            let problem = ike::CertificateProblem::Missing;
            vec![ike::Fact::Certificate { at: Party::Server, of: Some(Party::Server), problem }.into()]
        }
        20209 => vec![pptp::Fact::NoGre { at: Party::Server }.into()],
        20054 | 20063 | 20132 | 20147 => vec![host::Fact::Stopped { program: "RemoteAccess".into() }.into()],
        20108 | 20114 | 20152 | 20171 => {
            vec![host::Fact::ConfigurationError { program: "RemoteAccess".into(), said: shown(&words) }.into()]
        }
        _ => return Found::default(),
    };
    facts.insert(0, happened("RemoteAccess", event.id));
    Found { side: Some(Side::Server), about, facts }
}

/// A refusal, and its reason as far as the sentence tells it.
fn refused(reason: &str) -> Vec<Fact> {
    let number = sentence(reason);
    let in_detail = match number {
        Some(646) => Some(ppp::Reason::LogonHours),
        Some(647) => Some(ppp::Reason::Disabled),
        Some(648) => Some(ppp::Reason::PasswordExpired),
        Some(649) => Some(ppp::Reason::NoDialin),
        Some(708) => Some(ppp::Reason::Expired),
        Some(812) => Some(ppp::Reason::Constraint),
        _ => None,
    };
    let mut facts = vec![failed(number.filter(|number| *number < 700), in_detail)];
    facts.extend(number.and_then(code));
    facts
}

fn failed(code: Option<u32>, reason: Option<ppp::Reason>) -> Fact {
    ppp::Fact::AuthenticationFailed { at: Party::Server, method: None, code, reason }.into()
}

/// User, port, four parts of dates, minutes, seconds, octets sent and received, reason.
fn up(values: &[&str]) -> Vec<Fact> {
    let number = |at: usize| values.get(at).and_then(|value| value.trim().parse::<u64>().ok());
    let (Some(minutes), Some(seconds)) = (number(6), number(7)) else {
        return vec![reported::Fact::Disconnected.into()];
    };
    let seconds = u32::try_from(minutes.saturating_mul(60).saturating_add(seconds)).unwrap_or(u32::MAX);
    let traffic = number(9).zip(number(8));
    vec![ppp::Fact::Up { seconds, traffic }.into(), reported::Fact::Disconnected.into()]
}

fn outer(address: IpAddr) -> SocketAddr {
    SocketAddr::new(address, 0)
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn shown(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}
