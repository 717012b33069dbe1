//! What the person who dialled can do about a cause.

use diagnose::Cause;

/// The next step, for the causes where it is known.
pub(crate) const fn advice(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::NetDnsFailure => "check the spelling of the server's name, and whether this machine is online",
        Cause::NetNoInternet => "connect this machine to a network first",
        Cause::NetServerUnreachable => "check the address; if it is right, the server's VPN service is not running",
        Cause::NetUdp500Blocked => {
            "check the address; then whether a firewall on the way or at the server drops UDP 500, and whether the server runs"
        }
        Cause::NetUdp4500Blocked => {
            "let firewalls and port forwardings pass UDP 4500 as well as UDP 500; if they do, compare the pre-shared keys"
        }
        Cause::IkePskMismatch => "compare the pre-shared keys letter by letter; blanks and quotes at their ends count",
        Cause::IkePskMissing => {
            "the server has no pre-shared key for this client's address; its administrator has to add one"
        }
        Cause::IkeNoProposalPhase1 | Cause::IkeNoProposalPhase2 => {
            "try the offers of a client that the server knows: --as windows-11, --as macos, --as android-11"
        }
        Cause::IkeIdentityMismatch | Cause::IkeSelectorMismatch => {
            "the server refuses the addresses in the request; if it stands behind a NAT, it has to be configured for that"
        }
        Cause::NetEspBlocked => {
            "let IP protocol 50 (ESP) through to the server; if it does pass, the server's L2TP service does not run"
        }
        Cause::IkeModeRefused | Cause::IkeVersionMismatch => {
            "the server has to allow IKEv1 with main mode and a pre-shared key"
        }
        Cause::L2tpNoAnswer => {
            "IPsec works and the L2TP service does not answer: it may be stopped, or the server's firewall drops UDP 1701"
        }
        Cause::L2tpNotProtected => {
            "the server demands IPsec or is not there: dial with --protocol l2tp and without --without-ipsec"
        }
        Cause::L2tpTunnelAuthFailed => "the server demands a tunnel secret; most servers are set up without one",
        Cause::TunnelServerFull | Cause::TunnelPortsExhausted => "the server is full: try later",
        Cause::PppNoCommonAuth => {
            "allow what the server asks for with --auth, for example --auth mschapv2,chap, or have the server offer MS-CHAPv2"
        }
        Cause::AuthBadCredentials => "check user name and password; some servers want DOMAIN\\name or name@domain",
        Cause::AuthPasswordExpired => "change the password, for example by logging on at the office",
        Cause::AuthAccountDisabled
        | Cause::AuthAccountExpired
        | Cause::AuthNoDialinPermission
        | Cause::AuthLogonHours
        | Cause::AuthPolicyConstraint => "the administrator of the accounts has to allow it",
        Cause::AuthRadiusNoAnswer => "the server took the password and never decided: its account service may be down",
        Cause::NcpNoAddress | Cause::NcpAddressPoolExhausted => {
            "the server has no address to give: its administrator has to look"
        }
        Cause::NetPortBusy => "find the program with `ss -ulpn` and stop it",
        _ => return None,
    })
}
