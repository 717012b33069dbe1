use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::IdType;
use crate::{Malformed, Problem, Reader};

/// The body of an identification payload (RFC 2407 §4.6.2): a peer's name in phase 1, a traffic selector in phase 2. The
/// body of a NAT original address payload (RFC 3947 §5.2) has the same form with zero protocol and port.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// How to read the data.
    pub kind: IdType,
    /// IP protocol, zero for any.
    pub protocol: u8,
    /// UDP or TCP port, zero for any.
    pub port: u16,
    /// The name or address.
    pub data: Vec<u8>,
}

impl Identity {
    /// The identity that is an address.
    pub fn address(address: IpAddr, protocol: u8, port: u16) -> Self {
        let (kind, data) = match address {
            IpAddr::V4(address) => (IdType::IPV4_ADDR, address.octets().to_vec()),
            IpAddr::V6(address) => (IdType::IPV6_ADDR, address.octets().to_vec()),
        };
        Identity { kind, protocol, port, data }
    }

    /// Reads a body. Fixed-size kinds must have their size; other kinds may be of any length, zero included.
    pub fn parse(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let kind = IdType(reader.u8("ID type")?);
        let protocol = reader.u8("ID protocol")?;
        let port = reader.u16("ID port")?;
        let at_data = reader.clone();
        let data = reader.rest().to_vec();
        let size = match kind {
            IdType::IPV4_ADDR => Some(4),
            IdType::IPV4_ADDR_SUBNET | IdType::IPV4_ADDR_RANGE => Some(8),
            IdType::IPV6_ADDR => Some(16),
            IdType::IPV6_ADDR_SUBNET | IdType::IPV6_ADDR_RANGE => Some(32),
            _ => None,
        };
        match size {
            Some(size) if size != data.len() => {
                let problem = Problem::BadLength { got: data.len(), min: size, max: size };
                Err(at_data.error("ID data", problem))
            }
            _ => Ok(Identity { kind, protocol, port, data }),
        }
    }

    /// The body.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = vec![self.kind.0, self.protocol];
        out.extend_from_slice(&self.port.to_be_bytes());
        out.extend_from_slice(&self.data);
        out
    }

    /// The address, if the identity is a single one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.kind {
            IdType::IPV4_ADDR => Some(Ipv4Addr::from(<[u8; 4]>::try_from(self.data.as_slice()).ok()?).into()),
            IdType::IPV6_ADDR => Some(Ipv6Addr::from(<[u8; 16]>::try_from(self.data.as_slice()).ok()?).into()),
            _ => None,
        }
    }
}

/// An address, a printable name in quotes with everything unusual escaped, or hexadecimal.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.ip() {
            write!(f, "{address}")?;
        } else if matches!(self.kind, IdType::FQDN | IdType::USER_FQDN | IdType::KEY_ID) {
            write!(f, "{} \"{}\"", self.kind, self.data.escape_ascii())?;
        } else {
            write!(f, "{} ", self.kind)?;
            self.data.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
        }
        match (self.protocol, self.port) {
            (0, 0) => Ok(()),
            (protocol, port) => write!(f, "[{protocol}/{port}]"),
        }
    }
}
