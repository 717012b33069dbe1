//! Sockets: `ss -lunpt`, `netstat -lunpt`, `netstat -ano`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use observe::host::Fact;
use observe::{About, SourceKind};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words;

/// Reads listings of sockets.
#[derive(Default)]
pub(crate) struct Sockets {
    listing: Option<Listing>,
}

/// What is known of the listing that is being read.
#[derive(Default)]
struct Listing {
    /// What the sockets of `ss` without a column for it are.
    udp: bool,
    seen_tcp: bool,
    seen_udp: bool,
    /// The number of entries.
    rows: u32,
}

impl Reader for Sockets {
    fn kind(&self) -> SourceKind {
        SourceKind::Sockets
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if is_heading(text) {
            self.finish(out);
            self.listing = Some(Listing::default());
            return true;
        }
        let Some(listing) = &mut self.listing else { return false };
        let columns: Vec<&str> = text.split_whitespace().take(10).collect();
        let Some(row) = row(&columns, listing) else {
            if !text.is_empty() && !text.starts_with("unix") && !text.starts_with('[') {
                self.finish(out);
            }
            return false;
        };
        listing.rows += 1;
        if row.tcp {
            listing.seen_tcp = true;
        } else {
            listing.seen_udp = true;
        }
        if row.listening {
            out.say(About::default(), Fact::Listening { tcp: row.tcp, address: row.address, owner: row.owner });
        }
        true
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if let Some(listing) = self.listing.take()
            && listing.seen_tcp
            && listing.seen_udp
        {
            out.say_whole("the listing of sockets", About::default(), Fact::ListeningComplete);
        }
    }
}

fn is_heading(text: &str) -> bool {
    text.contains("Local Address") && (text.contains("Peer Address") || text.contains("Foreign Address"))
        || text.starts_with("Proto ") && text.contains("Recv-Q")
        // Windows in other languages: the first column keeps its name in most of them.
        || text.starts_with("Proto ") && text.len() < 200 && text.contains("PID")
        || text.contains("本地地址") && text.contains("外部地址")
        || text.contains("ローカル アドレス") && text.contains("外部アドレス")
        || text.starts_with("Proto") && text.contains("Endere")
}

struct Row {
    tcp: bool,
    address: SocketAddr,
    listening: bool,
    owner: Option<String>,
}

fn row(columns: &[&str], listing: &mut Listing) -> Option<Row> {
    let first = columns.first()?.to_ascii_lowercase();
    let (protocol, rest) = match first.as_str() {
        "tcp" | "tcp4" | "tcp6" | "tcp46" => (Some(true), columns.get(1..)?),
        "udp" | "udp4" | "udp6" | "udp46" => (Some(false), columns.get(1..)?),
        "listen" | "unconn" | "estab" => (None, columns),
        _ => return None,
    };
    let mut addresses = rest
        .iter()
        .filter(|column| column.contains([':', '*']) && !column.starts_with("users:"))
        .filter_map(|column| socket(column));
    let address = addresses.next()?;
    let peer = addresses.next();
    let state = rest.iter().find(|column| {
        column.bytes().all(|octet| octet.is_ascii_uppercase() || octet == b'_' || octet == b'-') && column.len() > 3
    });
    let tcp = protocol.unwrap_or_else(|| {
        let unconnected = state.is_some_and(|state| *state == "UNCONN");
        listing.udp |= unconnected;
        !unconnected
    });
    let open_ended = peer.is_none_or(|peer| peer.port() == 0);
    let listening = open_ended && state.is_none_or(|state| matches!(*state, "LISTEN" | "LISTENING" | "UNCONN") || !tcp);
    let owner = rest.last().and_then(|last| {
        let program = last.strip_prefix("users:((\"").and_then(|rest| rest.split('"').next()).map(str::to_owned);
        let linux = last
            .split_once('/')
            .filter(|(pid, _)| pid.bytes().all(|octet| octet.is_ascii_digit()))
            .map(|(_, name)| name.trim_end_matches(':').to_owned());
        let windows = Some(*last)
            .filter(|last| !last.is_empty() && last.bytes().all(|octet| octet.is_ascii_digit()))
            .map(str::to_owned);
        program.or(linux).or(windows)
    });
    Some(Row { tcp, address, listening, owner })
}

/// "0.0.0.0:500", "[::]:500", ":::500", "*:500", "0.0.0.0%eth0:68", "192.0.2.1.500" of macOS.
fn socket(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.rsplit_once(':').or_else(|| text.rsplit_once('.'))?;
    let port = if port == "*" { 0 } else { port.parse().ok()? };
    let address = match address {
        "*" | "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        other => words::ip(other)?,
    };
    Some(SocketAddr::new(address, port))
}
