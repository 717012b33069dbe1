//! What to enter on each kind of client, for the person who has just started a server with `--quick`.

use std::fmt::Write;
use std::net::IpAddr;

use net::netlink::Netlink;

use super::quick::Quick;

/// Prints it on standard output.
pub(crate) fn print(quick: &Quick) {
    let addresses = addresses(quick);
    anstream::print!("{}", text(quick, &addresses));
}

/// Addresses under which clients may reach the server: those listened on, or all of the host's, the likeliest first.
fn addresses(quick: &Quick) -> Vec<IpAddr> {
    let listen = &quick.config.listen;
    if !listen.iter().any(IpAddr::is_unspecified) {
        return listen.clone();
    }
    let own = Netlink::open().and_then(|mut netlink| netlink.addresses()).unwrap_or_default();
    let mut own: Vec<_> =
        own.into_iter().map(|address| address.address).filter(|address| reachable(*address)).collect();
    own.retain(|address| *address != IpAddr::V4(quick.config.pool.first()));
    own.sort_by_key(|address| is_private(*address));
    own
}

fn reachable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_link_local()),
        IpAddr::V6(_) => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.is_private())
}

fn text(quick: &Quick, addresses: &[IpAddr]) -> String {
    let server = addresses.first().map_or("ADDRESS-OF-THIS-HOST".to_owned(), ToString::to_string);
    let psk = String::from_utf8_lossy(quick.psk.as_bytes());
    let password = String::from_utf8_lossy(quick.password.as_bytes());
    let user = &quick.user;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\nCauseway serves L2TP/IPsec. What every client needs:\n\
         \n  server           {server}\
         \n  pre-shared key   {psk}\
         \n  user             {user}\
         \n  password         {password}\n"
    );
    if addresses.first().is_some_and(|address| is_private(*address)) {
        let _ = writeln!(
            text,
            "{server} is a private address. From outside, enter the public address of the router in front of this host,\n\
             and let it forward UDP 500 and UDP 4500 to {server}. Nothing else: not UDP 1701.\n"
        );
    }
    let _ = writeln!(
        text,
        "Windows 10 and 11, in PowerShell:\n\
         \x20 Add-VpnConnection -Name Causeway -ServerAddress {server} -TunnelType L2tp -L2tpPsk {psk} \
         -AuthenticationMethod MSChapv2 -EncryptionLevel Required -Force\n\
         \x20 rasdial Causeway {user} {password}\n\
         \x20 (or: Settings, Network, VPN, Add: L2TP/IPsec with pre-shared key)\n",
        psk = powershell(&psk),
        password = powershell(&password),
        user = powershell(user),
    );
    let _ = writeln!(
        text,
        "macOS:   System Settings, VPN, Add VPN Configuration, L2TP over IPSec. Machine authentication: Shared Secret.\n\
         iOS:     Settings, General, VPN, Add, Type L2TP. Secret: the pre-shared key.\n\
         Android: up to 11: Settings, VPN, Add, L2TP/IPSec PSK; needs the server started with --legacy, because those\n\
         \x20        versions know only the 1024-bit group. From 12 on the built-in client has no L2TP.\n"
    );
    let _ = writeln!(
        text,
        "Linux (NetworkManager with its L2TP plugin):\n\
         \x20 nmcli connection add type vpn con-name causeway vpn-type l2tp vpn.data \
         \"gateway={server}, user={user}, ipsec-enabled=yes, machine-auth-type=psk\" \
         vpn.secrets \"password={password}, ipsec-psk={psk}\"\n\
         \x20 nmcli connection up causeway\n"
    );
    let _ = writeln!(
        text,
        "Who is connected: causeway session list --socket {0}     Everything else: {1}\n",
        quick.config.socket.display(),
        quick.config.state.display(),
    );
    text
}

/// A word in PowerShell: quoted if it holds anything but letters, digits and a few signs.
fn powershell(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crypto::Secret;

    #[test]
    fn every_kind_of_client_is_told_what_to_enter() {
        let secret = |text: &str| Secret::from(text.as_bytes().to_vec());
        let quick =
            Quick { config: config::defaults(), user: "vpn".into(), password: secret("it's"), psk: secret("key") };
        let text = text(&quick, &["192.168.1.5".parse().unwrap()]);
        for word in ["Windows", "macOS", "iOS", "Android", "Linux", "UDP 500 and UDP 4500", "'it''s'"] {
            assert!(text.contains(word), "{word} is missing in:\n{text}");
        }
    }
}
