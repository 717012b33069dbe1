//! The server's side of DHCPINFORM: an answer for a question, and nothing to remember between them.

use std::net::{Ipv4Addr, SocketAddrV4};

use wire::dhcp::{CLIENT_PORT, ClasslessRoute, Message, MessageType, Op, OptionCode, SERVER_PORT, encode_routes};
use wire::ip::Datagram;

use crate::Ipv4Net;

/// The largest message for a client that names no other size: what fits into a packet of the usual tunnel.
const MAX_SIZE: usize = 1372;

/// Octets of a value that one option holds.
const OPTION_MAX: usize = 255;

/// What a server tells its clients of the network behind it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offer {
    /// Name servers.
    pub dns: Vec<Ipv4Addr>,
    /// The domain that names without a dot are looked for in.
    pub domain: Option<String>,
    /// Where the tunnel leads.
    pub routes: Vec<Ipv4Net>,
}

impl Offer {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.domain.is_none() && self.routes.is_empty()
    }

    /// The answer, from the server at `server`, to an IP packet with a question from the client that has `client`; `None` when it
    /// is no such question.
    pub fn answer(&self, server: Ipv4Addr, client: Ipv4Addr, packet: &[u8]) -> Option<Vec<u8>> {
        let question = Datagram::parse(packet).filter(|_| is_request(packet))?;
        let addressed = [server, Ipv4Addr::BROADCAST].contains(question.destination.ip());
        if *question.source.ip() != client || !addressed {
            return None;
        }
        let message = Message::parse(question.payload).ok()?;
        let asks = message.op == Op::REQUEST && message.kind() == Some(MessageType::INFORM);
        if !asks || message.ciaddr != client {
            return None;
        }
        let payload = self.reply(server, message);
        let source = SocketAddrV4::new(server, SERVER_PORT);
        // To the client's address, whatever the broadcast flag says: it has one (RFC 2131 §4.3.5).
        let destination = SocketAddrV4::new(client, CLIENT_PORT);
        Some(Datagram { source, destination, payload: &payload }.to_packet())
    }

    fn reply(&self, server: Ipv4Addr, question: Message) -> Vec<u8> {
        let wanted = question.option(OptionCode::PARAMETERS).map(<[u8]>::to_vec);
        let wants = |code: OptionCode| wanted.as_ref().is_none_or(|wanted| wanted.contains(&code.0));
        let routes = self.route_options(server);
        let mut options = vec![
            (OptionCode::MESSAGE_TYPE, vec![MessageType::ACK.0]),
            (OptionCode::SERVER_ID, server.octets().to_vec()),
        ];
        if wanted.is_some() && wants(OptionCode::SUBNET_MASK) {
            // Nobody but the server is on the link.
            options.push((OptionCode::SUBNET_MASK, vec![255; 4]));
        }
        if !self.dns.is_empty() && wants(OptionCode::NAME_SERVERS) {
            options.push((OptionCode::NAME_SERVERS, self.dns.iter().flat_map(Ipv4Addr::octets).collect()));
        }
        if let Some(domain) = self.domain.as_ref().filter(|_| wants(OptionCode::DOMAIN)) {
            options.push((OptionCode::DOMAIN, domain.clone().into_bytes()));
        }
        let limit = match question.option(OptionCode::MAX_SIZE) {
            Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])).clamp(576, MAX_SIZE),
            _ => MAX_SIZE,
        };
        let mut reply = Message { op: Op::REPLY, secs: 0, yiaddr: Ipv4Addr::UNSPECIFIED, options, ..question };
        // Windows knows both codes, systems older than 2008 only Microsoft's, others only that of RFC 3442. A list of routes is
        // never cut: half of it would lead the other half elsewhere.
        let codes = [OptionCode::CLASSLESS_ROUTES, OptionCode::MICROSOFT_ROUTES];
        for code in codes.into_iter().filter(|&code| !routes.is_empty() && wants(code)) {
            let before = reply.options.len();
            reply.options.extend(routes.iter().map(|part| (code, part.clone())));
            if reply.encode().len() > limit {
                reply.options.truncate(before);
            }
        }
        reply.encode()
    }

    /// The values of the options that carry the routes together: each holds whole routes, for clients that do not join them.
    fn route_options(&self, router: Ipv4Addr) -> Vec<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for net in &self.routes {
            let route = encode_routes(&[classless(net, router)]);
            match parts.last_mut().filter(|part| part.len() + route.len() <= OPTION_MAX) {
                Some(part) => part.extend(route),
                None => parts.push(route),
            }
        }
        parts
    }
}

/// Whether an IP packet goes from a client's port to a server's, as questions do.
pub fn is_request(packet: &[u8]) -> bool {
    let ports = Datagram::parse(packet).map(|datagram| (datagram.source.port(), datagram.destination.port()));
    ports == Some((CLIENT_PORT, SERVER_PORT))
}

/// Windows takes no route without a router; the server is the only one on the link.
fn classless(net: &Ipv4Net, router: Ipv4Addr) -> ClasslessRoute {
    ClasslessRoute { destination: net.network(), prefix_len: net.prefix_len(), router }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
    const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

    fn offer() -> Offer {
        Offer {
            dns: vec![Ipv4Addr::new(10, 0, 0, 53)],
            domain: Some("corp.example".to_owned()),
            routes: vec!["10.0.0.0/8".parse().unwrap()],
        }
    }

    fn question(parameters: &[u8]) -> Message {
        let mut options = vec![(OptionCode::MESSAGE_TYPE, vec![8])];
        if !parameters.is_empty() {
            options.push((OptionCode::PARAMETERS, parameters.to_vec()));
        }
        Message {
            op: Op::REQUEST,
            htype: 8,
            hlen: 6,
            xid: 7,
            secs: 0,
            flags: 0x8000,
            ciaddr: CLIENT,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: [9; 16],
            options,
        }
    }

    fn packet(source: Ipv4Addr, destination: Ipv4Addr, message: &Message) -> Vec<u8> {
        let (source, destination) = (SocketAddrV4::new(source, 68), SocketAddrV4::new(destination, 67));
        Datagram { source, destination, payload: &message.encode() }.to_packet()
    }

    fn answer(message: &Message) -> Message {
        let answer = offer().answer(SERVER, CLIENT, &packet(CLIENT, Ipv4Addr::BROADCAST, message)).unwrap();
        let datagram = Datagram::parse(&answer).unwrap();
        assert_eq!(
            (datagram.source.to_string(), datagram.destination.to_string()),
            ("10.99.0.1:67".into(), "10.99.0.2:68".into())
        );
        Message::parse(datagram.payload).unwrap()
    }

    #[test]
    fn a_client_gets_what_it_asks_for() {
        let all = answer(&question(&[1, 6, 15, 121, 249]));
        assert_eq!((all.op, all.xid, all.chaddr, all.ciaddr), (Op::REPLY, 7, [9; 16], CLIENT));
        assert_eq!((all.yiaddr, all.kind()), (Ipv4Addr::UNSPECIFIED, Some(MessageType::ACK)));
        let routes: &[u8] = &[8, 10, 10, 99, 0, 1];
        assert_eq!(all.option(OptionCode::CLASSLESS_ROUTES), Some(routes));
        assert_eq!(all.option(OptionCode::MICROSOFT_ROUTES), Some(routes));
        assert_eq!(all.option(OptionCode::DOMAIN), Some(&b"corp.example"[..]));
        let old = answer(&question(&[6, 249]));
        assert_eq!(old.option(OptionCode::CLASSLESS_ROUTES), None);
        assert_eq!(old.option(OptionCode::MICROSOFT_ROUTES), Some(routes));
        assert!(
            answer(&question(&[])).option(OptionCode::NAME_SERVERS).is_some(),
            "without a list it wants everything"
        );
    }

    #[test]
    fn nothing_but_a_clients_own_inform_is_answered() {
        let good = question(&[6]);
        let ask = |source, destination, message: &Message| {
            offer().answer(SERVER, CLIENT, &packet(source, destination, message)).is_some()
        };
        assert!(ask(CLIENT, SERVER, &good));
        let other = Ipv4Addr::new(10, 99, 0, 3);
        assert!(!ask(other, SERVER, &good) && !ask(CLIENT, other, &good));
        assert!(!ask(CLIENT, SERVER, &Message { ciaddr: other, ..good.clone() }));
        assert!(!ask(CLIENT, SERVER, &Message { op: Op::REPLY, ..good.clone() }));
        let discover = vec![(OptionCode::MESSAGE_TYPE, vec![1])];
        assert!(!ask(CLIENT, SERVER, &Message { options: discover, ..good }));
    }

    #[test]
    fn routes_that_do_not_fit_are_left_out_whole() {
        let mut question = question(&[121, 249]);
        question.options.push((OptionCode::MAX_SIZE, 576_u16.to_be_bytes().to_vec()));
        let routes = (0..40).map(|number| format!("10.{number}.0.0/16").parse().unwrap()).collect();
        let offer = Offer { routes, ..Offer::default() };
        let answer = offer.answer(SERVER, CLIENT, &packet(CLIENT, SERVER, &question)).unwrap();
        let message = Message::parse(Datagram::parse(&answer).unwrap().payload).unwrap();
        assert_eq!(message.option(OptionCode::CLASSLESS_ROUTES).map(<[u8]>::len), Some(40 * 7));
        assert_eq!(message.option(OptionCode::MICROSOFT_ROUTES), None);
    }
}
