//! The options of `causeway doctor`.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::Client;
use crate::config::Method;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say why a connection failed, from captures, logs and exports of any server and client.
    ///
    /// What a file is follows from its content: pcap and pcapng, logs of IKE, L2TP, PPTP, PPP and RADIUS daemons, event logs,
    /// registry exports, outputs of commands, or a bundle of them. Several files are read as one story.
    #[command(
        after_help = "Exit status: 0 the evidence shows a connection that works, 1 a problem was found, 2 wrong usage, or \
        nothing can be read, 3 the evidence does not suffice."
    )]
    Read(Read),
    /// Compare two pre-shared keys without showing them, or two registry exports from before and after a change.
    ///
    /// Of keys: whether they are the same, else where and how they differ. Each file holds one key and nothing else, as it was
    /// copied from where it is set; told are lengths, encodings and positions, never a character. Of registry exports of the same
    /// keys (reg export): which values changed, and which of them are causes of failures.
    #[command(after_help = "Exit status: 0 they are the same, 1 they differ, 2 wrong usage, or one cannot be read.")]
    Compare(Compare),
    /// Explain an error number or message: what it means, what is behind it, and what mends it.
    ///
    /// Numbers of Windows (789, 13801, 0x80070315), the message of Windows, macOS, iOS, Android or NetworkManager in English,
    /// Chinese, Japanese or Portuguese, a line of a log, what a guide tells to set or to start (ProhibitIpSec, IKEEXT), or the name
    /// of a cause.
    #[command(after_help = "Exit status: 0 it is explained, 3 it is not known.")]
    Explain(Explain),
    /// Ask a VPN server what every client asks, stage by stage: what was sent, what came back, what that proves.
    ///
    /// Without credentials it goes as far as the key would be needed: name, route, ping, IKE on both ports, which transforms the
    /// server takes, where a NAT is, IKEv2, aggressive mode, L2TP outside IPsec, PPTP. With a pre-shared
    /// key it goes on to the log-on, with --user and a password through a whole connection, to the address and the path behind it:
    /// in this process, without a device and without routes. With --protocol pptp, as root, it makes a PPTP call as far as the
    /// log-on, and with --user and a password logs on in it, to an address or to what the server wants of encryption.
    ///
    /// The pre-shared key and the password come from --psk-file and --password-file, from CAUSEWAY_PSK and CAUSEWAY_PASSWORD, or
    /// from systemd credentials named `psk` and `password`. The password is tried once: servers lock accounts after not many
    /// wrong ones. Probe only servers that you may probe.
    #[command(
        after_help = "Exit status: 0 no problem was found, 1 a problem was found, 2 wrong usage, 20 something on this \
        machine (permission, port in use)."
    )]
    Probe(Box<Probe>),
}

/// What all kinds of examination have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Who is affected: this one question halves the tree of causes.
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) scope: Option<Scope>,
    /// The error number that the client shows, such as 789.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) error: Option<u32>,
    /// Language of the answer: en, zh, ja or pt [default: from the locale].
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) lang: Option<diagnose::Language>,
    /// Also write the report as one HTML page with a picture of what happened; `-` prints it instead of the text.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Also show the events of all sources as one list, in order, with their times corrected to one clock.
    #[arg(long)]
    pub(crate) timeline: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// One user or one machine; others connect.
    User,
    /// Everybody at one place, behind one router.
    Site,
    /// Everybody.
    Everyone,
}

/// Whose machine something is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The machine that dials.
    Client,
    /// The machine that is dialled.
    Server,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The first key, or the earlier export.
    #[arg(value_name = "ONE")]
    pub(crate) one: PathBuf,
    /// The second key, or the later export.
    #[arg(value_name = "OTHER")]
    pub(crate) other: PathBuf,
    /// Whose machine the exports are of.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) side: Option<Side>,
    /// Language of the answer: en, zh, ja or pt [default: from the locale].
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) lang: Option<diagnose::Language>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The number or the text; several words are one text.
    #[arg(value_name = "CODE_OR_TEXT", required = true, allow_negative_numbers = true)]
    pub(crate) words: Vec<String>,
    /// Language of the answer: en, zh, ja or pt [default: that of the text, else from the locale].
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) lang: Option<diagnose::Language>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Captures, logs, exports, bundles; a directory stands for the files in it, `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// A file with keys that open captures: Wireshark's tables of IKEv1 and ESP keys, or the output of `ip xfrm state`. May be
    /// given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Vec<PathBuf>,
    /// Whose machine the files are of that do not say it: outputs of netstat, route, sc and reg, for example.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) side: Option<Side>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// The server's name or address.
    #[arg(value_name = "HOST")]
    pub(crate) host: String,
    /// Offer what this client offers, and say what it would show.
    #[arg(long = "as", value_enum, value_name = "CLIENT")]
    pub(crate) client: Option<Client>,
    /// What to probe.
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value_t = Protocols::Auto)]
    pub(crate) protocol: Protocols,
    /// Try forty-eight combinations of cipher, hash and group instead of eight, ten each second.
    #[arg(long)]
    pub(crate) enumerate: bool,
    /// Log on as this user, once, to see how far a connection comes; over PPTP only with --protocol pptp.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// A file that holds the pre-shared key.
    #[arg(long, value_name = "FILE")]
    pub(crate) psk_file: Option<PathBuf>,
    /// A file that holds the password.
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(crate) password_file: Option<PathBuf>,
    /// How the user may prove who he is, or what is ticked on the machine of --as: mschapv2, eap-mschapv2, chap, pap, separated by
    /// commas [default: mschapv2,chap].
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    pub(crate) auth: Vec<Method>,
    /// Once connected, reach this inner address: by a ping, or with a port by a TCP connection; may be given several times.
    #[arg(long, value_name = "ADDR[:PORT]", requires = "user")]
    pub(crate) reach: Vec<Reach>,
    /// A registry export of the Windows machine that cannot connect: what its values mean for this server.
    #[arg(long, value_name = "FILE")]
    pub(crate) reg: Vec<PathBuf>,
    /// Seconds that everything together may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 55, value_parser = clap::value_parser!(u64).range(5..=600))]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocols {
    /// L2TP/IPsec and PPTP; either suffices.
    Auto,
    /// L2TP/IPsec only.
    L2tp,
    /// PPTP only.
    Pptp,
}

/// Somebody inside the tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Its address.
    pub(crate) address: Ipv4Addr,
    /// The TCP port; without one it is pinged.
    pub(crate) port: Option<u16>,
}

impl FromStr for Reach {
    type Err = String;

    fn from_str(text: &str) -> Result<Reach, String> {
        let (address, port) = match text.split_once(':') {
            Some((address, port)) => (address, Some(port)),
            None => (text, None),
        };
        let address = address.parse().map_err(|_| format!("`{address}` is no IPv4 address"))?;
        let port = port.map(str::parse).transpose().map_err(|_| "the port is a number up to 65535".to_owned())?;
        Ok(Reach { address, port })
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.address),
            None => self.address.fmt(f),
        }
    }
}

pub(crate) fn language(tag: &str) -> Result<diagnose::Language, String> {
    diagnose::Language::from_tag(tag).ok_or_else(|| "there are en, zh, ja and pt".to_owned())
}
