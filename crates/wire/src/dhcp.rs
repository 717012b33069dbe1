//! DHCP messages (RFC 2131, RFC 2132) and the options by which a tunnel's server tells its clients names and routes.

mod message;
mod values;

pub use message::Message;
pub use values::{ClasslessRoute, addresses, encode_routes, name, routes, search_list};

/// UDP port of servers (RFC 2131 §4.1).
pub const SERVER_PORT: u16 = 67;

/// UDP port of clients (RFC 2131 §4.1).
pub const CLIENT_PORT: u16 = 68;

crate::code_points! {
    /// Message directions, the `op` field (RFC 2131 §2).
    pub struct Op(u8) {
        REQUEST = 1 => "request",
        REPLY = 2 => "reply",
    }
}

crate::code_points! {
    /// Message types, the value of option 53 (RFC 2132 §9.6).
    pub struct MessageType(u8) {
        DISCOVER = 1 => "DHCPDISCOVER",
        OFFER = 2 => "DHCPOFFER",
        REQUEST = 3 => "DHCPREQUEST",
        DECLINE = 4 => "DHCPDECLINE",
        ACK = 5 => "DHCPACK",
        NAK = 6 => "DHCPNAK",
        RELEASE = 7 => "DHCPRELEASE",
        INFORM = 8 => "DHCPINFORM",
    }
}

crate::code_points! {
    /// Options (RFC 2132, RFC 3397, RFC 3442, [MS-DHCPE] §2.2.8).
    pub struct OptionCode(u8) {
        PAD = 0 => "pad",
        SUBNET_MASK = 1 => "subnet mask",
        ROUTER = 3 => "router",
        NAME_SERVERS = 6 => "name servers",
        DOMAIN = 15 => "domain name",
        OVERLOAD = 52 => "option overload",
        MESSAGE_TYPE = 53 => "message type",
        SERVER_ID = 54 => "server identifier",
        PARAMETERS = 55 => "parameter request list",
        MAX_SIZE = 57 => "maximum message size",
        VENDOR_CLASS = 60 => "vendor class",
        CLIENT_ID = 61 => "client identifier",
        SEARCH_LIST = 119 => "domain search list",
        CLASSLESS_ROUTES = 121 => "classless routes",
        MICROSOFT_ROUTES = 249 => "classless routes (Microsoft)",
        END = 255 => "end",
    }
}
