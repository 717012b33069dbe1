use std::net::Ipv4Addr;

use crate::reader::{Layer, Malformed, Reader};

crate::code_points! {
    /// IPCP options (RFC 1332 §3, RFC 1877 §1).
    pub struct IpcpKind(u8) {
        ADDRESSES = 1 => "IP addresses",
        COMPRESSION = 2 => "IP compression protocol",
        ADDRESS = 3 => "IP address",
        PRIMARY_DNS = 129 => "primary DNS server",
        PRIMARY_NBNS = 130 => "primary NetBIOS name server",
        SECONDARY_DNS = 131 => "secondary DNS server",
        SECONDARY_NBNS = 132 => "secondary NetBIOS name server",
    }
}

crate::code_points! {
    /// IPv6CP options (RFC 5072 §4, RFC 5172 §2).
    pub struct Ipv6cpKind(u8) {
        INTERFACE_ID = 1 => "interface identifier",
        COMPRESSION = 2 => "IPv6 compression protocol",
    }
}

crate::code_points! {
    /// CCP options (RFC 1962 §4, RFC 2118 §4): Microsoft's carries compression and encryption (RFC 3078 §2).
    pub struct CcpKind(u8) {
        OUI = 0 => "proprietary compression",
        BSD = 21 => "BSD compress",
        DEFLATE = 26 => "deflate",
        MPPC = 18 => "MPPC and MPPE",
    }
}

/// The data of an IPCP option that is one address: every option but [`IpcpKind::ADDRESSES`] and [`IpcpKind::COMPRESSION`].
///
/// # Errors
/// Not exactly four octets.
pub fn address_value(value: &[u8]) -> Result<Ipv4Addr, Malformed> {
    let mut reader = Reader::new(Layer::Ppp, value);
    let address = reader.array::<4>("address")?;
    reader.finish("address")?;
    Ok(Ipv4Addr::from(address))
}

/// The data of the IPv6CP interface identifier option (RFC 5072 §4.1).
///
/// # Errors
/// Not exactly eight octets.
pub fn interface_id_value(value: &[u8]) -> Result<u64, Malformed> {
    let mut reader = Reader::new(Layer::Ppp, value);
    let id = reader.u64("interface identifier")?;
    reader.finish("interface identifier")?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_four_octets_and_an_interface_identifier_eight() {
        assert_eq!(address_value(&[10, 0, 0, 9]), Ok(Ipv4Addr::new(10, 0, 0, 9)));
        assert!(address_value(&[10, 0, 0]).is_err());
        assert!(address_value(&[10, 0, 0, 9, 0]).is_err());
        assert_eq!(interface_id_value(&[0, 0, 0, 0, 0, 0, 1, 2]), Ok(0x0102));
        assert!(interface_id_value(&[0; 7]).is_err());
        assert!(interface_id_value(&[0; 9]).is_err());
    }
}
