//! SoftEther VPN Server, its log in English. A line of a client begins with the module and the client's address.

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::ike::{Fact, Message, Phase, Suite};
use observe::ppp::{self, Method, Protocol, Reason};
use observe::{About, Party, Role, SourceKind, host, ike, l2tp, radius, reported};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between, quoted};

/// Reads the server's log.
#[derive(Default)]
pub(crate) struct SoftEther {
    /// What is known of a connection "CID-2": the client, and its user.
    connections: HashMap<String, About>,
    /// The users of clients, by address.
    users: HashMap<std::net::IpAddr, String>,
}

/// Connections and users that are remembered.
const MOST: usize = 4096;

impl Reader for SoftEther {
    fn kind(&self) -> SourceKind {
        SourceKind::SoftEther
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "vpnserver" | "vpnbridge")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        if self.connections.len() > MOST || self.users.len() > MOST {
            self.connections.clear();
            self.users.clear();
        }
        let text = line.text;
        let known = if let Some(rest) = text.strip_prefix("IPsec ") {
            self.ipsec(rest, out)
        } else if let Some((head, message)) =
            text.split_once("]: ").filter(|(head, _)| head.contains("PPP Session [") && head.len() < 120)
        {
            self.ppp(head, message, out);
            true
        } else if let Some((hub, message)) = text.strip_prefix("[HUB \"").and_then(|rest| rest.split_once("\"] ")) {
            let _ = hub;
            self.hub(message, out);
            true
        } else {
            self.server(text, out)
        };
        if known {
            out.is(Role::Server, 5);
        }
        known || line.program.is_some_and(|program| self.is_program(program))
    }
}

impl SoftEther {
    /// Of the client at this address.
    fn about(&self, client: Option<SocketAddr>, attempt: Option<String>) -> About {
        let user = client.and_then(|client| self.users.get(&client.ip()).cloned());
        About { client, user, attempt, ..About::default() }
    }

    /// "Client 1 (192.0.2.1:500 -> 0.0.0.0:500): message" and the like.
    fn ipsec(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let Some((head, message)) = text.split_once("): ") else { return text.starts_with("Module: ") };
        let client = after(head, " (")
            .map(|inside| inside.rsplit('(').next().unwrap_or(inside))
            .and_then(|inside| inside.split(" -> ").next())
            .and_then(words::socket);
        let number = words::number_after(head, "Client: ").or_else(|| words::number_after(head, "Client "));
        if client.is_none() && number.is_none() {
            return false;
        }
        let port_4500 = client.is_some_and(|client| client.port() != 500) && head.ends_with(":4500");
        let about = self.about(client, number.map(|number| format!("IPsec client {number}")));
        let at = Party::Here;
        let fact = if message.starts_with("A new IKE SA") {
            let from = Party::There;
            let exchange = if message.contains("Aggressive") {
                ike::Exchange::AggressiveMode(1)
            } else {
                ike::Exchange::MainMode(1)
            };
            let cookies = cookie(message, "Initiator Cookie: 0x").zip(cookie(message, "Responder Cookie: 0x"));
            let first = Message { from, exchange, id: 0, cookies, port_4500, repeated: false, octets: None };
            out.say(about.clone(), Fact::Message(first));
            Fact::Chosen { phase: Phase::One, suite: suite(message) }
        } else if message.starts_with("This IKE SA is established") {
            Fact::Phase1Up { certificate: Some(false) }
        } else if message.starts_with("The client initiates a QuickMode") {
            let exchange = ike::Exchange::QuickMode(1);
            Fact::Message(Message {
                from: Party::There,
                exchange,
                id: 0,
                cookies: None,
                port_4500,
                repeated: false,
                octets: None,
            })
        } else if message.starts_with("A new IPsec SA") && message.contains("Client -> Server") {
            Fact::Chosen { phase: Phase::Two, suite: suite(message) }
        } else if message.starts_with("This IPsec SA is established") {
            Fact::Phase2Up { encapsulated: Some(port_4500), transport: None, suite: None, spis: None }
        } else if message.starts_with("There are no acceptable transform proposals") {
            let phase = if message.contains("IPsec SA") { Phase::Two } else { Phase::One };
            Fact::NoCommonSuite { phase, at }
        } else if message
            .starts_with("The connection cannot be accepted because this VPN client is not compatible with IPsec NAT")
        {
            Fact::NoConnection { at, asked: "IKE without NAT traversal".to_owned() }
        } else if message.starts_with("This IKE SA is deleted") {
            // It does not say who began it.
            return true;
        } else if message.starts_with("The L2TP Server Module is started") {
            let kind = wire::l2tp::MessageType::SCCRQ;
            out.say(about, l2tp::Fact::Message { from: Party::There, kind, repeated: false, clear: false });
            return true;
        } else {
            return true;
        };
        out.say(about, fact);
        true
    }

    /// "L2TP PPP Session [192.0.2.1:1701]: message".
    fn ppp(&mut self, head: &str, message: &str, out: &mut Out<'_, '_>) {
        let client = after(head, "PPP Session [").and_then(words::socket).map(|client| SocketAddr::new(client.ip(), 0));
        let about = self.about(client, client.map(|client| format!("PPP {}", client.ip())));
        let at = Party::Here;
        let fact = if message.starts_with("A new PPP session ") {
            if message.contains("(Upper protocol: L2TP)") {
                out.say(about, l2tp::Fact::CallUp);
            }
            return;
        } else if message.starts_with("The client denied to accept") {
            ppp::Fact::NoCommonAuthentication { at }
        } else if message.starts_with("\"PAP\" ") && message.ends_with("failed.") {
            ppp::Fact::AuthenticationFailed { at, method: Some(Method::Pap), code: None, reason: None }
        } else if message.starts_with("\"MS-CHAP v2\" ") && message.ends_with("failed.") {
            ppp::Fact::AuthenticationFailed { at, method: Some(Method::MsChapV2), code: None, reason: None }
        } else if message.starts_with("A timeout on the PPP control") {
            ppp::Fact::Unanswered { at, protocol: Protocol::Lcp }
        } else if message.starts_with("A timeout on the PPP data") {
            ppp::Fact::PeerDead { at }
        } else if message.starts_with("A PPP protocol error occurred") {
            ppp::Fact::Terminated { by: at, text: message.to_owned(), code: None }
        } else if message.starts_with("Acquiring the IP") && message.contains(" failed")
            || message.starts_with("Acquiring an IP address from the DHCP server failed")
            || message.starts_with("Acquiring the networking information from the DHCP server failed")
        {
            out.say(about.clone(), observe::network::Fact::DhcpUnanswered);
            ppp::Fact::NoAddress { at, exhausted: false }
        } else if message.starts_with("The IP address and other network information parameters are set") {
            let client = between(message, "IP Address of Client: ", ",").and_then(words::ipv4);
            let server = between(message, "Default Gateway: ", ",").and_then(words::ipv4);
            ppp::Fact::NetworkUp { protocol: Protocol::Ipcp, client, server }
        } else if message.starts_with("The PPP session is disconnected by the VPN Client") {
            ppp::Fact::Terminated { by: Party::There, text: String::new(), code: None }
        } else if message.starts_with("The PPP session is disconnected because the upper-layer protocol") {
            ppp::Fact::HungUp { at }
        } else if message.starts_with("The PPP session is disconnected because the VPN Session") {
            out.say(about, reported::Fact::UserHungUp);
            return;
        } else {
            return;
        };
        out.say(about, fact);
    }

    /// "Connection "CID-2": message" of a hub.
    fn hub(&mut self, text: &str, out: &mut Out<'_, '_>) {
        if let Some(rest) = text.strip_prefix("The connection \"") {
            let Some((connection, rest)) = rest.split_once('"') else { return };
            let client = between(rest, "IP address: ", ",").and_then(words::host);
            let user = after(rest, "user name is \"").and_then(|user| user.strip_suffix("\".")).map(str::to_owned);
            if let (Some(client), Some(user)) = (client, &user) {
                self.users.insert(client.ip(), user.clone());
            }
            let attempt = client.map(|client| format!("PPP {}", client.ip()));
            self.connections.insert(connection.to_owned(), About { client, user, attempt, ..About::default() });
            return;
        }
        if text.starts_with("The user \"") && text.contains("there is no RADIUS authentication settings") {
            let user = quoted(text, '"').map(str::to_owned);
            let about = About { user, ..About::default() };
            out.say(about, radius::Fact::NotAsked { said: text.to_owned() });
            return;
        }
        let Some(rest) = text.strip_prefix("Connection \"") else { return };
        let Some((connection, message)) = rest.split_once("\": ") else { return };
        let about = self.connections.get(connection).cloned().unwrap_or_default();
        let failed = |reason| ppp::Fact::AuthenticationFailed { at: Party::Here, method: None, code: None, reason };
        let fact = if message.starts_with("Successfully authenticated as user ") {
            ppp::Fact::Authenticated { method: None, user: about.user.clone() }
        } else if message.starts_with("User authentication failed") {
            failed(None)
        } else if message.contains("expiration date has been expired") {
            failed(Some(Reason::Expired))
        } else if message.contains("based on the security policy") {
            failed(Some(Reason::NoPolicy))
        } else if message.contains("multiple logins") || message.contains("multiple concurrent VPN sessions") {
            failed(Some(Reason::Constraint))
        } else if message.starts_with("The remote login has been refused because of the password") {
            failed(Some(Reason::NoUsablePassword))
        } else if message.starts_with("The authentication method of the user ") {
            failed(Some(Reason::Backend))
        } else if message.starts_with("The maximum number of ") && message.contains("sessions") {
            out.say(about, l2tp::Fact::Exhausted { at: Party::Here, addresses: false });
            return;
        } else if message.starts_with("The new session ") {
            out.say(about, reported::Fact::Connected);
            return;
        } else {
            return;
        };
        out.say(about, fact);
    }

    fn server(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if text.starts_with("SoftEther VPN Server ") && text.contains("Version ") {
            let version = after(text, "Version ").map(words::word).unwrap_or_default();
            out.product(&format!("SoftEther VPN Server {version}"));
        } else if text.starts_with("The SoftEther VPN Server has been started") {
            out.say(About::default(), host::Fact::Started { program: "vpnserver".to_owned() });
        } else if text.starts_with("The SoftEther VPN Server ")
            && (text.contains("stopped") || text.contains("shutting down"))
        {
            out.say(About::default(), host::Fact::Stopped { program: "vpnserver".to_owned() });
        } else if text.starts_with("Unable to set port to Listen status for TCP Listener") {
            let port = words::number_after(text, "(port ").and_then(|port| u16::try_from(port).ok());
            out.say(About::default(), host::Fact::PortBusy { port, tcp: true, program: "vpnserver".to_owned() });
        } else if text.starts_with("Connection \"") && text.contains("terminated by the cause") {
            let connection = quoted(text, '"').unwrap_or_default();
            let about = self.connections.remove(connection).unwrap_or_default();
            let code = words::number_after(text, "(code ").unwrap_or(0);
            // 8: no such hub; 10: it is stopped; 20: too many sessions of the user.
            if code == 8 || code == 10 {
                let said = after(text, "by the cause ").unwrap_or(text).to_owned();
                out.say(about, host::Fact::ConfigurationError { program: "vpnserver".to_owned(), said });
            }
        } else {
            return text.starts_with("On the TCP Listener")
                || text.starts_with("TCP Listener ")
                || text.starts_with("For the client (IP address: ")
                || text.starts_with("The connection with the client (IP address ")
                || text.starts_with("SSL communication for connection ")
                || text.starts_with("Virtual Hub \"")
                || text.starts_with("The MAC address of Virtual Hub")
                || text.starts_with("Administration mode [")
                || text.starts_with("Connection \"CID-")
                || text.starts_with("Log Messages are written with");
        }
        true
    }
}

fn cookie(text: &str, before: &str) -> Option<u64> {
    let digits = after(text, before)?;
    let length = digits.bytes().take(16).take_while(u8::is_ascii_hexdigit).count();
    u64::from_str_radix(digits.get(..length)?, 16).ok()
}

/// "DH Group: MODP 1024 (Group 2), Hash Algorithm: SHA-1, Cipher Algorithm: AES-CBC, Cipher Key Size: 256 bits".
fn suite(text: &str) -> Suite {
    let field = |name: &str| after(text, name).map(|rest| rest.split(", ").next().unwrap_or(rest)).unwrap_or_default();
    let group = field("DH Group: ");
    let group = group.split(" (").next().unwrap_or(group).to_lowercase().replace(' ', "").replace("(null)", "");
    let integrity = match field("Hash Algorithm: ") {
        "SHA-1" => "sha1",
        "MD5" => "md5",
        "SHA2-256" | "SHA-2-256" | "SHA-256" => "sha2-256",
        "SHA2-384" | "SHA-384" => "sha2-384",
        "SHA2-512" | "SHA-512" => "sha2-512",
        _ => "",
    };
    let bits = words::number(field("Cipher Key Size: ")).unwrap_or(0);
    let cipher = match field("Cipher Algorithm: ") {
        "AES-CBC" => format!("aes-cbc-{bits}"),
        "3DES-CBC" => "3des".to_owned(),
        "DES-CBC" => "des".to_owned(),
        other => other.to_lowercase(),
    };
    Suite {
        cipher,
        integrity: integrity.to_owned(),
        group: if group == "(null)" { String::new() } else { group },
        authentication: String::new(),
    }
}
