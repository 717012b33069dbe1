//! The server's configuration: what can be set, its defaults, and reading it from TOML.

mod rules;
pub(crate) mod secrets;
mod source;
pub(crate) mod table;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use access::server::AuthMethod;
use autoconf::Ipv4Net;
use crypto::Secret;
use policy::{Account, Accounts, Ipv6Range, PoolRange};
use toml::de::DeTable;

pub(crate) use rules::{Lockout, Rule, Rules};
pub(crate) use secrets::{KeyTrouble, MIN_PSK_CHARACTERS, SecretFault, psk_warnings};
pub(crate) use source::Mistakes;
use table::{Located, Table};

/// Routes that clients are told; each takes at most nine octets in the answer, which has to fit into one packet.
const MAX_PUSHED_ROUTES: usize = 64;

/// Everything that `serve` needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Addresses to listen on.
    pub(crate) listen: Vec<IpAddr>,
    /// The name shown to clients in L2TP.
    pub(crate) host_name: String,
    /// Where state is kept.
    pub(crate) state: PathBuf,
    /// The control socket.
    pub(crate) socket: PathBuf,
    /// Pre-shared keys with the clients they are for; no network means everybody.
    pub(crate) psks: Vec<(Option<Network>, Secret)>,
    /// Whether 3DES and the 1024-bit group are accepted.
    pub(crate) legacy: bool,
    /// Whether ESP travels in UDP even where no NAT asks for it: through filters that drop protocol 50, and faster, because
    /// the kernel segments and merges UDP only.
    pub(crate) force_udp: bool,
    /// Addresses for clients; the first is the server's.
    pub(crate) pool: PoolRange,
    /// The prefix out of which every client gets a /64; without it there is no IPv6 in the tunnels.
    pub(crate) ipv6: Option<Ipv6Range>,
    /// Name servers for clients.
    pub(crate) dns: Vec<Ipv4Addr>,
    /// The domain that clients are told.
    pub(crate) domain: Option<String>,
    /// Networks that clients are told to reach through the tunnel.
    pub(crate) routes: Vec<Ipv4Net>,
    /// Whether traffic of clients leaves with the server's own address.
    pub(crate) nat: bool,
    /// Whether clients may reach one another.
    pub(crate) client_to_client: bool,
    /// Largest packet inside a tunnel, in octets.
    pub(crate) mtu: u16,
    /// Name of the TUN device.
    pub(crate) device: String,
    /// How users prove who they are, in the order of preference.
    pub(crate) authentication: Vec<AuthMethod>,
    /// How often a silent client is asked whether it is there.
    pub(crate) echo_interval: Duration,
    /// How often an idle L2TP tunnel is asked.
    pub(crate) hello_interval: Duration,
    /// How often a silent IKE peer is asked.
    pub(crate) dpd_interval: Duration,
    /// The users.
    pub(crate) accounts: Accounts,
    /// When they may not log on.
    pub(crate) rules: Rules,
    /// What is allowed but has a price.
    pub(crate) warnings: Vec<String>,
}

/// A network in prefix notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

impl std::str::FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Network, Self::Err> {
        const FORM: &str = "expected ADDRESS/LENGTH, for example 198.51.100.0/24";
        let (address, prefix) = text.split_once('/').ok_or(FORM)?;
        let address: IpAddr = address.parse().map_err(|_| FORM)?;
        let prefix: u8 = prefix.parse().map_err(|_| FORM)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if prefix > bits { Err(FORM) } else { Ok(Network { address, prefix }) }
    }
}

/// Why a configuration could not be loaded.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// The file could not be read.
    Read(PathBuf, std::io::Error),
    /// The file has mistakes.
    Mistakes(Box<Mistakes>),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            LoadError::Mistakes(mistakes) => mistakes.fmt(f),
        }
    }
}

/// Reads and checks the configuration file at `path`.
pub(crate) fn load(path: &Path) -> Result<Config, LoadError> {
    let text = std::fs::read_to_string(path).map_err(|error| LoadError::Read(path.to_owned(), error))?;
    let base = path.parent().unwrap_or(Path::new("."));
    let mut config = parse(&path.display().to_string(), &text, base).map_err(|m| LoadError::Mistakes(Box::new(m)))?;
    if let Some(warning) = secrets::exposed(path) {
        config.warnings.push(warning);
    }
    Ok(config)
}

/// Checks the text of a configuration file; relative paths in it count from `base`.
pub(crate) fn parse(file: &str, text: &str, base: &Path) -> Result<Config, Mistakes> {
    read_document(file, text, base, |reading, root| reading.read(root))
}

/// Reads a TOML document with `read`, and reports every mistake and every key that `read` did not ask for.
pub(crate) fn read_document<T>(
    file: &str,
    text: &str,
    base: &Path,
    read: impl FnOnce(&mut Reading<'_>, &mut Table<'_, '_>) -> T,
) -> Result<T, Mistakes> {
    let mut mistakes = Mistakes::new(file, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        mistakes.add(error.span().unwrap_or(0..0), error.message().to_owned(), None);
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut root = Table::root(&document);
    let read = read(&mut Reading { mistakes: &mut mistakes, base }, &mut root);
    root.finish(&mut mistakes);
    if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
}

/// A document while it is being read.
pub(crate) struct Reading<'m> {
    pub(crate) mistakes: &'m mut Mistakes,
    /// Where relative paths count from.
    base: &'m Path,
}

impl Reading<'_> {
    fn read(&mut self, root: &mut Table<'_, '_>) -> Config {
        let mut config = defaults();
        self.server(root, &mut config);
        self.ipsec(root, &mut config);
        self.network(root, &mut config);
        self.ppp(root, &mut config);
        self.users(root, &mut config);
        config.rules.lockout = self.lockout(root);
        config
    }

    fn server(&mut self, root: &mut Table<'_, '_>, config: &mut Config) {
        let mut table = root.table("server", self.mistakes);
        let span = table.span();
        if let Some(listen) = table.list("listen", self.mistakes) {
            if listen.is_empty() {
                self.mistakes.add(span, "`listen` is empty: no client could reach the server", None);
            }
            config.listen = listen.into_iter().map(|address| address.value).collect();
        }
        if let Some(name) = table.text("name", self.mistakes) {
            config.host_name = name.value;
        }
        if let Some(state) = table.text("state", self.mistakes) {
            config.state = self.base.join(state.value);
        }
        if let Some(socket) = table.text("socket", self.mistakes) {
            config.socket = self.base.join(socket.value);
        }
        table.finish(self.mistakes);
    }

    fn ipsec(&mut self, root: &mut Table<'_, '_>, config: &mut Config) {
        let before = self.mistakes.len();
        let mut table = root.table("ipsec", self.mistakes);
        let allow_weak = table.flag("allow_weak_psk", self.mistakes).unwrap_or(false);
        config.legacy = table.flag("legacy", self.mistakes).unwrap_or(false);
        config.force_udp = table.flag("force_udp", self.mistakes).unwrap_or(false);
        if config.legacy {
            config.warnings.push(
                "ipsec.legacy is on: a client may negotiate 3DES and the 1024-bit group, which well-funded attackers can break"
                    .into(),
            );
        }
        if let Some(interval) = table.seconds("dpd_interval", 5..=3600, self.mistakes) {
            config.dpd_interval = interval;
        }
        if let Some(psk) = self.secret(&mut table, "psk", "psk_file") {
            self.add_psk(None, psk, allow_weak, config);
        }
        for mut peer in table.tables("peer", self.mistakes) {
            let span = peer.span();
            let network = peer.parsed::<Network>("network", self.mistakes);
            let psk = self.secret(&mut peer, "psk", "psk_file");
            match (network, psk) {
                (Some(network), Some(psk)) => self.add_psk(Some(network.value), psk, allow_weak, config),
                _ => self.mistakes.add(span, "a peer needs `network` and `psk` or `psk_file`", None),
            }
            peer.finish(self.mistakes);
        }
        // A key that was given and is wrong has been reported already.
        if config.psks.is_empty() && self.mistakes.len() == before {
            let help = "add `psk_file = \"psk\"` to [ipsec], with a file that holds a long random key".to_owned();
            self.mistakes.add(table.span(), "no pre-shared key: no client could connect", Some(help));
        }
        table.finish(self.mistakes);
    }

    fn add_psk(&mut self, network: Option<Network>, psk: Located<Secret>, allow_weak: bool, config: &mut Config) {
        let characters = String::from_utf8_lossy(psk.value.as_bytes()).chars().count();
        if characters < MIN_PSK_CHARACTERS {
            let message =
                format!("the pre-shared key has {characters} characters, and {MIN_PSK_CHARACTERS} is the minimum");
            if allow_weak {
                config.warnings.push(format!("{message}: whoever records one connection can guess it at leisure"));
            } else {
                let help = "use a random key, or accept the risk with `allow_weak_psk = true` in [ipsec]".to_owned();
                self.mistakes.add(psk.span, message, Some(help));
                return;
            }
        }
        config.warnings.extend(psk_warnings(&psk.value));
        config.psks.push((network, psk.value));
    }

    fn network(&mut self, root: &mut Table<'_, '_>, config: &mut Config) {
        let mut table = root.table("network", self.mistakes);
        if let Some(pool) = table.parsed("pool", self.mistakes) {
            config.pool = pool.value;
        }
        config.ipv6 = table.parsed("ipv6", self.mistakes).map(|range| range.value);
        if let Some(dns) = table.list("dns", self.mistakes) {
            config.dns = dns.into_iter().map(|address| address.value).collect();
        }
        self.pushed(&mut table, config);
        config.nat = table.flag("nat", self.mistakes).unwrap_or(config.nat);
        config.client_to_client = table.flag("client_to_client", self.mistakes).unwrap_or(false);
        if let Some(mtu) = table.number("mtu", 576..=1500, self.mistakes) {
            config.mtu = mtu as u16;
        }
        if let Some(device) = table.text("device", self.mistakes) {
            let fits = (1..=15).contains(&device.value.len()) && !device.value.contains(['/', ' ', '%']);
            if fits {
                config.device = device.value;
            } else {
                self.mistakes.add(
                    device.span,
                    "a device name has 1 to 15 characters, without blanks, `/` and `%`",
                    None,
                );
            }
        }
        table.finish(self.mistakes);
    }

    /// What clients are told of the network behind the server.
    fn pushed(&mut self, table: &mut Table<'_, '_>, config: &mut Config) {
        if let Some(domain) = table.text("domain", self.mistakes) {
            match wire::dhcp::name(domain.value.as_bytes()) {
                Ok(name) => config.domain = Some(name),
                Err(_) => self.mistakes.add(
                    domain.span,
                    "`domain` is no domain name: letters, digits and hyphens, with dots between",
                    None,
                ),
            }
        }
        let routes = table.list::<Ipv4Net>("routes", self.mistakes).unwrap_or_default();
        if let Some(surplus) = routes.get(MAX_PUSHED_ROUTES) {
            let message = format!("more than {MAX_PUSHED_ROUTES} `routes`: they do not fit into one answer");
            self.mistakes.add(surplus.span.clone(), message, None);
        }
        for route in routes {
            match autoconf::fault(route.value) {
                Some(reason) => {
                    self.mistakes.add(
                        route.span,
                        format!("`routes`: no client should take {}: {reason}", route.value),
                        None,
                    );
                }
                None if config.routes.contains(&route.value) => {
                    self.mistakes.add(route.span, format!("`routes`: {} stands twice", route.value), None);
                }
                None => config.routes.push(route.value),
            }
        }
        let octets: usize = config.routes.iter().map(|route| 5 + usize::from(route.prefix_len().div_ceil(8))).sum();
        if octets > 255 {
            config.warnings.push(
                "network.routes is longer than one DHCP option: clients that do not join several take part of the routes or none"
                    .into(),
            );
        }
    }

    fn ppp(&mut self, root: &mut Table<'_, '_>, config: &mut Config) {
        let mut table = root.table("ppp", self.mistakes);
        let span = table.span();
        if let Some(methods) = table.list::<Method>("authentication", self.mistakes) {
            if methods.is_empty() {
                self.mistakes.add(span, "`authentication` is empty: nobody could log on", None);
            }
            config.authentication = methods.into_iter().map(|method| method.value.0).collect();
        }
        for method in &config.authentication {
            if let Some(price) = price_of(*method) {
                config.warnings.push(price.to_owned());
            }
        }
        if let Some(interval) = table.seconds("echo_interval", 1..=3600, self.mistakes) {
            config.echo_interval = interval;
        }
        if let Some(interval) = table.seconds("hello_interval", 1..=3600, self.mistakes) {
            config.hello_interval = interval;
        }
        table.finish(self.mistakes);
    }

    fn users(&mut self, root: &mut Table<'_, '_>, config: &mut Config) {
        let before = self.mistakes.len();
        for mut table in root.tables("user", self.mistakes) {
            let span = table.span();
            let name = table.text("name", self.mistakes);
            let password = self.secret(&mut table, "password", "password_file");
            let address = table.parsed::<Ipv4Addr>("address", self.mistakes);
            let disabled = table.flag("disabled", self.mistakes).unwrap_or(false);
            let (expires, hours) = self.rule(&mut table);
            table.finish(self.mistakes);
            let (Some(name), Some(password)) = (name, password) else {
                self.mistakes.add(span, "a user needs `name` and `password` or `password_file`", None);
                continue;
            };
            if config.accounts.find(&name.value).is_some() {
                self.mistakes.add(name.span, format!("the user `{}` stands twice", name.value), None);
                continue;
            }
            if let Some(address) = &address
                && (!config.pool.contains(address.value) || address.value == config.pool.first())
            {
                let message = format!("`address` has to lie in the pool {}, behind its first address", config.pool);
                self.mistakes.add(address.span.clone(), message, None);
            }
            let taken = |other: &Account| other.address.is_some() && other.address == address.as_ref().map(|a| a.value);
            if let (Some(address), Some(other)) = (&address, config.accounts.iter().find(|&other| taken(other))) {
                let message = format!("the address {} already belongs to `{}`", address.value, other.name);
                self.mistakes.add(address.span.clone(), message, None);
            }
            let address = address.map(|address| address.value);
            if expires.is_some() || !hours.is_empty() {
                config.rules.users.push(Rule { user: name.value.clone(), expires, hours });
            }
            config.accounts.insert(Account { name: name.value, password: password.value, address, disabled });
        }
        if config.accounts.is_empty() && self.mistakes.len() == before {
            let help = "add a [[user]] with `name` and `password_file`".to_owned();
            self.mistakes.add(root.span(), "no user: nobody could log on", Some(help));
        }
    }

    /// A secret that stands in the file or in a file of its own.
    pub(crate) fn secret(
        &mut self,
        table: &mut Table<'_, '_>,
        key: &'static str,
        file: &'static str,
    ) -> Option<Located<Secret>> {
        let inline = table.text(key, self.mistakes);
        let path = table.text(file, self.mistakes);
        match (inline, path) {
            (Some(_), Some(path)) => {
                self.mistakes.add(path.span, format!("`{key}` and `{file}` exclude each other"), None);
                None
            }
            (Some(text), None) => self.not_empty(key, Located { value: text.value.into_bytes(), span: text.span }),
            (None, Some(path)) => match secrets::read_file(&self.base.join(&path.value)) {
                Ok(secret) => self.not_empty(file, Located { value: secret, span: path.span }),
                Err(fault) => {
                    let problem = FileProblem::from(fault);
                    self.mistakes.add(path.span, problem.message, problem.help);
                    None
                }
            },
            (None, None) => None,
        }
    }

    fn not_empty(&mut self, key: &str, secret: Located<Vec<u8>>) -> Option<Located<Secret>> {
        if secret.value.is_empty() {
            self.mistakes.add(secret.span, format!("`{key}` is empty"), None);
            return None;
        }
        Some(Located { value: Secret::from(secret.value), span: secret.span })
    }
}

/// The configuration before anything was set.
pub(crate) fn defaults() -> Config {
    Config {
        listen: vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)],
        host_name: "causeway".into(),
        state: "/var/lib/causeway".into(),
        socket: "/run/causeway/control.sock".into(),
        psks: Vec::new(),
        legacy: false,
        force_udp: false,
        pool: "10.99.0.0/24".parse().expect("invariant: the default pool is well-formed"),
        ipv6: None,
        dns: Vec::new(),
        domain: None,
        routes: Vec::new(),
        nat: true,
        client_to_client: false,
        mtu: 1400,
        device: "causeway0".into(),
        authentication: vec![AuthMethod::MsChapV2],
        echo_interval: Duration::from_secs(30),
        hello_interval: Duration::from_secs(60),
        dpd_interval: Duration::from_secs(30),
        accounts: Accounts::default(),
        rules: Rules::default(),
        warnings: Vec::new(),
    }
}

/// An authentication method as it is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Method(pub(crate) AuthMethod);

impl std::str::FromStr for Method {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Method, Self::Err> {
        match text {
            "mschapv2" => Ok(Method(AuthMethod::MsChapV2)),
            "eap-mschapv2" => Ok(Method(AuthMethod::EapMsChapV2)),
            "chap" => Ok(Method(AuthMethod::ChapMd5)),
            "pap" => Ok(Method(AuthMethod::Pap)),
            _ => Err("expected \"mschapv2\", \"eap-mschapv2\", \"chap\" or \"pap\""),
        }
    }
}

/// What a method costs that is weaker than the default one.
fn price_of(method: AuthMethod) -> Option<&'static str> {
    match method {
        AuthMethod::MsChapV2 | AuthMethod::EapMsChapV2 => None,
        AuthMethod::ChapMd5 => Some("ppp.authentication allows chap: the server does not prove itself to the client"),
        AuthMethod::Pap => Some(
            "ppp.authentication allows pap: whoever knows the pre-shared key can pose as the server and read passwords",
        ),
    }
}

/// A mistake in a file that the configuration names.
pub(crate) struct FileProblem {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

#[cfg(test)]
mod tests;
