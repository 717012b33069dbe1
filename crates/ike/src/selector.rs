use std::net::IpAddr;

use wire::isakmp::{IdType, Identity};

use crate::event::{Role, Selectors};
use crate::failure::SelectorMismatch;

const UDP: u8 = 17;

/// Judges the identities of a quick mode that a peer started (RFC 2409 §5.5). Acceptable is UDP to one of `local_ports` or to
/// any port, from any port: Windows uses 1701 on both sides, Apple an ephemeral port on its own.
///
/// Addresses are not compared: behind a NAT the initiator names its private address and the address under which it knows
/// us, and clients of draft NAT traversal name themselves by a host name. Without any identities the SA is for everything
/// between the two addresses.
pub(crate) fn accept(
    initiator: Option<&Identity>,
    responder: Option<&Identity>,
    local_ports: &[u16],
) -> Result<Selectors, Box<SelectorMismatch>> {
    let mismatch = || {
        Box::new(SelectorMismatch {
            initiator: initiator.cloned(),
            responder: responder.cloned(),
            local_ports: local_ports.to_vec(),
        })
    };
    match (initiator, responder) {
        (None, None) => Ok(Selectors { protocol: 0, local_port: 0, remote_port: 0, local: None, remote: None }),
        (Some(initiator), Some(responder)) => {
            let port_fits = responder.port == 0 || local_ports.contains(&responder.port);
            let hosts = names_one_host(initiator) && names_one_host(responder);
            if initiator.protocol == UDP && responder.protocol == UDP && port_fits && hosts {
                Ok(selectors(initiator, responder, Role::Responder))
            } else {
                Err(mismatch())
            }
        }
        (Some(_), None) | (None, Some(_)) => Err(mismatch()),
    }
}

/// The selectors in the words of one side.
pub(crate) fn selectors(initiator: &Identity, responder: &Identity, role: Role) -> Selectors {
    let (local, remote) = match role {
        Role::Initiator => (initiator, responder),
        Role::Responder => (responder, initiator),
    };
    Selectors {
        protocol: initiator.protocol,
        local_port: local.port,
        remote_port: remote.port,
        local: host(local),
        remote: host(remote),
    }
}

/// The address of an identity that names one host by address.
pub(crate) fn host(id: &Identity) -> Option<IpAddr> {
    match id.kind {
        IdType::IPV4_ADDR_SUBNET | IdType::IPV6_ADDR_SUBNET => {
            let (address, mask) = id.data.split_at_checked(id.data.len() / 2)?;
            let kind = if address.len() == 4 { IdType::IPV4_ADDR } else { IdType::IPV6_ADDR };
            let single = mask.iter().all(|&octet| octet == 0xff);
            single.then(|| Identity { kind, data: address.to_vec(), ..id.clone() }.ip()).flatten()
        }
        _ => id.ip(),
    }
}

fn names_one_host(id: &Identity) -> bool {
    matches!(id.kind, IdType::FQDN | IdType::USER_FQDN | IdType::KEY_ID) || host(id).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(address: &str, protocol: u8, port: u16) -> Identity {
        Identity::address(address.parse().unwrap(), protocol, port)
    }

    #[test]
    fn the_clients_that_exist_are_accepted() {
        let server = id("203.0.113.1", 17, 1701);
        for client in [
            id("192.168.1.5", 17, 1701),
            id("192.168.1.5", 17, 0),
            id("192.168.1.5", 17, 53211),
            Identity { kind: IdType::FQDN, data: b"WORKSTATION".to_vec(), ..id("0.0.0.0", 17, 1701) },
        ] {
            let selectors = accept(Some(&client), Some(&server), &[1701]).unwrap();
            assert_eq!((selectors.local_port, selectors.remote_port), (1701, client.port));
        }
        assert!(accept(Some(&id("10.0.0.1", 17, 1701)), Some(&id("10.0.0.2", 17, 0)), &[1701]).is_ok());
        assert_eq!(accept(None, None, &[1701]).unwrap().protocol, 0);
    }

    #[test]
    fn other_traffic_is_refused_with_both_identities() {
        let client = id("10.0.0.1", 17, 1701);
        for server in [id("10.0.0.2", 6, 1701), id("10.0.0.2", 17, 53), id("10.0.0.2", 0, 0)] {
            let mismatch = accept(Some(&client), Some(&server), &[1701]).unwrap_err();
            assert_eq!((mismatch.initiator.as_ref(), mismatch.responder.as_ref()), (Some(&client), Some(&server)));
        }
        assert!(accept(Some(&client), None, &[1701]).is_err());
        assert!(accept(None, Some(&client), &[1701]).is_err());
    }

    #[test]
    fn a_network_is_no_host_unless_it_holds_one_address() {
        let mut net = id("10.0.0.2", 17, 1701);
        net.kind = IdType::IPV4_ADDR_SUBNET;
        net.data.extend([255, 255, 255, 0]);
        assert!(accept(Some(&net), Some(&id("10.0.0.1", 17, 1701)), &[1701]).is_err());
        net.data[7] = 255;
        let selectors = accept(Some(&net), Some(&id("10.0.0.1", 17, 1701)), &[1701]).unwrap();
        assert_eq!(selectors.remote, Some("10.0.0.2".parse().unwrap()));
    }
}
