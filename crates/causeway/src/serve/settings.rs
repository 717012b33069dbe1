//! The configuration in the words of the engines, and in words for the status.

use access::server;
use ike::proposal::{ChildPolicy, Phase1Policy};
use net::tun::TunQueue;

use crate::config::Config;
use crate::io::Sockets;

/// What the access layer is to do. `no_raw_esp` says that ESP has to travel in UDP, whatever the path is like.
pub(crate) fn access(config: &Config, no_raw_esp: bool) -> server::Config {
    let mut ike = ike::Config::default();
    for (network, secret) in &config.psks {
        ike.pre_shared_keys.push(ike::config::PreSharedKey {
            network: network.map(|network| (network.address, network.prefix)),
            secret: secret.clone(),
        });
    }
    if config.legacy {
        (ike.phase1, ike.child) = (Phase1Policy::legacy(), ChildPolicy::legacy());
    }
    ike.nat.force_encapsulation = no_raw_esp || config.force_udp;
    ike.timing.dpd_idle = Some(config.dpd_interval);
    let mut l2tp = l2tp::Config::new(config.host_name.as_str());
    l2tp.hello_interval = config.hello_interval;
    let mut ppp = ppp::ServerConfig {
        name: config.host_name.clone(),
        methods: config.authentication.clone(),
        mru: config.mtu,
        ipv6: config.ipv6.is_some(),
        ..ppp::ServerConfig::default()
    };
    ppp.timing.echo_interval = config.echo_interval;
    server::Config {
        ike,
        l2tp,
        ppp,
        pool: config.pool,
        ipv6: config.ipv6,
        dns: config.dns.clone(),
        domain: config.domain.clone(),
        routes: config.routes.clone(),
        client_to_client: config.client_to_client,
        accounts: config.accounts.clone(),
    }
}

/// What clients may use, in words.
pub(crate) fn accepts(config: &Config) -> Vec<String> {
    let mut accepts = vec!["l2tp/ipsec with a pre-shared key".to_owned()];
    accepts.extend(config.authentication.iter().map(|method| record::server::method_name(*method).to_owned()));
    if config.legacy {
        accepts.push("3des and modp1024 (legacy)".to_owned());
    }
    accepts
}

/// Which offloads are in use, in words: without them a server is several times slower.
pub(crate) fn offload(sockets: &Sockets, tun: &TunQueue) -> Vec<String> {
    let udp = sockets.udp.iter().map(|socket| format!("{} {:?}", socket.local_addr(), socket.gso()));
    let tcp = if tun.offload().tcp { "tun tcp" } else { "tun none" };
    let joined = if tun.coalescing().tcp { "tun writes joined" } else { "tun writes single" };
    udp.chain([tcp.to_owned(), joined.to_owned()]).collect()
}
