//! Profiles: what can be set in a file instead of on the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use crypto::Secret;
use userspace::forward::{Forward, Local};

use super::domain::Domain;
use crate::cli::{Client, Protocol, Tunnel};
use crate::config::secrets::exposed;
use crate::config::table::{Located, Table};
use crate::config::{self, Method, Mistakes, Network, Reading};
use crate::exit::Failure;

/// What a profile says; everything may be left out.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) server: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) order: Vec<Tunnel>,
    pub(crate) without_ipsec: bool,
    pub(crate) clear_password: bool,
    pub(crate) psk: Option<Secret>,
    pub(crate) password: Option<Secret>,
    pub(crate) routes: Vec<Network>,
    pub(crate) full_tunnel: bool,
    pub(crate) allow_lan: bool,
    pub(crate) dns: bool,
    pub(crate) pushed_routes: Option<bool>,
    pub(crate) dns_domains: Vec<Domain>,
    pub(crate) client: Option<Client>,
    pub(crate) auth: Vec<Method>,
    pub(crate) device: Option<String>,
    pub(crate) userspace: bool,
    pub(crate) socks: Option<Local>,
    pub(crate) http: Option<Local>,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) mtu: Option<u16>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) once: bool,
    pub(crate) explain: bool,
    pub(crate) warnings: Vec<String>,
}

/// Reads the profile `name`: a path if it holds a slash, else a file of that name in the user's directory or the system's.
pub(crate) fn load(name: &str) -> Result<Profile, Failure> {
    let path = find(name)?;
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::configuration(format!("cannot read {}: {error}", path.display())))?;
    let base = path.parent().unwrap_or(Path::new("."));
    let mut profile = parse(&path.display().to_string(), &text, base)
        .map_err(|mistakes| Failure::configuration(mistakes.to_string()))?;
    let holds_secrets = profile.psk.is_some() || profile.password.is_some();
    profile.warnings.extend(exposed(&path).filter(|_| holds_secrets));
    Ok(profile)
}

fn find(name: &str) -> Result<PathBuf, Failure> {
    if name.contains('/') {
        return Ok(name.into());
    }
    let configuration = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    let places: Vec<_> = configuration
        .or(home)
        .map(|directory| directory.join("causeway"))
        .into_iter()
        .chain([PathBuf::from("/etc/causeway/dial.d")])
        .map(|directory| directory.join(format!("{name}.toml")))
        .collect();
    places.iter().find(|place| place.exists()).cloned().ok_or_else(|| {
        let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        Failure::configuration(format!("there is no profile `{name}`: looked for {}", places.join(" and ")))
    })
}

fn parse(file: &str, text: &str, base: &Path) -> Result<Profile, Mistakes> {
    config::read_document(file, text, base, read)
}

fn read(reading: &mut Reading<'_>, root: &mut Table<'_, '_>) -> Profile {
    let mut profile = Profile {
        psk: reading.secret(root, "psk", "psk_file").map(|secret| secret.value),
        password: reading.secret(root, "password", "password_file").map(|secret| secret.value),
        ..Profile::default()
    };
    let mistakes = &mut *reading.mistakes;
    profile.server = root.text("server", mistakes).map(|text| text.value);
    profile.user = root.text("user", mistakes).map(|text| text.value);
    profile.device = root.text("device", mistakes).map(|text| text.value);
    let routes = root.list::<Network>("routes", mistakes).unwrap_or_default();
    profile.routes = routes.into_iter().map(|route| route.value).collect();
    profile.full_tunnel = root.flag("full_tunnel", mistakes).unwrap_or(false);
    profile.allow_lan = root.flag("allow_lan", mistakes).unwrap_or(false);
    profile.dns = root.flag("dns", mistakes).unwrap_or(false);
    profile.pushed_routes = root.flag("pushed_routes", mistakes);
    let domains = root.list::<Domain>("dns_domains", mistakes).unwrap_or_default();
    profile.dns_domains = domains.into_iter().map(|domain| domain.value).collect();
    profile.once = root.flag("once", mistakes).unwrap_or(false);
    profile.explain = root.flag("explain", mistakes).unwrap_or(false);
    let auth = root.list::<Method>("authentication", mistakes).unwrap_or_default();
    profile.auth = auth.into_iter().map(|method| method.value).collect();
    profile.mtu = root.number("mtu", 576..=1500, mistakes).map(|mtu| mtu as u16);
    profile.timeout = root.seconds("timeout", 1..=120, mistakes);
    profile.client = root.parsed("as", mistakes).map(|Located { value: Named(client), .. }| client);
    profile.protocol = root.parsed("protocol", mistakes).map(|Located { value: Named(protocol), .. }| protocol);
    let order = root.list::<Named<Tunnel>>("order", mistakes);
    if let (Some(Protocol::Only(_)), Some(first)) = (profile.protocol, order.iter().flatten().next()) {
        let help = Some("leave out `protocol`, or say \"auto\"".to_owned());
        mistakes.add(first.span.clone(), "`order` is for the protocol \"auto\"", help);
    }
    profile.without_ipsec = root.flag("without_ipsec", mistakes).unwrap_or(false);
    profile.clear_password = root.flag("clear_password", mistakes).unwrap_or(false);
    read_userspace(&mut profile, mistakes, root);
    profile.order = order.into_iter().flatten().map(|tunnel| tunnel.value.0).collect();
    profile
}

/// What there is instead of a device, and that it is only there instead of one.
fn read_userspace(profile: &mut Profile, mistakes: &mut Mistakes, root: &mut Table<'_, '_>) {
    profile.userspace = root.flag("userspace", mistakes).unwrap_or(false);
    profile.socks = root.parsed("socks", mistakes).map(|local| local.value);
    profile.http = root.parsed("http", mistakes).map(|local| local.value);
    let forwards = root.list::<Forward>("forward", mistakes).unwrap_or_default();
    profile.forwards = forwards.into_iter().map(|forward| forward.value).collect();
    let says = |profile: &Profile, key| match key {
        "full_tunnel" => profile.full_tunnel,
        "allow_lan" => profile.allow_lan,
        "dns" => profile.dns,
        _ => true,
    };
    if profile.userspace {
        for key in ["routes", "full_tunnel", "allow_lan", "dns", "dns_domains", "device"] {
            if let Some(place) = root.place(key).filter(|_| says(profile, key)) {
                mistakes.add(place, format!("`{key}` is for a device, and with `userspace` there is none"), None);
            }
        }
    } else {
        for key in ["socks", "http", "forward"] {
            if let Some(place) = root.place(key) {
                let help = Some("add `userspace = true`".to_owned());
                mistakes.add(place, format!("`{key}` needs `userspace`"), help);
            }
        }
    }
}

/// A value that the command line knows by name.
struct Named<T>(T);

impl<T: ValueEnum> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Named<T>, String> {
        T::from_str(text, false).map(Named).map_err(|_| {
            let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<_> = names.map(|name| format!("\"{}\"", name.get_name())).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Profile, String> {
        parse("office.toml", text, Path::new("/nonexistent")).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_profile_is_read() {
        let profile = check(
            "server = \"vpn.example.com\"\nuser = \"anna\"\npsk = \"secret words\"\nroutes = [\"10.0.0.0/8\"]\nas = \"windows-11\"\n",
        )
        .unwrap();
        assert_eq!(profile.server.as_deref(), Some("vpn.example.com"));
        assert_eq!(profile.client, Some(Client::Windows11));
        assert_eq!(profile.routes.len(), 1);
        assert!(!format!("{profile:?}").contains("words"));
    }

    #[test]
    fn a_profile_can_end_the_tunnel_in_the_process() {
        let profile = check(
            "userspace = true\nsocks = \"1081\"\nhttp = \"[::1]:8080\"\nforward = [\"13389=10.0.0.5:3389\", \"22=ssh.example:22\"]\ndns = false\n",
        )
        .unwrap();
        assert!(profile.userspace);
        assert_eq!(profile.socks.unwrap().to_string(), "127.0.0.1:1081");
        assert_eq!(profile.http.unwrap().to_string(), "[::1]:8080");
        assert_eq!(profile.forwards[1].remote.to_string(), "ssh.example:22");
    }

    #[test]
    fn proxies_need_userspace_and_routes_a_device() {
        for (text, mistake) in [
            ("socks = \"1080\"\n", "office.toml:1:9: `socks` needs `userspace`"),
            ("userspace = false\nforward = [\"22=10.0.0.5:22\"]\n", "office.toml:2:11: `forward` needs `userspace`"),
            ("userspace = true\nroutes = [\"10.0.0.0/8\"]\n", "office.toml:2:10: `routes` is for a device"),
            ("userspace = true\nfull_tunnel = true\n", "office.toml:2:15: `full_tunnel` is for a device"),
            ("device = \"office0\"\nuserspace = true\n", "office.toml:1:10: `device` is for a device"),
            ("userspace = true\nforward = [\"22\"]\n", "office.toml:2:12: `forward`: "),
            ("userspace = true\nsocks = \"70000\"\n", "office.toml:2:9: `socks`: "),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(mistake), "{error}");
        }
    }

    #[test]
    fn the_profile_in_the_help_is_a_good_one() {
        let (example, _) = crate::cli::DIAL_HELP.split_once("\n\n").unwrap();
        let (_, example) = example.split_once('\n').unwrap();
        // The files are not there.
        let example = example.replace("psk_file", "psk").replace("password_file", "password");
        let profile = check(&example).unwrap();
        assert_eq!((profile.device.as_deref(), profile.client), (Some("office%d"), Some(Client::Windows11)));
    }

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        let error = check("protocol = \"l2tp\"\norder = [\"l2tp\"]\n").unwrap_err();
        assert!(error.contains("office.toml:2:10: `order` is for the protocol \"auto\""), "{error}");
        let error = check("server = \"a\"\nroute = [\"10.0.0.0/8\"]\nas = \"beos\"\n").unwrap_err();
        assert!(error.contains("office.toml:2:1: unknown key `route`"), "{error}");
        assert!(error.contains("did you mean `routes`?"), "{error}");
        assert!(error.contains("office.toml:3:6: `as`: expected one of \"windows-11\""), "{error}");
    }
}
