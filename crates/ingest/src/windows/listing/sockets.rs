//! `netstat -ano`.

use std::net::SocketAddr;

use observe::host::Fact;

use super::Said;

#[derive(Default)]
pub(super) struct Sockets {
    tcp: u32,
    udp: u32,
    line: u64,
    /// The socket of the line before, where it is one of IKE: `netstat -b` names its program next.
    ike: Option<(u64, String, u16)>,
    /// Ports that were said to be another program's.
    taken: Vec<u16>,
}

impl Sockets {
    pub(super) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (tcp, address, rest) = match words.as_slice() {
            ["TCP", address, foreign, rest @ ..] if foreign.contains(':') => {
                // The state is a word in the machine's language; what waits has no port at the other end.
                if !foreign.ends_with(":0") {
                    return true;
                }
                (true, address, rest)
            }
            ["UDP", address, "*:*", rest @ ..] => (false, address, rest),
            [program] if program.starts_with('[') && program.ends_with(']') => {
                self.owned(program.trim_matches(['[', ']']), said);
                return self.tcp + self.udp > 0;
            }
            _ => return false,
        };
        self.ike = None;
        let address = address.split('%').next().map_or((*address).to_owned(), |head| {
            // `[fe80::1%7]:500`
            let tail = address.rsplit_once(']').filter(|_| address.contains('%')).map_or("", |(_, tail)| tail);
            if tail.is_empty() { head.to_owned() } else { format!("{head}]{tail}") }
        });
        let Ok(address) = address.parse::<SocketAddr>() else { return true };
        let count = if tcp { &mut self.tcp } else { &mut self.udp };
        *count += 1;
        self.line = number;
        let owner = rest
            .last()
            .filter(|pid| pid.bytes().all(|digit| digit.is_ascii_digit()))
            .map(|pid| format!("process {pid}"));
        if matches!(address.port(), 500 | 4500) && !tcp {
            self.ike = Some((number, line.trim().to_owned(), address.port()));
        }
        if matches!(address.port(), 500 | 4500 | 1701 | 1723 | 1812 | 1813 | 1645 | 1646 | 443) {
            said.push(Said::new(number, line, Fact::Listening { tcp, address, owner }));
        }
        true
    }

    /// The program of the line before. Windows has its IKE in a host of services.
    fn owned(&mut self, program: &str, said: &mut Vec<Said>) {
        let Some((number, line, port)) = self.ike.take() else { return };
        if program.eq_ignore_ascii_case("svchost.exe") || !program.contains('.') || self.taken.contains(&port) {
            return;
        }
        self.taken.push(port);
        let busy = Fact::PortBusy { port: Some(port), tcp: false, program: "IKEEXT".to_owned() };
        said.push(Said::new(number, &format!("{line} [{program}]"), busy));
    }

    pub(super) fn end(&mut self, said: &mut Vec<Said>) {
        // Every Windows has some of both; fewer are a search for a port.
        if self.tcp > 2 && self.udp > 2 {
            said.push(Said::new(self.line, "the list holds sockets of both kinds", Fact::ListeningComplete));
        }
        *self = Sockets::default();
    }
}
