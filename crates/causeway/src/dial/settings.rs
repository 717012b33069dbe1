//! What to dial and how: command line over environment over profile over systemd's credentials.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use clock::Backoff;
use crypto::Secret;
use ike::ChildRequest;
use ike::proposal::ChildPolicy;
use net::netlink::Prefix;
use net::terminal::SilentTerminal;
use ppp::{Credentials, Method};
use userspace::forward::{Forward, Local};
use userspace::proxy::Service;

use super::domain::Domain;
use super::host::MARK;
use super::offers::{Offers, offers};
use super::profile::{self, Profile};
use super::strategy::{self, Strategy};
use crate::cli;
use crate::config::secrets::{self, SecretFault};
use crate::config::{self, FileProblem, Network};
use crate::exit::Failure;
use crate::io::IKE_PORT;

/// Silence of the server after which it is asked whether it is there: one that vanished is given up within a minute.
const ECHO: Duration = Duration::from_secs(10);

/// Where the SOCKS5 proxy listens when nothing else is said: its registered port, for this host only.
const SOCKS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1080));

/// Everything that a dial needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Name or address of the server.
    pub(crate) server: String,
    /// What is tried, first to last; never empty.
    pub(crate) order: Vec<Strategy>,
    pub(crate) user: String,
    /// There is one if a strategy needs one.
    pub(crate) psk: Option<Secret>,
    /// None: the person is asked when authentication is reached.
    pub(crate) password: Option<Secret>,
    pub(crate) routes: Vec<Prefix>,
    pub(crate) full_tunnel: bool,
    /// The private networks around this host stay outside a full tunnel.
    pub(crate) allow_lan: bool,
    /// The server's name servers are asked: for names in these domains, or for all if there are none.
    pub(crate) dns: bool,
    /// Whether routes that the server names are taken.
    pub(crate) pushed_routes: bool,
    pub(crate) dns_domains: Vec<Domain>,
    pub(crate) methods: Vec<Method>,
    /// What is acceptable where everybody on the way can listen.
    pub(crate) clear_methods: Vec<Method>,
    pub(crate) device: String,
    /// Proxies and port forwards that take the place of a device.
    pub(crate) services: Option<Vec<Service>>,
    pub(crate) mtu: u16,
    pub(crate) timeout: Duration,
    pub(crate) once: bool,
    /// The doctor explains failures.
    pub(crate) explain: bool,
    pub(crate) offers: Offers,
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Puts together what the command line says and what it leaves to others.
    pub(crate) fn gather(options: &cli::Dial) -> Result<Settings, Failure> {
        let profile = options.profile.as_deref().map(profile::load).transpose()?.unwrap_or_default();
        let order = strategy::order(options, &profile)?;
        let Profile { mut warnings, .. } = profile;
        let server = options.server.clone().or(profile.server).filter(|server| !server.is_empty());
        let server =
            server.ok_or_else(|| Failure::configuration("no server: name it with --server HOST or in the profile"))?;
        let user = options.user.clone().or(profile.user).filter(|user| (1..=255).contains(&user.len()));
        let user =
            user.ok_or_else(|| Failure::configuration("no user: name one with --user NAME or in the profile"))?;
        let psk = secret(options.psk_file.as_deref(), "CAUSEWAY_PSK", profile.psk, "psk").map_err(told)?;
        if psk.is_none() && order.contains(&Strategy::L2tp) {
            return Err(Failure::configuration(
                "no pre-shared key: give it in CAUSEWAY_PSK, with --psk-file FILE, in the profile (`psk` or `psk_file`), or \
                 as a systemd credential `psk`",
            ));
        }
        let password = secret(options.password_file.as_deref(), "CAUSEWAY_PASSWORD", profile.password, "password");
        let password = password.map_err(told)?;
        if password.is_none() && !SilentTerminal::exists() {
            return Err(Failure::configuration(
                "no password, and no terminal to ask for it: give it in CAUSEWAY_PASSWORD, with --password-file FILE, in the \
                 profile (`password` or `password_file`), or as a systemd credential `password`",
            ));
        }
        warnings.extend(psk.iter().flat_map(secrets::psk_warnings));
        let methods = if options.auth.is_empty() { profile.auth } else { options.auth.clone() };
        let mut methods: Vec<_> = methods.into_iter().map(method).collect();
        if methods.is_empty() {
            methods.push(Method::MsChapV2);
        }
        let mut clear_methods = methods.clone();
        if order.contains(&Strategy::L2tpClear) {
            let passwords = options.clear_password || profile.clear_password;
            withhold_passwords(&mut clear_methods, passwords, &mut warnings)?;
        }
        if methods.contains(&Method::Pap) && order.contains(&Strategy::L2tp) {
            warnings.push(
                "pap is allowed: whoever knows the pre-shared key can pose as the server and read the password".into(),
            );
        }
        let wanted = if options.routes.is_empty() { profile.routes } else { options.routes.clone() };
        let mut routes: Vec<_> = wanted.iter().filter_map(prefix).collect();
        let everything = routes.iter().any(|route| route.prefix_len() == 0);
        routes.retain(|route| route.prefix_len() != 0);
        if profile.userspace && !options.userspace && wants_device(options) {
            return Err(Failure::configuration(
                "the profile says `userspace`, and then there is no device: --route, --full-tunnel, --allow-lan, --dns, \
                 --dns-domain and --device are not for it",
            ));
        }
        let proxies = Proxies {
            socks: options.socks.or(profile.socks),
            http: options.http.or(profile.http),
            forwards: if options.forwards.is_empty() { profile.forwards } else { options.forwards.clone() },
        };
        let services = (options.userspace || profile.userspace).then(|| proxies.services());
        for service in services.iter().flatten().filter(|service| service.local().is_exposed()) {
            warnings.push(format!("{service}: other hosts can use it too, nobody is asked for a password"));
        }
        if services.is_some() {
            routes.clear();
            if !wanted.is_empty() || profile.full_tunnel || profile.dns || profile.device.is_some() {
                warnings.push(
                    "with --userspace the profile's `routes`, `full_tunnel`, `dns` and `device` have no effect".into(),
                );
            }
        }
        let device = services.is_none();
        let dns_domains =
            if options.dns_domains.is_empty() { profile.dns_domains } else { options.dns_domains.clone() };
        let full_tunnel = device && (options.full_tunnel || profile.full_tunnel || everything);
        let allow_lan = device && (options.allow_lan || profile.allow_lan);
        if allow_lan && !full_tunnel {
            warnings
                .push("--allow-lan is for a full tunnel: without one the network around this machine is open".into());
        }
        Ok(Settings {
            server,
            order,
            user,
            psk,
            password,
            routes,
            full_tunnel,
            allow_lan,
            pushed_routes: device && !options.no_pushed_routes && profile.pushed_routes.unwrap_or(true),
            dns: device && (options.dns || profile.dns || !dns_domains.is_empty()),
            dns_domains,
            methods,
            clear_methods,
            device: options.device.clone().or(profile.device).unwrap_or_else(|| "causeway%d".into()),
            services,
            mtu: options.mtu.or(profile.mtu).unwrap_or(access::DEFAULT_MTU),
            timeout: options.timeout.map(Duration::from_secs).or(profile.timeout).unwrap_or(Duration::from_secs(20)),
            once: options.once || profile.once,
            explain: options.explain || profile.explain,
            offers: offers(options.client.or(profile.client)),
            warnings,
        })
    }

    /// For a probe: L2TP/IPsec in this process, nothing that outlives it, and nobody who is asked. `None` without a pre-shared key.
    pub(crate) fn for_probe(options: &cli::doctor::Probe) -> Result<Option<Settings>, SecretFault> {
        let psk = secret(options.psk_file.as_deref(), "CAUSEWAY_PSK", None, "psk")?;
        let Some(psk) = psk else { return Ok(None) };
        let password = match options.user {
            Some(_) => password(options)?,
            None => None,
        };
        let methods = probe_methods(options);
        Ok(Some(Settings {
            server: options.host.clone(),
            order: vec![Strategy::L2tp],
            user: options.user.clone().unwrap_or_default(),
            warnings: Vec::new(),
            psk: Some(psk),
            password,
            routes: Vec::new(),
            full_tunnel: false,
            allow_lan: false,
            dns: false,
            pushed_routes: false,
            dns_domains: Vec::new(),
            clear_methods: Vec::new(),
            methods,
            device: String::new(),
            services: Some(Vec::new()),
            mtu: access::DEFAULT_MTU,
            timeout: Duration::from_secs(10),
            once: true,
            explain: false,
            offers: offers(options.client),
        }))
    }

    /// What the access layer is to do with IPsec along these paths: IKE's, and the one for when a NAT is found. Without a
    /// `password` it is asked for.
    pub(crate) fn with_ipsec(
        &self,
        path: ike::Path,
        nat_t_path: ike::Path,
        force_udp: bool,
        password: Option<&Secret>,
    ) -> access::client::Config {
        let mut ike = ike::Config { respond: false, child: ChildPolicy::legacy(), ..ike::Config::default() };
        ike.nat.force_encapsulation = force_udp;
        ike.timing.dpd_idle = Some(ECHO * 2);
        (ike.timing.retransmit_after, ike.timing.retransmit_cap, ike.timing.transmissions) = patience(self.timeout);
        let psk = self.psk.clone().unwrap_or_else(|| Secret::from(Vec::new()));
        let initiate = ike::Initiate {
            nat_t_path,
            offer: self.offers.phase1.clone(),
            // Whoever has the port is the only one on this host to speak IKE: what the server remembers of this address is over.
            initial_contact: self.offers.initial_contact && path.local.port() == IKE_PORT,
            child: Some(ChildRequest { offer: self.offers.child.clone(), ..ChildRequest::l2tp() }),
            ..ike::Initiate::l2tp(path, psk)
        };
        let vendor_ids = self.offers.vendor_ids.clone();
        let initiate =
            ike::Initiate { vendor_ids: vendor_ids.unwrap_or_else(|| initiate.vendor_ids.clone()), ..initiate };
        let (l2tp, mut ppp) = (self.l2tp(), self.ppp(&self.methods, password));
        // A TUN device takes IPv6 if packets of its smallest size fit (RFC 8200 §5). The stack for proxies knows IPv4 only.
        ppp.ipv6 = self.services.is_none() && self.mtu >= 1280;
        ppp.requires_ipv4 = true;
        access::client::Config { ike, initiate, l2tp, ppp, inform: self.inform() }
    }

    /// What the access layer is to do without IPsec. Without a `password` it is asked for.
    pub(crate) fn without_ipsec(&self, path: ike::Path, password: Option<&Secret>) -> access::client::Unprotected {
        let mut l2tp = self.l2tp();
        // Here it is L2TP that finds out whether there is a server.
        let (first, cap, transmissions) = patience(self.timeout);
        l2tp.retransmission = Backoff::new(first, 200, cap, transmissions);
        access::client::Unprotected { path, l2tp, ppp: self.ppp(&self.clear_methods, password) }
    }

    fn l2tp(&self) -> l2tp::Config {
        let mut l2tp = l2tp::Config::new("causeway");
        l2tp.hello_interval = ECHO * 2;
        l2tp.retransmission = Backoff::new(Duration::from_millis(250), 200, Duration::from_secs(8), 8);
        l2tp
    }

    fn ppp(&self, methods: &[Method], password: Option<&Secret>) -> ppp::ClientConfig {
        let (ask_first, ask_again) = (password.is_none(), self.password.is_none());
        let password = password.cloned().unwrap_or_default();
        let mut ppp = ppp::ClientConfig::new(Credentials { user: self.user.clone(), password });
        ppp.methods = methods.to_vec();
        (ppp.ask_first, ppp.ask_again) = (ask_first, ask_again);
        ppp.mru = self.mtu;
        // What is sent first in each stage often comes before the server's daemons are ready for it, and is lost.
        ppp.timing.restart = Duration::from_secs(1);
        ppp.timing.early_repeat = Duration::from_millis(250);
        ppp.timing.max_configure = 20;
        (ppp.timing.echo_interval, ppp.timing.max_echo_failures) = (ECHO, 4);
        ppp
    }

    /// How long an address may take to answer at all while there are others to try.
    pub(crate) fn first_answer(&self) -> Duration {
        (self.timeout / 4).max(Duration::from_secs(3)).min(self.timeout)
    }

    /// Where the tunnel leads, in words.
    pub(crate) fn destinations(&self) -> Vec<String> {
        let everything = self.full_tunnel.then(|| "everything".to_owned());
        everything.into_iter().chain(self.routes.iter().map(ToString::to_string)).collect()
    }

    /// Whether a route into the tunnel covers the server's own address. In a full tunnel it is the mark that keeps our packets
    /// outside.
    pub(crate) fn covers(&self, server: IpAddr) -> bool {
        let covers = |route: &Prefix| Prefix::new(server, route.prefix_len()) == Some(*route);
        !self.full_tunnel && self.routes.iter().any(covers)
    }

    /// Whether the server is asked what it has to say: proxies take name servers, too.
    pub(crate) fn inform(&self) -> bool {
        self.services.is_some() || self.dns || self.pushed_routes && !self.full_tunnel
    }

    /// Whether nothing but the server is reached, unless it names routes.
    pub(crate) fn leads_nowhere(&self) -> bool {
        self.routes.is_empty() && !self.full_tunnel && self.services.is_none()
    }

    /// The mark of our packets to the server; zero for none.
    pub(crate) fn mark(&self) -> u32 {
        if self.full_tunnel { MARK } else { 0 }
    }
}

/// The password of a probe's user, if there is one.
pub(crate) fn password(options: &cli::doctor::Probe) -> Result<Option<Secret>, SecretFault> {
    secret(options.password_file.as_deref(), "CAUSEWAY_PASSWORD", None, "password")
}

/// How a probe's user may log on.
pub(crate) fn probe_methods(options: &cli::doctor::Probe) -> Vec<Method> {
    let methods: Vec<_> = options.auth.iter().copied().map(method).collect();
    if methods.is_empty() { vec![Method::MsChapV2, Method::ChapMd5] } else { methods }
}

/// Without IPsec the password itself stays off the line unless that is permitted, too.
fn withhold_passwords(methods: &mut Vec<Method>, permitted: bool, warnings: &mut Vec<String>) -> Result<(), Failure> {
    if !methods.contains(&Method::Pap) {
        return Ok(());
    }
    if permitted {
        warnings
            .push("without IPsec and with pap the password itself goes over the network for everybody to read".into());
        return Ok(());
    }
    methods.retain(|method| *method != Method::Pap);
    if methods.is_empty() {
        return Err(Failure::configuration(
            "pap without IPsec shows the password to everybody on the way: add --clear-password if that is what you want (in a \
             profile: clear_password = true)",
        ));
    }
    warnings.push("without IPsec pap is not used: add --clear-password if the password may be read on the way".into());
    Ok(())
}

/// Whether an option is given that a device is needed for; clap keeps them apart from --userspace.
fn wants_device(options: &cli::Dial) -> bool {
    !options.routes.is_empty()
        || options.full_tunnel
        || options.allow_lan
        || options.dns
        || !options.dns_domains.is_empty()
        || options.device.is_some()
}

/// What is offered to programs on this host instead of a device.
struct Proxies {
    socks: Option<Local>,
    http: Option<Local>,
    forwards: Vec<Forward>,
}

impl Proxies {
    fn services(self) -> Vec<Service> {
        let nothing_named = self.http.is_none() && self.forwards.is_empty();
        let socks = self.socks.or(nothing_named.then_some(Local(SOCKS)));
        let forwards = self.forwards.into_iter().map(Service::Forward);
        socks.map(Service::Socks).into_iter().chain(self.http.map(Service::HttpConnect)).chain(forwards).collect()
    }
}

/// First wait, longest wait and transmissions of an IKE message that add up to about `timeout`.
fn patience(timeout: Duration) -> (Duration, Duration, u32) {
    let first = (timeout / 8).clamp(Duration::from_millis(250), Duration::from_secs(2));
    let cap = first * 4;
    let mut backoff = Backoff::new(first, 200, cap, 64);
    let mut total = Duration::ZERO;
    let mut transmissions = 0;
    while total < timeout
        && let Some(wait) = backoff.advance()
    {
        total += wait;
        transmissions += 1;
    }
    (first, cap, transmissions)
}

/// A mistake of the person who dials.
fn told(fault: SecretFault) -> Failure {
    let problem = FileProblem::from(fault);
    let help = problem.help.map(|help| format!(" ({help})")).unwrap_or_default();
    Failure::configuration(format!("{}{help}", problem.message))
}

/// A secret from the first place that has it.
fn secret(
    file: Option<&Path>,
    variable: &str,
    profile: Option<Secret>,
    credential: &str,
) -> Result<Option<Secret>, SecretFault> {
    let bytes = if let Some(path) = file {
        Some(secrets::read_file(path)?)
    } else if let Some(value) = std::env::var_os(variable) {
        Some(std::os::unix::ffi::OsStringExt::into_vec(value))
    } else if profile.is_some() {
        return Ok(profile);
    } else {
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY");
        let path = directory.map(|directory| Path::new(&directory).join(credential)).filter(|path| path.exists());
        path.as_deref().map(secrets::read_file).transpose()?
    };
    match bytes {
        Some(bytes) if bytes.is_empty() => Err(SecretFault::Empty { name: credential.to_owned() }),
        bytes => Ok(bytes.map(Secret::from)),
    }
}

/// The engine's name of a configured method.
pub(crate) fn method(config::Method(method): config::Method) -> Method {
    use access::server::AuthMethod;
    match method {
        AuthMethod::MsChapV2 => Method::MsChapV2,
        AuthMethod::EapMsChapV2 => Method::EapMsChapV2,
        AuthMethod::ChapMd5 => Method::ChapMd5,
        AuthMethod::Pap => Method::Pap,
    }
}

fn prefix(network: &Network) -> Option<Prefix> {
    Prefix::new(network.address, network.prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_for_an_answer_add_up_to_the_timeout() {
        for seconds in [1, 2, 5, 20, 120] {
            let timeout = Duration::from_secs(seconds);
            let (first, cap, transmissions) = patience(timeout);
            let mut backoff = Backoff::new(first, 200, cap, transmissions);
            let total: Duration = std::iter::from_fn(|| backoff.advance()).sum();
            assert!(total >= timeout && total <= timeout + cap, "{seconds}: {total:?}");
        }
    }
}
