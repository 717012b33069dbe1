//! The command line: one definition from which help, man pages and completions come.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use policy::PoolRange;

/// Remote access VPN over the protocols that are already in people's machines.
#[derive(Debug, Parser)]
#[command(name = "causeway", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Exit status: 0 success, 2 wrong usage or configuration, 20 something on this machine \
    (permission, device, port in use).")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server in the foreground.
    Serve(Serve),
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
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A sentence, then the fields as JSON.
    Text,
    /// The fields as JSON alone.
    Json,
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
    fn options_of_quick_need_quick() {
        assert!(Cli::try_parse_from(["causeway", "serve", "--quick", "--pool", "10.1.0.0/24"]).is_ok());
        assert!(Cli::try_parse_from(["causeway", "serve", "--pool", "10.1.0.0/24"]).is_err());
        assert!(Cli::try_parse_from(["causeway", "serve", "--quick", "--pool", "10.1.0.0"]).is_err());
    }
}
