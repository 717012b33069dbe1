//! The command line: one definition from which help, man pages and completions come.

pub(crate) mod doctor;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use policy::PoolRange;
use userspace::forward::{Forward, Local};

use crate::config::{Method, Network};
use crate::dial::domain::Domain;

/// Remote access VPN over the protocols that are already in people's machines.
#[derive(Debug, Parser)]
#[command(name = "causeway", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 success, 1 the doctor found a problem, 2 wrong usage or configuration, 10 name or \
    reachability, 11 IPsec, 12 L2TP, 13 authentication, 14 PPP or addresses, 15 policy or limits, 20 something on this machine (permission, \
    device, port in use)."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server in the foreground.
    Serve(Serve),
    /// Connect to an L2TP/IPsec server and stay in the foreground.
    ///
    /// The pre-shared key and the password come from --psk-file and --password-file, from CAUSEWAY_PSK and CAUSEWAY_PASSWORD,
    /// from the profile, from systemd credentials named `psk` and `password`; the password also from a question, when the
    /// server has come as far as asking for it.
    #[command(after_long_help = DIAL_HELP)]
    Dial(Box<Dial>),
    /// Say why a connection fails, whoever made the server and the client.
    Doctor(doctor::Doctor),
    /// Check a configuration file; mistakes are shown with line and column.
    CheckConfig(CheckConfig),
    /// Show what the running server is doing.
    Status(Ask),
    /// List, show or end sessions of the running server.
    #[command(subcommand)]
    Session(Session),
    /// Show the addresses that the running server hands out.
    #[command(subcommand)]
    Pool(Pool),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a directory.
    Man {
        /// The directory; it is made if it is missing.
        directory: PathBuf,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// Configuration file.
    #[arg(long, value_name = "FILE", default_value = "/etc/causeway/causeway.toml", conflicts_with = "quick")]
    pub(crate) config: PathBuf,
    /// Serve without a configuration: make a key, a user, addresses and translation, and say how clients connect.
    ///
    /// The key and the user are taken from CAUSEWAY_PSK, CAUSEWAY_USER and CAUSEWAY_PASSWORD where these are set, and kept in
    /// the state directory.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Directory for state with --quick.
    #[arg(long, value_name = "DIR", default_value = "causeway-state", requires = "quick")]
    pub(crate) state: PathBuf,
    /// Addresses for clients with --quick: FIRST-LAST or a prefix; the first is the server's own.
    #[arg(long, value_name = "RANGE", requires = "quick")]
    pub(crate) pool: Option<PoolRange>,
    /// Address to listen on with --quick; may stand several times.
    #[arg(long, value_name = "ADDR", requires = "quick")]
    pub(crate) listen: Vec<IpAddr>,
    /// With --quick: do not translate addresses; the network behind the server then needs a route to the clients.
    #[arg(long, requires = "quick")]
    pub(crate) no_nat: bool,
    /// With --quick: accept 3DES and the 1024-bit group, for very old clients. Both can be broken by well-funded attackers.
    #[arg(long, requires = "quick")]
    pub(crate) legacy: bool,
    /// With --quick: make every client put ESP into UDP, as behind a NAT: faster, and it passes filters that drop protocol 50.
    #[arg(long, requires = "quick")]
    pub(crate) force_udp: bool,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log: LogFormat,
    /// Append all keys to FILE, in the form of Wireshark's tables, to find a fault: whoever has it can read everything.
    /// `causeway doctor read --keys FILE` opens captures with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) keylog: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A sentence, then the fields as JSON.
    Text,
    /// The fields as JSON alone.
    Json,
}

/// What does not fit into an option's own help.
pub(crate) const DIAL_HELP: &str = r#"A profile is a TOML file; every key may be left out:
  server = "vpn.example.com"
  user = "anna"
  protocol = "auto"
  order = ["l2tp"]
  without_ipsec = false
  clear_password = false
  psk_file = "office.psk"            # or psk = "..."; relative to the profile
  password_file = "office.password"  # or password = "..."
  routes = ["10.0.0.0/8"]
  full_tunnel = false
  allow_lan = false
  dns = false
  pushed_routes = true
  dns_domains = ["corp.example"]
  as = "windows-11"
  authentication = ["mschapv2"]
  device = "office%d"
  userspace = false                  # true: not with routes, full_tunnel, allow_lan, dns, dns_domains, device
  # socks = "1080", http = "8080", forward = ["13389=10.0.0.5:3389"]: these three only with userspace
  mtu = 1400
  timeout = 20
  once = false
  explain = false

With --json the events are: progress (stage, ms), waiting, warning, address_failed (address, cause, detail), refused (ras,
server_says), connected (address, address6, peer, dns, device, services, routes, server, strategy, authentication, ike, esp,
encapsulation), pushed (dns, domain, search, routes, refused), ipv6 (address6, dns), moved, strategy_failed (strategy, ras,
cause, stage, detail), failed (ras, cause, stage, detail, and if several protocols were tried attempts), explained (report), reconnecting
(pause_ms), disconnected.

Of several protocols the next is tried when one fails, unless the next would fail alike: no name, no route, wrong password. When
all have failed the number is 800, and each one's own stands under it.

UDP ports 500 and 4500 are used if they are free, else any others, with NAT traversal. A full tunnel is a routing table of its
own for everything but our packets to the server, which carry a mark, and a packet filter that drops what leaves beside it; it
stays closed while the connection is down. The network that this machine is in is not reached meanwhile, either, but with
--allow-lan."#;

#[derive(Debug, Clone, Args)]
pub(crate) struct Dial {
    /// A profile: the NAME of ~/.config/causeway/NAME.toml or /etc/causeway/dial.d/NAME.toml, or a path.
    #[arg(value_name = "PROFILE", required_unless_present = "server")]
    pub(crate) profile: Option<String>,
    /// The server's name or address.
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<String>,
    /// The tunnel protocol, or `auto` for one after another as --order says [default: auto].
    #[arg(long, value_enum, value_name = "PROTOCOL")]
    pub(crate) protocol: Option<Protocol>,
    /// With --protocol auto: what to try, first to last, separated by commas [default: l2tp].
    #[arg(long, value_enum, value_name = "PROTOCOLS", value_delimiter = ',')]
    pub(crate) order: Vec<Tunnel>,
    /// Allow L2TP without IPsec: everybody on the way can read and change everything, passwords included. With --protocol l2tp it
    /// is what is dialled; in an order it permits `l2tp-clear`.
    #[arg(long)]
    pub(crate) without_ipsec: bool,
    /// With --without-ipsec: let the password itself be sent where the server wants pap, for everybody on the way to read.
    #[arg(long, requires = "without_ipsec")]
    pub(crate) clear_password: bool,
    /// The user's name, as the server knows it.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// A file that holds the pre-shared key.
    #[arg(long, value_name = "FILE")]
    pub(crate) psk_file: Option<PathBuf>,
    /// A file that holds the password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A network that is reached through the tunnel; may stand several times.
    #[arg(long = "route", value_name = "CIDR")]
    pub(crate) routes: Vec<Network>,
    /// Send everything through the tunnel, except what goes to the server itself.
    #[arg(long)]
    pub(crate) full_tunnel: bool,
    /// With a full tunnel: reach the private networks that this machine is attached to beside it. Whoever runs such a network can
    /// then also draw other private addresses out of the tunnel by calling them his own.
    #[arg(long)]
    pub(crate) allow_lan: bool,
    /// Use the name servers that the server names: for the domains that it names, or if it names none or in a full tunnel, for all
    /// names. systemd-resolved is told so where it answers this host; else /etc/resolv.conf is replaced, and put back at the end.
    #[arg(long)]
    pub(crate) dns: bool,
    /// Use them for names in this domain as well, or with a dot for all names; may stand several times.
    #[arg(long = "dns-domain", value_name = "DOMAIN")]
    pub(crate) dns_domains: Vec<Domain>,
    /// Ignore the routes that the server names; without this they lead into the tunnel, unless this host has a route there.
    #[arg(long)]
    pub(crate) no_pushed_routes: bool,
    /// Offer what this client offers, for servers that are particular.
    #[arg(long = "as", value_enum, value_name = "CLIENT")]
    pub(crate) client: Option<Client>,
    /// How the user may prove who he is: mschapv2, eap-mschapv2, chap, pap, separated by commas [default: mschapv2].
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    pub(crate) auth: Vec<Method>,
    /// Name of the TUN device; %d becomes a free number [default: causeway%d].
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Make no device and no routes: the tunnel ends in this process, and programs use it through proxies and port forwards. Needs
    /// no privileges.
    #[arg(long, conflicts_with_all = ["routes", "full_tunnel", "allow_lan", "dns", "dns_domains", "device"])]
    pub(crate) userspace: bool,
    /// With --userspace: offer a SOCKS5 proxy at PORT or ADDRESS:PORT [default: 127.0.0.1:1080, unless --http or --forward is given].
    #[arg(long, value_name = "ADDR", requires = "userspace")]
    pub(crate) socks: Option<Local>,
    /// With --userspace: offer an HTTP proxy (CONNECT) at PORT or ADDRESS:PORT.
    #[arg(long, value_name = "ADDR", requires = "userspace")]
    pub(crate) http: Option<Local>,
    /// With --userspace: lead connections to PORT or ADDRESS:PORT here to HOST:PORT there, such as 13389=10.0.0.5:3389; may stand
    /// several times.
    #[arg(long = "forward", value_name = "LOCAL=REMOTE", requires = "userspace")]
    pub(crate) forwards: Vec<Forward>,
    /// Largest packet inside the tunnel, in octets [default: 1400].
    #[arg(long, value_name = "OCTETS", value_parser = clap::value_parser!(u16).range(576..=1500))]
    pub(crate) mtu: Option<u16>,
    /// How long the server may leave an IKE message unanswered, in seconds [default: 20].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(crate) timeout: Option<u64>,
    /// Append all keys to FILE, in the form of Wireshark's tables, to find a fault: whoever has it can read everything.
    /// `causeway doctor read --keys FILE` opens captures with it.
    #[arg(long, value_name = "FILE")]
    pub(crate) keylog: Option<PathBuf>,
    /// End with the connection; otherwise a lost connection is made again.
    #[arg(long)]
    pub(crate) once: bool,
    /// After a failure let the doctor explain it: what it means, what speaks for it, what mends it.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print one JSON object for each event on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

/// One tunnel protocol, or several in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// One after another.
    Auto,
    /// This one.
    Only(Tunnel),
}

impl ValueEnum for Protocol {
    fn value_variants<'a>() -> &'a [Protocol] {
        &[Protocol::Auto, Protocol::Only(Tunnel::L2tp), Protocol::Only(Tunnel::L2tpClear), Protocol::Only(Tunnel::Pptp)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Protocol::Auto => Some(PossibleValue::new("auto").help("One after another, as --order says")),
            Protocol::Only(tunnel) => tunnel.to_possible_value(),
        }
    }
}

/// The tunnel protocols that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tunnel {
    /// L2TP over IPsec with a pre-shared key.
    L2tp,
    /// L2TP without IPsec, and so without encryption; needs --without-ipsec.
    L2tpClear,
    /// PPTP, which this version does not speak yet.
    Pptp,
}

/// Whose proposals and vendor IDs to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// Windows 8 to 11.
    #[value(name = "windows-11", alias = "windows")]
    Windows11,
    /// macOS, iOS and iPadOS.
    #[value(alias = "ios")]
    Macos,
    /// Android up to 11: the 1024-bit group only.
    #[value(name = "android-11", alias = "android")]
    Android11,
    /// NetworkManager with its L2TP plugin.
    Linux,
}

#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    /// The file to check.
    #[arg(value_name = "FILE", default_value = "/etc/causeway/causeway.toml")]
    pub(crate) file: PathBuf,
    /// Print mistakes and warnings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What every question to the running server has.
#[derive(Debug, Clone, Args)]
pub(crate) struct Ask {
    /// Control socket of the server [default: /run/causeway/control.sock, else causeway-state/control.sock].
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) socket: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// Who is connected, from where, with what, for how long and with how much traffic.
    List(Ask),
    /// Everything about one session.
    Show {
        /// The session's name, as `session list` shows it.
        id: String,
        #[command(flatten)]
        ask: Ask,
    },
    /// List attempts that failed and sessions that were lost, the newest first.
    Failed(Ask),
    /// Say why an attempt failed or a session was lost, what is behind it, and what mends it.
    Explain {
        /// The session's name, as the log and `session failed` show it.
        id: String,
        /// Language of the answer: en, zh, ja or pt [default: from the locale].
        #[arg(long, value_name = "LANGUAGE", value_parser = doctor::language)]
        lang: Option<diagnose::Language>,
        #[command(flatten)]
        ask: Ask,
    },
    /// End sessions properly.
    Disconnect {
        /// Names of sessions, as `session list` shows them.
        #[arg(required_unless_present = "all")]
        id: Vec<String>,
        /// End every session.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        ask: Ask,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pool {
    /// Addresses in use, and by whom.
    Show(Ask),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_tunnel_in_the_process_has_proxies_and_no_routes() {
        let dial = |further: &[&str]| {
            let words = ["causeway", "dial", "office"].iter().chain(further);
            Cli::try_parse_from(words).is_ok()
        };
        assert!(dial(&["--userspace"]));
        assert!(dial(&["--userspace", "--socks", "1081", "--http", "[::1]:8080", "--forward", "22=10.0.0.5:22"]));
        for option in [&["--socks", "1081"][..], &["--http", "8080"], &["--forward", "22=10.0.0.5:22"]] {
            assert!(!dial(option), "{option:?}");
        }
        for option in [&["--route", "10.0.0.0/8"][..], &["--full-tunnel"], &["--dns"], &["--device", "office0"]] {
            assert!(dial(option), "{option:?}");
            assert!(!dial(&[&["--userspace"], option].concat()), "{option:?}");
        }
        assert!(!dial(&["--userspace", "--forward", "22"]));
    }

    #[test]
    fn options_of_quick_need_quick() {
        assert!(Cli::try_parse_from(["causeway", "serve", "--quick", "--pool", "10.1.0.0/24"]).is_ok());
        assert!(Cli::try_parse_from(["causeway", "serve", "--pool", "10.1.0.0/24"]).is_err());
        assert!(Cli::try_parse_from(["causeway", "serve", "--quick", "--pool", "10.1.0.0"]).is_err());
    }
}
