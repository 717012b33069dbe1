//! Machines: services, registry, sockets, configuration.

use observe::{Fact, Layer, Observation, Role, Side, host, ppp, reported};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

/// Services without which a Windows client cannot do L2TP/IPsec.
const NEEDED: &[&str] = &["policyagent", "ikeext", "bfe", "rasman"];

/// The service that makes a Windows server a server. A client needs it not, and there it is disabled.
const SERVES: &str = "remoteaccess";

/// Units of Linux in which the daemons of a VPN run.
const DAEMONS: &[&str] = &[
    "ipsec",
    "strongswan",
    "strongswan-starter",
    "strongswan-swanctl",
    "libreswan",
    "openswan",
    "xl2tpd",
    "pptpd",
    "accel-ppp",
    "vpnserver",
    "softether-vpnserver",
    "causeway",
];

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for seen in picture.all() {
        if let Fact::Host(fact) = &seen.fact {
            stated(seen, fact, picture, claims);
        }
    }
    unlistening(picture, claims);
    owned(picture, claims);
}

fn stated(seen: &Observation, fact: &host::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        host::Fact::Service { name, running, start } => {
            service(seen, name, *running, *start, picture.up().is_some(), claims)
        }
        host::Fact::Registry { key, name, value: Some(value), written } => {
            // A value takes effect with the next start of Windows.
            let booted = picture.all().filter_map(|other| match &other.fact {
                Fact::Host(host::Fact::Booted { at }) if other.side == seen.side => Some(*at),
                _ => None,
            });
            let waiting = written.zip(booted.max()).is_some_and(|(written, booted)| written > booted);
            if waiting && name == "assumeudpencapsulationcontextonsendrule" {
                registry(seen, key, name, 0, picture, claims);
            } else {
                registry(seen, key, name, *value, picture, claims);
            }
        }
        // Without the value, Windows acts as with 0.
        host::Fact::Registry { key, name, value: None, .. } if key == "services\\policyagent" => {
            registry(seen, key, name, 0, picture, claims);
        }
        // Somebody wanted it to act, and it does not.
        host::Fact::RegistryMisplaced { .. } if picture.up().is_none() => {
            claims.stated(Cause::HostRegistryMisplaced, 0.55, seen).at(Cause::HostRegistryMisplaced, seen.side.role());
        }
        host::Fact::Update { name } if matches!(name.as_str(), "KB5009543" | "KB5009566") => {
            claims.inferred(Cause::IkeVendorIdRejected, 0.5, [seen]);
        }
        // These brought the repair.
        host::Fact::Update { name } if matches!(name.as_str(), "KB5010793" | "KB5010795") => {
            claims.against(Cause::IkeVendorIdRejected, 0.2, seen);
        }
        host::Fact::PortBusy { .. } => {
            claims.stated(Cause::NetPortBusy, 0.85, seen).at(Cause::NetPortBusy, seen.side.role());
        }
        host::Fact::Stopped { .. } if seen.side == Side::Server && picture.up().is_none() => {
            claims
                .inferred(Cause::HostServerNotRunning, 0.3, [seen])
                .at(Cause::HostServerNotRunning, Some(Role::Server));
        }
        // What it needs to follow PPTP through a NAT, nothing else needs.
        host::Fact::ModuleMissing { module } if module.contains("conntrack_pptp") || module.contains("nat_pptp") => {
            claims.stated(Cause::NetGreBlocked, 0.6, seen);
        }
        host::Fact::ModuleMissing { .. } => {
            claims
                .stated(Cause::HostKernelModuleMissing, 0.8, seen)
                .at(Cause::HostKernelModuleMissing, seen.side.role());
        }
        host::Fact::ConfigurationError { .. } | host::Fact::SettingWrong { .. } => {
            claims.stated(Cause::HostConfigurationError, 0.8, seen).at(Cause::HostConfigurationError, seen.side.role());
        }
        host::Fact::KnownBug { .. } => {
            claims.stated(Cause::HostKnownOsBug, 0.8, seen).at(Cause::HostKnownOsBug, seen.side.role());
        }
        host::Fact::Forwarding { on: false, v6: false } if seen.side != Side::Client => {
            claims.stated(Cause::RouteForwardingOff, 0.75, seen);
        }
        host::Fact::Forwarding { on: true, v6: false } if seen.side != Side::Client => {
            claims.against(Cause::RouteForwardingOff, 0.3, seen);
        }
        host::Fact::FilterDrops { .. } => {
            claims.stated(Cause::RouteFilterDrop, 0.5, seen);
        }
        host::Fact::Profile(profile) => settings(seen, profile, picture, claims),
        host::Fact::MiniportBroken { .. } => {
            claims.stated(Cause::HostWanMiniportBroken, 0.8, seen);
        }
        _ => {}
    }
}

fn service(
    seen: &Observation,
    name: &str,
    running: Option<bool>,
    start: Option<host::Start>,
    up: bool,
    claims: &mut Claims,
) {
    let off = running == Some(false) || start == Some(host::Start::Disabled);
    if name == SERVES && seen.side == Side::Server && off {
        let weight = if start == Some(host::Start::Disabled) { 0.85 } else { 0.75 };
        claims.stated(Cause::HostServiceStopped, weight, seen).at(Cause::HostServiceStopped, Some(Role::Server));
    }
    // A daemon of a VPN that does not run is what everything else waits for, unless something came up.
    if running == Some(false) && DAEMONS.contains(&name) && !up {
        claims.inferred(Cause::HostServerNotRunning, 0.5, [seen]).at(Cause::HostServerNotRunning, seen.side.role());
    }
    if NEEDED.contains(&name) && off {
        // A service that starts on demand may rest while nobody dials.
        let resting = running == Some(false) && start == Some(host::Start::Demand);
        let weight = if start == Some(host::Start::Disabled) {
            0.85
        } else if resting {
            0.35
        } else {
            0.7
        };
        claims.stated(Cause::HostServiceStopped, weight, seen).at(Cause::HostServiceStopped, seen.side.role());
    }
    if name == "ias" && off {
        claims.stated(Cause::AuthRadiusNoAnswer, 0.5, seen);
    }
}

/// Programs that may own the ports of a VPN.
const OWNERS: &[&str] = &[
    "charon",
    "starter",
    "pluto",
    "iked",
    "isakmpd",
    "racoon",
    "ipsec",
    "strongswan",
    "xl2tpd",
    "l2tpd",
    "openl2tpd",
    "l2tpns",
    "mpd5",
    "pptpd",
    "pptpctrl",
    "accel-pppd",
    "vpnserver",
    "softether",
    "causeway",
    "systemd",
    "docker-proxy",
    "svchost",
    "system",
];

/// A port of the VPN whose owner is no VPN that is known.
fn owned(picture: &Picture<'_>, claims: &mut Claims) {
    if picture.up().is_some() {
        return;
    }
    for seen in picture.all() {
        let Fact::Host(host::Fact::Listening { address, owner: Some(owner), .. }) = &seen.fact else { continue };
        let owner = owner.to_ascii_lowercase();
        let stranger = !owner.starts_with("process ")
            && !owner.bytes().all(|octet| octet.is_ascii_digit())
            && !OWNERS.iter().any(|known| owner.contains(known));
        if stranger && matches!(address.port(), 500 | 4500 | 1701 | 1723) {
            claims.inferred(Cause::NetPortBusy, 0.6, [seen]).at(Cause::NetPortBusy, seen.side.role());
        }
    }
}

fn registry(seen: &Observation, key: &str, name: &str, value: u32, picture: &Picture<'_>, claims: &mut Claims) {
    match (name, value) {
        ("prohibitipsec", 1) if key.ends_with("rasman\\parameters") => {
            claims.stated(Cause::HostProhibitIpsec, 0.85, seen);
        }
        ("assumeudpencapsulationcontextonsendrule", 0 | 1)
            if key.ends_with("policyagent") || key.ends_with("ipsec") =>
        {
            // 1 suffices when the client itself is not behind a NAT.
            let (client, behind) = picture.nat();
            let weight = match (behind, value) {
                (Some(true), 0) => 0.7,
                (Some(true), _) if client == Some(false) => 0.05,
                (Some(true), _) if client == Some(true) => 0.7,
                (Some(true), _) => 0.4,
                (Some(false), _) => 0.05,
                (None, _) => 0.3,
            };
            claims.inferred(Cause::IkeServerBehindNatRefused, weight, [seen]);
        }
        ("assumeudpencapsulationcontextonsendrule", _) if key.ends_with("policyagent") || key.ends_with("ipsec") => {
            claims.against(Cause::IkeServerBehindNatRefused, 0.3, seen);
        }
        ("allowl2tpweakcrypto" | "allowpptpweakcrypto", 1) if key.ends_with("rasman\\parameters") => {
            claims.inferred(Cause::HostWeakCryptoOnly, 0.2, [seen]);
        }
        ("start", 4) => {
            let service = key.rsplit('\\').next().unwrap_or_default();
            if NEEDED.contains(&service) {
                claims.stated(Cause::HostServiceStopped, 0.85, seen).at(Cause::HostServiceStopped, seen.side.role());
            }
        }
        ("lmcompatibilitylevel", 5) if seen.side != Side::Client => {
            claims.inferred(Cause::AuthNtlmRefused, 0.3, [seen]);
        }
        _ => {}
    }
}

/// A complete list of the server's sockets: nothing of a VPN is in it, or nothing of the tunnel type that is dialled.
fn unlistening(picture: &Picture<'_>, claims: &mut Claims) {
    let complete = picture
        .all()
        .find(|seen| seen.side == Side::Server && matches!(seen.fact, Fact::Host(host::Fact::ListeningComplete)));
    let Some(complete) = complete else { return };
    let listens = |ports: &[u16]| {
        picture.all().any(|seen| {
            seen.place.source == complete.place.source
                && matches!(&seen.fact, Fact::Host(host::Fact::Listening { address, .. }) if ports.contains(&address.port()))
        })
    };
    let (ipsec, pptp) = (listens(&[500, 4500]), listens(&[1723]));
    if !ipsec && !pptp && !listens(&[1701]) {
        claims.stated(Cause::HostServerNotRunning, 0.75, complete);
        return;
    }
    let dialled = |layer| picture.first(|seen| seen.fact.layer() == layer);
    let other = match (ipsec, pptp) {
        (true, false) => dialled(Layer::Pptp),
        (false, true) => dialled(Layer::Ike),
        _ => None,
    };
    if let Some(other) = other.filter(|_| picture.up().is_none()) {
        claims.inferred(Cause::TunnelProtocolDisabled, 0.7, [complete, other]);
    }
}

/// Settings of a Windows connection that fit the number with which it failed.
fn settings(seen: &Observation, profile: &host::Profile, picture: &Picture<'_>, claims: &mut Claims) {
    let failed = |codes: &[u32]| {
        picture
            .first(|other| matches!(&other.fact, Fact::Reported(reported::Fact::Ras { code }) if codes.contains(code)))
    };
    let l2tp = profile.tunnel.to_ascii_lowercase().contains("l2tp");
    if l2tp
        && profile.shared_key == Some(false)
        && let Some(code) = failed(&[766, 786, 791])
    {
        // It is set to use a certificate, and finds none.
        claims.inferred(Cause::IkePskMissing, 0.5, [seen, code]).at(Cause::IkePskMissing, Some(Role::Client));
    }
    let demands = ["require", "maximum"].iter().any(|word| profile.encryption.to_ascii_lowercase().starts_with(word));
    if demands && let Some(code) = failed(&[741, 742]) {
        claims.inferred(Cause::CcpEncryptionRequired, 0.4, [seen, code]);
    }
    let weak = |method: &ppp::Method| matches!(method, ppp::Method::Pap | ppp::Method::Chap);
    if !profile.methods.is_empty()
        && profile.methods.iter().all(weak)
        && let Some(code) = failed(&[628, 734, 919])
    {
        claims.inferred(Cause::PppNoCommonAuth, 0.45, [seen, code]);
    }
}
