use observe::host::{Fact, Flaw, Miniport, Profile, Start};

use super::{Teller, Words};

pub(super) fn words<'a>(teller: &Teller<'_>, fact: &'a Fact) -> Words<'a> {
    match fact {
        Fact::System { name } => Words::new("host-system").with("name", name.clone()),
        Fact::Booted { .. } => Words::new("host-booted"),
        Fact::Update { name } => Words::new("host-update").with("name", name.clone()),
        Fact::Service { name, running, start } => Words::new(match (running, start) {
            (_, Some(Start::Disabled)) => "host-service-disabled",
            (Some(false), _) => "host-service-stopped",
            (Some(true), _) => "host-service-running",
            (None, _) => "host-service",
        })
        .with("name", name.clone()),
        Fact::Registry { key, name, value, .. } => match value {
            Some(value) => {
                Words::new("host-registry").with("key", key.clone()).with("name", name.clone()).with("value", *value)
            }
            None => Words::new("host-registry-absent").with("key", key.clone()).with("name", name.clone()),
        },
        Fact::RegistryMisplaced { key, name, right } => Words::new("host-registry-misplaced")
            .with("key", key.clone())
            .with("name", name.clone())
            .with("right", right.clone()),
        Fact::Listening { tcp, address, owner } => {
            let (protocol, address) = (protocol(*tcp), address.to_string());
            let words = Words::new(if owner.is_some() { "host-listening-owner" } else { "host-listening" });
            let words = words.with("protocol", protocol).with("address", address);
            match owner {
                Some(owner) => words.with("owner", owner.clone()),
                None => words,
            }
        }
        Fact::ListeningComplete => Words::new("host-listening-complete"),
        Fact::PortBusy { port: Some(port), tcp, program } => Words::new("host-port-busy-port")
            .with("protocol", protocol(*tcp))
            .with("port", *port)
            .with("program", program.clone()),
        Fact::PortBusy { port: None, program, .. } => Words::new("host-port-busy").with("program", program.clone()),
        Fact::Started { program } => Words::new("host-started").with("program", program.clone()),
        Fact::Stopped { program } => Words::new("host-stopped").with("program", program.clone()),
        Fact::ModuleMissing { module } => Words::new("host-module-missing").with("module", module.clone()),
        Fact::ConfigurationError { program, said } => {
            Words::new("host-configuration-error").with("program", program.clone()).said(said)
        }
        Fact::KnownBug { .. } => Words::new("host-known-bug"),
        Fact::Forwarding { on, v6 } => {
            let id = if *on { "host-forwarding-on" } else { "host-forwarding-off" };
            Words::new(id).with("version", if *v6 { "IPv6" } else { "IPv4" })
        }
        Fact::FilterDrops { rule } => Words::new("host-filter-drops").said(rule),
        Fact::MiniportBroken { name, how } => match how {
            Miniport::Missing => Words::new("host-miniport-missing"),
            Miniport::Unnamed => Words::new("host-miniport-unnamed"),
            Miniport::Status(status) => Words::new("host-miniport-status").with("status", status.clone()),
        }
        .with("name", name.clone()),
        Fact::SettingWrong { program, flaw } => match flaw {
            Flaw::QuotationMarks => Words::new("host-setting-quotation-marks"),
            Flaw::TunnelMode => Words::new("host-setting-tunnel-mode"),
            Flaw::Ikev2 => Words::new("host-setting-ikev2"),
            Flaw::OwnAddress => Words::new("host-setting-own-address"),
            Flaw::RangeReversed => Words::new("host-setting-range-reversed"),
            Flaw::Contradiction(method) => Words::new("host-setting-contradiction").with("method", method.clone()),
            Flaw::NoMethod => Words::new("host-setting-no-method"),
        }
        .with("program", program.clone()),
        Fact::Profile(profile) => connection(teller, profile),
        Fact::OtherVpn { name } => Words::new("host-other-vpn").with("name", name.clone()),
    }
}

fn connection<'a>(teller: &Teller<'_>, profile: &Profile) -> Words<'a> {
    let id = match profile.shared_key {
        Some(false) => "host-profile-no-key",
        _ => "host-profile",
    };
    let known = |text: &str| if text.is_empty() { teller.say("not-said") } else { text.to_owned() };
    Words::new(id)
        .with("name", profile.name.clone())
        .with("server", known(&profile.server))
        .with("tunnel", known(&profile.tunnel))
        .with("encryption", known(&profile.encryption))
}

const fn protocol(tcp: bool) -> &'static str {
    if tcp { "TCP" } else { "UDP" }
}
