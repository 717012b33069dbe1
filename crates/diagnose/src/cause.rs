use std::fmt;

use crate::Ras;

/// Who has to change something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FixAt {
    /// The client's machine.
    Client,
    /// The server.
    Server,
    /// Client or server: they have to agree.
    Either,
    /// Whoever runs the path between them: firewall, NAT, provider.
    Path,
    /// The side that showed it.
    ThatSide,
    /// The machine that showed it.
    ThatHost,
    /// The person who logs on.
    User,
    /// Whoever manages accounts and policies.
    Administrator,
    /// Whoever issues certificates.
    Certificate,
    /// Nobody: nothing is wrong.
    Nobody,
}

impl FixAt {
    /// The word used in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            FixAt::Client => "client",
            FixAt::Server => "server",
            FixAt::Either => "either",
            FixAt::Path => "path",
            FixAt::ThatSide => "that side",
            FixAt::ThatHost => "that host",
            FixAt::User => "user",
            FixAt::Administrator => "administrator",
            FixAt::Certificate => "certificate",
            FixAt::Nobody => "nobody",
        }
    }
}

macro_rules! catalogue {
    ($($cause:ident => $id:literal, [$($ras:literal),*], $fix_at:ident;)*) => {
        /// The catalogue of causes. The identifiers are an interface: causes are added, never renamed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Cause {
            $(#[doc = concat!("`", $id, "`")] $cause,)*
        }

        impl Cause {
            /// Every cause, in the order of the catalogue.
            pub const ALL: &'static [Cause] = &[$(Cause::$cause),*];

            /// The identifier, for scripts, metrics and tests.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Cause::$cause => $id,)*
                }
            }

            /// The errors that a Windows client shows for it, the usual one first. Empty where nothing is shown or where it
            /// depends on the case.
            pub const fn ras(self) -> &'static [Ras] {
                match self {
                    $(Cause::$cause => &[$(Ras($ras)),*],)*
                }
            }

            /// Who has to change something.
            pub const fn fix_at(self) -> FixAt {
                match self {
                    $(Cause::$cause => FixAt::$fix_at,)*
                }
            }
        }
    };
}

catalogue! {
    NetNoInternet => "net.no_internet", [800, 868], Client;
    NetDnsFailure => "net.dns_failure", [868, 800], Client;
    NetServerUnreachable => "net.server_unreachable", [809, 800, 678], Server;
    NetUdp500Blocked => "net.udp500_blocked", [809, 789], Path;
    NetUdp4500Blocked => "net.udp4500_blocked", [809, 789], Path;
    NetEspBlocked => "net.esp_blocked", [809], Path;
    NetTcp1723Blocked => "net.tcp1723_blocked", [800, 807], Path;
    NetGreBlocked => "net.gre_blocked", [619, 721, 806], Path;
    NetFragmentsDropped => "net.fragments_dropped", [809, 789], Path;
    NetMtuBlackhole => "net.mtu_blackhole", [], Path;
    NetNatMappingLost => "net.nat_mapping_lost", [829], Path;
    NetPortBusy => "net.port_busy", [633], ThatHost;
    IkeNoProposalPhase1 => "ike.no_proposal_phase1", [789, 788], Either;
    IkeNoProposalPhase2 => "ike.no_proposal_phase2", [789, 788], Either;
    IkePskMismatch => "ike.psk_mismatch", [789, 787], Either;
    IkePskMissing => "ike.psk_missing", [791, 789], ThatSide;
    IkePskCharacters => "ike.psk_characters", [789], Server;
    IkeIdentityMismatch => "ike.identity_mismatch", [789, 787], Either;
    IkeCertMissing => "ike.cert_missing", [786, 766], Client;
    IkeCertUntrusted => "ike.cert_untrusted", [790, 13801], Either;
    IkeCertNameMismatch => "ike.cert_name_mismatch", [835, 13801], Server;
    IkeCertUsage => "ike.cert_usage", [835, 13806], Certificate;
    IkeCertExpired => "ike.cert_expired", [790, 13801], Certificate;
    IkeNatTUnsupported => "ike.nat_t_unsupported", [789, 809], ThatSide;
    IkeServerBehindNatRefused => "ike.server_behind_nat_refused", [809, 789], Either;
    IkeSameNatCollision => "ike.same_nat_collision", [809, 789], Server;
    IkeSelectorMismatch => "ike.selector_mismatch", [789], Either;
    IkePfsMismatch => "ike.pfs_mismatch", [789], Either;
    IkeVersionMismatch => "ike.version_mismatch", [809, 789], Server;
    IkeModeRefused => "ike.mode_refused", [789], Either;
    IkeVendorIdRejected => "ike.vendor_id_rejected", [789], Either;
    IkeMessageIdReuse => "ike.message_id_reuse", [789, 809], Server;
    IkePeerDead => "ike.peer_dead", [829], Path;
    IkePeerIncompatible => "ike.peer_incompatible", [789], ThatSide;
    IkeRekeyFailed => "ike.rekey_failed", [829], Either;
    EspSha2Truncation => "esp.sha2_truncation", [809], Server;
    EspNotMatching => "esp.not_matching", [809], ThatHost;
    L2tpNotProtected => "l2tp.not_protected", [809], Client;
    L2tpNoAnswer => "l2tp.no_answer", [809, 789], Server;
    L2tpTunnelAuthFailed => "l2tp.tunnel_auth_failed", [809, 629], Either;
    L2tpRefused => "l2tp.refused", [678, 629], Server;
    L2tpPeerIncompatible => "l2tp.peer_incompatible", [629], ThatSide;
    PptpRefused => "pptp.refused", [678, 629], Server;
    TunnelPortsExhausted => "tunnel.ports_exhausted", [678, 633], Server;
    TunnelServerFull => "tunnel.server_full", [678, 633], Server;
    TunnelProtocolDisabled => "tunnel.protocol_disabled", [800, 678], Server;
    PppLcpTimeout => "ppp.lcp_timeout", [721, 718], Either;
    PppNoCommonAuth => "ppp.no_common_auth", [919, 734], Either;
    PppLoopback => "ppp.loopback", [721], Path;
    PppPeerDead => "ppp.peer_dead", [829], Path;
    PppPeerIncompatible => "ppp.peer_incompatible", [720], ThatSide;
    AuthBadCredentials => "auth.bad_credentials", [691], User;
    AuthUserFormat => "auth.user_format", [691], User;
    AuthAccountLocked => "auth.account_locked", [691], Administrator;
    AuthAccountDisabled => "auth.account_disabled", [647], Administrator;
    AuthAccountExpired => "auth.account_expired", [708, 691], Administrator;
    AuthPasswordExpired => "auth.password_expired", [648], User;
    AuthLogonHours => "auth.logon_hours", [646], Administrator;
    AuthNoDialinPermission => "auth.no_dialin_permission", [649], Administrator;
    AuthNoPolicyMatch => "auth.no_policy_match", [649, 691], Administrator;
    AuthPolicyConstraint => "auth.policy_constraint", [649, 691], Administrator;
    AuthMethodNotEnabled => "auth.method_not_enabled", [919], Administrator;
    AuthNtlmRefused => "auth.ntlm_refused", [691], Administrator;
    AuthRadiusNoAnswer => "auth.radius_no_answer", [691, 718, 930], Administrator;
    AuthRadiusSecretMismatch => "auth.radius_secret_mismatch", [691, 718], Administrator;
    AuthRadiusUnknownClient => "auth.radius_unknown_client", [691, 718], Administrator;
    AuthRadiusMessageAuthenticator => "auth.radius_message_authenticator", [691, 718], Administrator;
    AuthEapRefused => "auth.eap_refused", [691, 919], Either;
    AuthTlsVersion => "auth.tls_version", [691, 812], Server;
    AuthNtauthMissing => "auth.ntauth_missing", [853], Administrator;
    CcpEncryptionRequired => "ccp.encryption_required", [741, 742], Either;
    CcpStrengthMismatch => "ccp.strength_mismatch", [742, 741], Either;
    CcpNoKeys => "ccp.no_keys", [742], Either;
    NcpAddressPoolExhausted => "ncp.address_pool_exhausted", [738, 720], Server;
    NcpNoAddress => "ncp.no_address", [738, 720], Server;
    NcpNoneAgreed => "ncp.none_agreed", [720, 733], Either;
    NcpApipa => "ncp.apipa", [], Server;
    NcpAddressConflict => "ncp.address_conflict", [], Server;
    RouteNoReturnRoute => "route.no_return_route", [], Administrator;
    RouteLoop => "route.loop", [], Client;
    RouteForwardingOff => "route.forwarding_off", [], Server;
    RouteFilterDrop => "route.filter_drop", [], Administrator;
    RouteDns => "route.dns", [], Server;
    HostServiceStopped => "host.service_stopped", [711, 789, 827], ThatHost;
    HostServerNotRunning => "host.server_not_running", [800, 809], Server;
    HostWanMiniportBroken => "host.wan_miniport_broken", [720, 609, 615], Client;
    HostProhibitIpsec => "host.prohibit_ipsec", [789, 809], Client;
    HostWeakCryptoOnly => "host.weak_crypto_only", [788, 789, 741], Either;
    HostKernelModuleMissing => "host.kernel_module_missing", [619, 809], ThatHost;
    HostDevPppMissing => "host.dev_ppp_missing", [619, 721], Server;
    HostKnownOsBug => "host.known_os_bug", [], ThatHost;
    HostRegistryMisplaced => "host.registry_misplaced", [788, 789, 809], ThatHost;
    HostConfigurationError => "host.configuration_error", [], ThatHost;
    NoneHealthy => "none.healthy", [], Nobody;
}

impl Cause {
    /// The cause with this identifier.
    pub fn of_id(id: &str) -> Option<Cause> {
        Cause::ALL.iter().copied().find(|cause| cause.id() == id)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_have_the_form_layer_dot_name() {
        for (index, cause) in Cause::ALL.iter().enumerate() {
            let (layer, name) = cause.id().split_once('.').unwrap();
            assert!(!layer.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()));
            assert!(Cause::ALL[..index].iter().all(|other| other.id() != cause.id()));
        }
    }
}
