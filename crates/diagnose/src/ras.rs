use std::fmt;

/// An error number of the Windows Remote Access Service, as `rasphone` and event 20227 show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ras(pub u32);

impl Ras {
    /// The name in Microsoft's headers, without `ERROR_`; `None` for a number that no dial of ours ends with.
    pub fn symbol(self) -> Option<&'static str> {
        Some(self.known()?.1)
    }

    /// What it means, in a sentence for the person who dialled.
    pub fn text(self) -> Option<&'static str> {
        Some(self.known()?.2)
    }

    fn known(self) -> Option<&'static (u32, &'static str, &'static str)> {
        let index = KNOWN.binary_search_by_key(&self.0, |&(code, ..)| code).ok()?;
        KNOWN.get(index)
    }
}

impl fmt::Display for Ras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The numbers that a dial can end with, in order.
const KNOWN: &[(u32, &str, &str)] = &[
    (619, "PORT_DISCONNECTED", "the connection was cut before it was complete"),
    (628, "DISCONNECTION", "the server hung up before the connection was complete"),
    (629, "REMOTE_DISCONNECTION", "the server ended the connection"),
    (631, "USER_DISCONNECTION", "ended at this end"),
    (633, "PORT_NOT_AVAILABLE", "a port that the connection needs is in use, here or at the server"),
    (645, "AUTH_INTERNAL", "authentication failed for a reason of this program's own"),
    (646, "RESTRICTED_LOGON_HOURS", "this user may not log on at this hour"),
    (647, "ACCT_DISABLED", "the user's account is disabled"),
    (648, "PASSWD_EXPIRED", "the user's password has expired"),
    (649, "NO_DIALIN_PERMISSION", "this user has no permission for remote access"),
    (668, "NO_CONNECTION", "the connection broke off"),
    (676, "LINE_BUSY", "the server has no free line"),
    (678, "NO_ANSWER", "the server does not take the call"),
    (691, "AUTHENTICATION_FAILURE", "the server does not accept this user name with this password"),
    (708, "ACCT_EXPIRED", "the user's account has expired"),
    (709, "CHANGING_PASSWORD", "the password has to be changed, and that failed"),
    (716, "IP_CONFIGURATION", "the address that the server assigned cannot be used"),
    (717, "NO_IP_ADDRESSES", "the server has no address left"),
    (718, "PPP_TIMEOUT", "the server did not go on with PPP in time"),
    (719, "PPP_REMOTE_TERMINATED", "the server ended PPP"),
    (720, "PPP_NO_PROTOCOLS_CONFIGURED", "client and server agreed on no network protocol"),
    (721, "PPP_NO_RESPONSE", "the server does not speak PPP after taking the call"),
    (722, "PPP_INVALID_PACKET", "the server sent a PPP packet that makes no sense"),
    (732, "PPP_NOT_CONVERGING", "client and server could not settle their PPP options"),
    (733, "PPP_CP_REJECTED", "the server does not offer the network protocol that is needed"),
    (734, "PPP_LCP_TERMINATED", "the server broke off the negotiation of the link, mostly about authentication"),
    (736, "PPP_NCP_TERMINATED", "the server broke off the negotiation of addresses"),
    (737, "PPP_LOOPBACK_DETECTED", "what is sent comes back: the link is looped"),
    (738, "PPP_NO_ADDRESS_ASSIGNED", "the server assigned no address"),
    (741, "NO_LOCAL_ENCRYPTION", "this end cannot encrypt as required"),
    (742, "NO_REMOTE_ENCRYPTION", "the server cannot encrypt as required"),
    (769, "BAD_ADDRESS_SPECIFIED", "there is no way from this machine to the server's address"),
    (778, "UNABLE_TO_AUTHENTICATE_SERVER", "the server could not prove that it knows the password"),
    (786, "OAKLEY_NO_CERT", "there is no usable machine certificate"),
    (787, "OAKLEY_AUTH_FAIL", "the server is not the one that was expected"),
    (788, "OAKLEY_ATTRIB_FAIL", "client and server have no IPsec algorithms in common"),
    (789, "OAKLEY_GENERAL_PROCESSING", "the IPsec negotiation failed, most often because the pre-shared keys differ"),
    (791, "OAKLEY_NO_POLICY", "there is no pre-shared key for this server"),
    (792, "OAKLEY_TIMED_OUT", "the server stopped answering during the IPsec negotiation"),
    (793, "OAKLEY_ERROR", "the IPsec negotiation failed"),
    (800, "AUTOMATIC_VPN_FAILED", "every way to connect has failed"),
    (806, "VPN_GRE_BLOCKED", "something on the path drops GRE"),
    (807, "VPN_DISCONNECT", "the connection to the server was interrupted"),
    (809, "VPN_TIMEOUT", "the server does not answer; something on the path may drop UDP 500 or UDP 4500"),
    (812, "SERVER_POLICY", "a policy of the server forbids the connection"),
    (828, "IDLE_TIMEOUT", "ended because nothing was sent for long"),
    (829, "LINK_FAILURE", "the server is not heard any more"),
    (835, "INVALID_SERVER_CERT", "the server's certificate is not for this name"),
    (868, "DNSNAME_NOT_RESOLVABLE", "the server's name does not resolve to an address"),
    (919, "PEER_REFUSED_AUTH", "client and server have no way of authentication in common"),
    (930, "AUTH_SERVER_TIMEOUT", "the server's own authentication service does not answer it"),
    (935, "MAX_CLIENT_INTERFACE_LIMIT", "the server has as many clients as it may have"),
    (937, "USER_LIMIT", "the server takes no more connections of this kind"),
    (938, "NO_RADIUS_SERVERS", "the server finds no authentication service to ask"),
    (939, "INVALID_RADIUS_RESPONSE", "the server and its authentication service do not trust each other"),
    (940, "DIALIN_HOURS_RESTRICTION", "a policy of the server forbids the connection at this hour"),
    (941, "ALLOWED_PORT_TYPE_RESTRICTION", "a policy of the server forbids this way to connect"),
    (942, "AUTH_PROTOCOL_RESTRICTION", "a policy of the server forbids this way to log on"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_number_has_a_sentence() {
        assert!(KNOWN.is_sorted_by(|left, right| left.0 < right.0));
        for (code, symbol, text) in KNOWN {
            assert_eq!((Ras(*code).symbol(), Ras(*code).text()), (Some(*symbol), Some(*text)));
        }
        assert_eq!(Ras(1).text(), None);
    }
}
