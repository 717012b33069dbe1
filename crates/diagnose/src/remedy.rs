//! What mends a cause: the commands. What they do is said in `locales/*/fixes.ftl` under `fix-ID`.
//!
//! Names and addresses in the commands are examples (RFC 5737, RFC 2606); the words say what stands for what.

use crate::Cause;

/// One way to mend something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remedy {
    /// Its name; the words stand under `fix-` and this.
    pub id: &'static str,
    /// Commands, the first of which keep the present state where one is changed.
    pub commands: &'static [&'static str],
    /// Commands that take it back.
    pub undo: &'static [&'static str],
    /// Whether it makes the connection or a machine less secure; the words then say the price.
    pub weakens: bool,
}

/// Something that is done by hand, or in ways that differ between products.
const fn by_hand(id: &'static str) -> Remedy {
    remedy(id, &[], &[])
}

const fn remedy(id: &'static str, commands: &'static [&'static str], undo: &'static [&'static str]) -> Remedy {
    Remedy { id, commands, undo, weakens: false }
}

const fn weakening(id: &'static str, commands: &'static [&'static str], undo: &'static [&'static str]) -> Remedy {
    Remedy { id, commands, undo, weakens: true }
}

/// The remedies of a cause, the safest first.
pub(crate) const fn of(cause: Cause) -> &'static [Remedy] {
    match cause {
        Cause::NetNoInternet => &[CHECK_ROUTE],
        Cause::NetDnsFailure => &[CHECK_NAME],
        Cause::NetServerUnreachable => &[CHECK_ADDRESS, OPEN_UDP_500_4500],
        Cause::NetUdp500Blocked => &[OPEN_UDP_500_4500, LINUX_OPEN_IPSEC, WINDOWS_OPEN_IPSEC, SECURITY_SOFTWARE],
        Cause::NetUdp4500Blocked => {
            &[OPEN_UDP_500_4500, FORWARD_4500, LINUX_OPEN_IPSEC, WINDOWS_OPEN_IPSEC, SECURITY_SOFTWARE]
        }
        Cause::NetEspBlocked => &[OPEN_ESP, FORCE_UDP],
        Cause::NetTcp1723Blocked => &[OPEN_TCP_1723, LEAVE_PPTP],
        Cause::NetGreBlocked => &[PPTP_PASSTHROUGH, OPEN_TCP_1723, LEAVE_PPTP],
        Cause::NetFragmentsDropped => &[IKE_FRAGMENTATION, SMALLER_CERTIFICATES],
        Cause::NetMtuBlackhole => &[PERMIT_TOO_BIG, LOWER_MTU],
        Cause::NetNatMappingLost => &[KEEPALIVE, RECONNECT],
        Cause::NetPortBusy => &[FIND_PORT_OWNER],
        Cause::IkeNoProposalPhase1 => &[SERVER_STOCK_PROPOSALS, OFFER_STRONG, SERVER_LEGACY],
        Cause::IkeNoProposalPhase2 => &[ESP_STOCK_PROPOSALS],
        Cause::IkePskMismatch => &[SAME_KEY, PLAIN_KEY],
        Cause::IkePskMissing => &[KEY_FOR_ANY, CLIENT_KEY],
        Cause::IkePskCharacters => &[PLAIN_KEY],
        Cause::IkeIdentityMismatch => &[IDENTITY_ANY],
        Cause::IkeCertMissing => &[ISSUE_MACHINE_CERTIFICATE, CONFIGURE_CERTIFICATE],
        Cause::IkeCertUntrusted => &[TRUST_ROOT],
        Cause::IkeCertNameMismatch => &[CERTIFICATE_NAME],
        Cause::IkeCertUsage => &[CERTIFICATE_USAGE],
        Cause::IkeCertExpired => &[RENEW_CERTIFICATE],
        Cause::IkeNatTUnsupported => &[NAT_T_BOTH],
        Cause::IkeServerBehindNatRefused => &[SERVER_PUBLIC_ADDRESS, WINDOWS_ASSUME_UDP],
        Cause::IkeSameNatCollision => &[CLIENTS_BY_ASSOCIATION, ONE_BEHIND_NAT],
        Cause::IkeSelectorMismatch => &[SELECTORS_L2TP],
        Cause::IkePfsMismatch => &[NO_PFS],
        Cause::IkeVersionMismatch => &[ENABLE_IKEV1],
        Cause::IkeModeRefused => &[MAIN_MODE],
        Cause::IkeVendorIdRejected => &[WINDOWS_UPDATE, SERVER_LESS_VENDOR_IDS],
        Cause::IkeMessageIdReuse => &[UPDATE_SERVER],
        Cause::IkePeerDead => &[KEEPALIVE, RECONNECT],
        Cause::IkePeerIncompatible => &[UPDATE_BOTH],
        Cause::IkeRekeyFailed => &[LONGER_LIFETIMES],
        Cause::EspSha2Truncation => &[SHA2_128],
        Cause::EspNotMatching => &[PROTECT_ANY_PORT, FREE_1701, RESTORE_POLICIES],
        Cause::L2tpNotProtected => &[WINDOWS_PERMIT_IPSEC],
        Cause::L2tpNoAnswer => &[START_L2TP, PERMIT_1701_INSIDE],
        Cause::L2tpTunnelAuthFailed => &[NO_TUNNEL_SECRET],
        Cause::L2tpRefused => &[READ_SERVER_LOG],
        Cause::L2tpPeerIncompatible => &[UPDATE_BOTH],
        Cause::PptpRefused => &[READ_SERVER_LOG],
        Cause::TunnelPortsExhausted => &[MORE_PORTS],
        Cause::TunnelServerFull => &[MORE_PORTS],
        Cause::TunnelProtocolDisabled => &[ENABLE_TUNNEL_TYPE],
        Cause::PppLcpTimeout => &[START_PPPD, LOAD_MODULES],
        Cause::PppNoCommonAuth => &[COMMON_AUTH],
        Cause::PppLoopback => &[FIX_LOOP],
        Cause::PppPeerDead => &[KEEPALIVE, HOST_ROUTE],
        Cause::PppPeerIncompatible => &[UPDATE_BOTH],
        Cause::AuthBadCredentials => &[CHECK_CREDENTIALS, OTHER_SPELLING],
        Cause::AuthUserFormat => &[OTHER_SPELLING],
        Cause::AuthAccountLocked => &[UNLOCK_ACCOUNT],
        Cause::AuthAccountDisabled => &[ENABLE_ACCOUNT],
        Cause::AuthAccountExpired => &[EXTEND_ACCOUNT],
        Cause::AuthPasswordExpired => &[CHANGE_PASSWORD],
        Cause::AuthLogonHours => &[EXTEND_HOURS],
        Cause::AuthNoDialinPermission => &[GRANT_DIALIN, RRAS_DOMAIN],
        Cause::AuthNoPolicyMatch => &[FIX_POLICY],
        Cause::AuthPolicyConstraint => &[FIX_CONSTRAINT],
        Cause::AuthMethodNotEnabled => &[ENABLE_METHOD],
        Cause::AuthNtlmRefused => &[NTLMV2_COMPAT],
        Cause::AuthRadiusNoAnswer => &[START_RADIUS],
        Cause::AuthRadiusSecretMismatch => &[SAME_RADIUS_SECRET],
        Cause::AuthRadiusUnknownClient => &[ADD_RADIUS_CLIENT],
        Cause::AuthRadiusMessageAuthenticator => &[SEND_MESSAGE_AUTHENTICATOR, NOT_REQUIRE_MESSAGE_AUTHENTICATOR],
        Cause::AuthEapRefused => &[COMMON_EAP],
        Cause::AuthTlsVersion => &[TLS_12],
        Cause::AuthNtauthMissing => &[PUBLISH_NTAUTH],
        Cause::CcpEncryptionRequired => &[MPPE_OFF_IN_IPSEC, MPPE_BOTH],
        Cause::CcpStrengthMismatch => &[MPPE_128],
        Cause::CcpNoKeys => &[MSCHAPV2_FOR_MPPE, MPPE_OFF_IN_IPSEC],
        Cause::NcpAddressPoolExhausted => &[LARGER_POOL],
        Cause::NcpNoAddress => &[CONFIGURE_POOL],
        Cause::NcpNoneAgreed => &[ENABLE_IPCP, WINDOWS_RESET_IP],
        Cause::NcpApipa => &[FIX_DHCP],
        Cause::NcpAddressConflict => &[OTHER_RANGE],
        Cause::RouteNoReturnRoute => &[RETURN_ROUTE],
        Cause::RouteLoop => &[HOST_ROUTE],
        Cause::RouteForwardingOff => &[ENABLE_FORWARDING],
        Cause::RouteFilterDrop => &[PERMIT_FORWARDING],
        Cause::RouteDns => &[TUNNEL_DNS],
        Cause::HostServiceStopped => &[WINDOWS_START_SERVICES],
        Cause::HostServerNotRunning => &[START_SERVER, FIND_PORT_OWNER],
        Cause::HostWanMiniportBroken => &[WINDOWS_RESET_IP, WINDOWS_REBUILD_MINIPORTS],
        Cause::HostProhibitIpsec => &[WINDOWS_PERMIT_IPSEC],
        Cause::HostWeakCryptoOnly => &[UPDATE_WEAK, WINDOWS_WEAK],
        Cause::HostKernelModuleMissing => &[LOAD_MODULES],
        Cause::HostDevPppMissing => &[MAKE_DEV_PPP],
        Cause::HostKnownOsBug => &[UPDATE_OR_RETURN],
        Cause::HostRegistryMisplaced => &[MOVE_REGISTRY_VALUE],
        Cause::HostConfigurationError => &[MEND_CONFIGURATION],
        Cause::NoneHealthy => &[],
    }
}

const CHECK_ROUTE: Remedy = remedy("check-route", &["ip route show default", "route print -4"], &[]);
const CHECK_NAME: Remedy = remedy("check-name", &["nslookup vpn.example.com", "nslookup vpn.example.com 9.9.9.9"], &[]);
const CHECK_ADDRESS: Remedy = by_hand("check-address");
const OPEN_UDP_500_4500: Remedy = by_hand("open-udp-500-4500");
const LINUX_OPEN_IPSEC: Remedy = remedy(
    "linux-open-ipsec",
    &[
        "nft list ruleset > nftables-before.conf",
        "nft insert rule inet filter input udp dport { 500, 4500 } accept",
        "nft insert rule inet filter input meta l4proto esp accept",
    ],
    &["nft flush ruleset", "nft -f nftables-before.conf"],
);
const WINDOWS_OPEN_IPSEC: Remedy = remedy(
    "windows-open-ipsec",
    &[
        "netsh advfirewall export firewall-before.wfw",
        r#"netsh advfirewall firewall add rule name="IKE and NAT-T" dir=in action=allow protocol=UDP localport=500,4500"#,
        r#"netsh advfirewall firewall add rule name="ESP" dir=in action=allow protocol=50"#,
    ],
    &["netsh advfirewall import firewall-before.wfw"],
);
const SECURITY_SOFTWARE: Remedy = weakening("security-software", &[], &[]);
const FORWARD_4500: Remedy = by_hand("forward-4500");
const OPEN_ESP: Remedy = by_hand("open-esp");
const FORCE_UDP: Remedy = by_hand("force-udp");
const OPEN_TCP_1723: Remedy = by_hand("open-tcp-1723");
const PPTP_PASSTHROUGH: Remedy = remedy(
    "pptp-passthrough",
    &[
        "modprobe nf_conntrack_pptp",
        "modprobe nf_nat_pptp",
        "iptables -t raw -A PREROUTING -p tcp --dport 1723 -j CT --helper pptp",
    ],
    &["iptables -t raw -D PREROUTING -p tcp --dport 1723 -j CT --helper pptp"],
);
const LEAVE_PPTP: Remedy = by_hand("leave-pptp");
const IKE_FRAGMENTATION: Remedy = by_hand("ike-fragmentation");
const SMALLER_CERTIFICATES: Remedy = by_hand("smaller-certificates");
const LOWER_MTU: Remedy = remedy(
    "lower-mtu",
    &["iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360"],
    &["iptables -t mangle -D FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360"],
);
const PERMIT_TOO_BIG: Remedy = by_hand("permit-too-big");
const KEEPALIVE: Remedy = by_hand("keepalive");
const RECONNECT: Remedy = by_hand("reconnect");
const FIND_PORT_OWNER: Remedy = remedy(
    "find-port-owner",
    &[r#"ss -lunpt "( sport = :500 or sport = :4500 or sport = :1701 or sport = :1723 )""#, "netstat -aon"],
    &[],
);
const OFFER_STRONG: Remedy = by_hand("offer-strong");
const SERVER_STOCK_PROPOSALS: Remedy = by_hand("server-stock-proposals");
const SERVER_LEGACY: Remedy = weakening("server-legacy", &[], &[]);
const ESP_STOCK_PROPOSALS: Remedy = by_hand("esp-stock-proposals");
const SAME_KEY: Remedy = by_hand("same-key");
const PLAIN_KEY: Remedy = by_hand("plain-key");
const KEY_FOR_ANY: Remedy = remedy("key-for-any", &["grep -n PSK /etc/ipsec.secrets", "ipsec rereadsecrets"], &[]);
const CLIENT_KEY: Remedy = by_hand("client-key");
const IDENTITY_ANY: Remedy = by_hand("identity-any");
const ISSUE_MACHINE_CERTIFICATE: Remedy = remedy("issue-machine-certificate", &["certutil -store My"], &[]);
const CONFIGURE_CERTIFICATE: Remedy = remedy("configure-certificate", &["ipsec listcerts"], &[]);
const TRUST_ROOT: Remedy =
    weakening("trust-root", &["certutil -addstore Root ca.cer"], &["certutil -delstore Root SERIAL"]);
const CERTIFICATE_NAME: Remedy = by_hand("certificate-name");
const CERTIFICATE_USAGE: Remedy = by_hand("certificate-usage");
const RENEW_CERTIFICATE: Remedy = remedy("renew-certificate", &["timedatectl", "w32tm /resync"], &[]);
const NAT_T_BOTH: Remedy = by_hand("nat-t-both");
const SERVER_PUBLIC_ADDRESS: Remedy = by_hand("server-public-address");
const WINDOWS_ASSUME_UDP: Remedy = weakening(
    "windows-assume-udp",
    &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent policyagent-before.reg",
        r"reg add HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v AssumeUDPEncapsulationContextOnSendRule /t REG_DWORD /d 2 /f",
        "shutdown /r /t 60",
    ],
    &[
        r"reg delete HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v AssumeUDPEncapsulationContextOnSendRule /f",
        "reg import policyagent-before.reg",
        "shutdown /r /t 60",
    ],
);
const CLIENTS_BY_ASSOCIATION: Remedy = by_hand("clients-by-association");
const ONE_BEHIND_NAT: Remedy = by_hand("one-behind-nat");
const SELECTORS_L2TP: Remedy = by_hand("selectors-l2tp");
const NO_PFS: Remedy = by_hand("no-pfs");
const ENABLE_IKEV1: Remedy = by_hand("enable-ikev1");
const MAIN_MODE: Remedy = by_hand("main-mode");
const WINDOWS_UPDATE: Remedy = by_hand("windows-update");
const SERVER_LESS_VENDOR_IDS: Remedy = by_hand("server-less-vendor-ids");
const UPDATE_SERVER: Remedy = by_hand("update-server");
const UPDATE_BOTH: Remedy = by_hand("update-both");
const LONGER_LIFETIMES: Remedy = by_hand("longer-lifetimes");
const SHA2_128: Remedy = by_hand("sha2-128");
const PROTECT_ANY_PORT: Remedy = by_hand("protect-any-port");
const RESTORE_POLICIES: Remedy = remedy(
    "restore-policies",
    &["ip xfrm state count", "ip xfrm policy count", "systemctl restart strongswan-starter"],
    &[],
);
const FREE_1701: Remedy = remedy("free-1701", &["systemctl stop xl2tpd"], &["systemctl start xl2tpd"]);
const WINDOWS_PERMIT_IPSEC: Remedy = remedy(
    "windows-permit-ipsec",
    &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters rasman-before.reg",
        r"reg delete HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters /v ProhibitIpSec /f",
        "shutdown /r /t 60",
    ],
    &["reg import rasman-before.reg", "shutdown /r /t 60"],
);
const START_L2TP: Remedy = remedy(
    "start-l2tp",
    &["systemctl enable --now xl2tpd", "ss -lunp sport = :1701"],
    &["systemctl disable --now xl2tpd"],
);
const PERMIT_1701_INSIDE: Remedy = remedy(
    "permit-1701-inside",
    &[
        "iptables-save > iptables-before.rules",
        "iptables -I INPUT -p udp --dport 1701 -m policy --dir in --pol ipsec -j ACCEPT",
    ],
    &["iptables-restore < iptables-before.rules"],
);
const NO_TUNNEL_SECRET: Remedy = by_hand("no-tunnel-secret");
const READ_SERVER_LOG: Remedy =
    remedy("read-server-log", &["journalctl --since -10min -t xl2tpd -t pppd -t pptpd"], &[]);
const MORE_PORTS: Remedy = by_hand("more-ports");
const ENABLE_TUNNEL_TYPE: Remedy = by_hand("enable-tunnel-type");
const START_PPPD: Remedy = remedy("start-pppd", &["pppd file /etc/ppp/options.xl2tpd dryrun"], &[]);
const COMMON_AUTH: Remedy = by_hand("common-auth");
const FIX_LOOP: Remedy = by_hand("fix-loop");
const CHECK_CREDENTIALS: Remedy = by_hand("check-credentials");
const OTHER_SPELLING: Remedy = by_hand("other-spelling");
const UNLOCK_ACCOUNT: Remedy = remedy("unlock-account", &["net user anna /domain /active:yes"], &[]);
const ENABLE_ACCOUNT: Remedy =
    remedy("enable-account", &["net user anna /domain /active:yes"], &["net user anna /domain /active:no"]);
const EXTEND_ACCOUNT: Remedy = by_hand("extend-account");
const CHANGE_PASSWORD: Remedy = by_hand("change-password");
const EXTEND_HOURS: Remedy = by_hand("extend-hours");
const GRANT_DIALIN: Remedy = by_hand("grant-dialin");
const RRAS_DOMAIN: Remedy = remedy(
    "rras-domain",
    &["netsh ras show registeredserver", "netsh ras add registeredserver"],
    &["netsh ras delete registeredserver"],
);
const FIX_POLICY: Remedy = by_hand("fix-policy");
const FIX_CONSTRAINT: Remedy = by_hand("fix-constraint");
const ENABLE_METHOD: Remedy = by_hand("enable-method");
const NTLMV2_COMPAT: Remedy = remedy(
    "ntlmv2-compat",
    &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Policy policy-before.reg",
        r#"reg add HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Policy /v "Enable NTLMv2 Compatibility" /t REG_DWORD /d 1 /f"#,
        "net stop RemoteAccess",
        "net start RemoteAccess",
    ],
    &[
        r#"reg delete HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess\Policy /v "Enable NTLMv2 Compatibility" /f"#,
        "reg import policy-before.reg",
        "net stop RemoteAccess",
        "net start RemoteAccess",
    ],
);
const START_RADIUS: Remedy = remedy("start-radius", &["radtest anna password radius.example.com 0 secret"], &[]);
const SAME_RADIUS_SECRET: Remedy = by_hand("same-radius-secret");
const ADD_RADIUS_CLIENT: Remedy = by_hand("add-radius-client");
const SEND_MESSAGE_AUTHENTICATOR: Remedy = by_hand("send-message-authenticator");
const NOT_REQUIRE_MESSAGE_AUTHENTICATOR: Remedy = weakening("not-require-message-authenticator", &[], &[]);
const COMMON_EAP: Remedy = by_hand("common-eap");
const TLS_12: Remedy = by_hand("tls-12");
const PUBLISH_NTAUTH: Remedy = remedy(
    "publish-ntauth",
    &["certutil -enterprise -addstore NTAuth ca.cer"],
    &["certutil -enterprise -delstore NTAuth SERIAL"],
);
const MPPE_BOTH: Remedy = remedy("mppe-both", &["modprobe ppp_mppe"], &[]);
const MPPE_OFF_IN_IPSEC: Remedy = by_hand("mppe-off-in-ipsec");
const MPPE_128: Remedy = by_hand("mppe-128");
const MSCHAPV2_FOR_MPPE: Remedy = by_hand("mschapv2-for-mppe");
const LARGER_POOL: Remedy = by_hand("larger-pool");
const CONFIGURE_POOL: Remedy = by_hand("configure-pool");
const ENABLE_IPCP: Remedy = by_hand("enable-ipcp");
const WINDOWS_RESET_IP: Remedy = remedy(
    "windows-reset-ip",
    &[
        "netsh -c interface dump > ip-before.txt",
        "powershell Get-NetAdapterBinding -IncludeHidden -ComponentID ms_tcpip",
        "netsh int ip reset",
        "shutdown /r /t 60",
    ],
    &["netsh -f ip-before.txt"],
);
const WINDOWS_REBUILD_MINIPORTS: Remedy = remedy(
    "windows-rebuild-miniports",
    &["powershell Checkpoint-Computer -Description vpn-before", "netcfg -d", "shutdown /r /t 60"],
    &["rstrui"],
);
const FIX_DHCP: Remedy = by_hand("fix-dhcp");
const OTHER_RANGE: Remedy = by_hand("other-range");
const RETURN_ROUTE: Remedy =
    remedy("return-route", &["ip route add 10.99.0.0/24 via 10.20.0.1"], &["ip route del 10.99.0.0/24 via 10.20.0.1"]);
const HOST_ROUTE: Remedy =
    remedy("host-route", &["ip route add 198.51.100.20 via 192.0.2.1"], &["ip route del 198.51.100.20 via 192.0.2.1"]);
const ENABLE_FORWARDING: Remedy = remedy(
    "enable-forwarding",
    &[
        "sysctl net.ipv4.ip_forward",
        "sysctl -w net.ipv4.ip_forward=1",
        "echo net.ipv4.ip_forward=1 > /etc/sysctl.d/90-vpn.conf",
    ],
    &["sysctl -w net.ipv4.ip_forward=0", "rm /etc/sysctl.d/90-vpn.conf"],
);
const PERMIT_FORWARDING: Remedy = remedy(
    "permit-forwarding",
    &[
        "nft list ruleset > nftables-before.conf",
        r#"nft insert rule inet filter forward iifname "ppp*" accept"#,
        r#"nft insert rule inet filter forward oifname "ppp*" ct state established,related accept"#,
    ],
    &["nft flush ruleset", "nft -f nftables-before.conf"],
);
const TUNNEL_DNS: Remedy = by_hand("tunnel-dns");
const WINDOWS_START_SERVICES: Remedy = remedy(
    "windows-start-services",
    &[
        "sc qc BFE > services-before.txt",
        "sc qc IKEEXT >> services-before.txt",
        "sc qc PolicyAgent >> services-before.txt",
        "sc qc RasMan >> services-before.txt",
        "sc config BFE start= auto",
        "sc config IKEEXT start= auto",
        "sc config PolicyAgent start= demand",
        "sc config RasMan start= auto",
        "sc start BFE",
        "sc start IKEEXT",
        "sc start PolicyAgent",
        "sc start RasMan",
    ],
    &["type services-before.txt", "sc config IKEEXT start= demand", "sc config RasMan start= demand"],
);
const START_SERVER: Remedy =
    remedy("start-server", &["systemctl --failed", "systemctl restart ipsec xl2tpd", "ss -lunpt"], &[]);
const UPDATE_WEAK: Remedy = by_hand("update-weak");
const WINDOWS_WEAK: Remedy = weakening(
    "windows-weak",
    &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters rasman-before.reg",
        r"reg add HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters /v AllowL2TPWeakCrypto /t REG_DWORD /d 1 /f",
        "shutdown /r /t 60",
    ],
    &[
        r"reg delete HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters /v AllowL2TPWeakCrypto /f",
        "reg import rasman-before.reg",
        "shutdown /r /t 60",
    ],
);
const LOAD_MODULES: Remedy = remedy(
    "load-modules",
    &[
        "modprobe ppp_generic",
        "modprobe l2tp_ppp",
        "modprobe pppol2tp",
        "modprobe ppp_mppe",
        "modprobe esp4",
        "grep -rn blacklist /etc/modprobe.d",
    ],
    &[],
);
const MAKE_DEV_PPP: Remedy = remedy(
    "make-dev-ppp",
    &["modprobe ppp_generic", "mknod /dev/ppp c 108 0", "docker run --device /dev/ppp --cap-add NET_ADMIN IMAGE"],
    &["rm /dev/ppp"],
);
const UPDATE_OR_RETURN: Remedy = by_hand("update-or-return");
const MOVE_REGISTRY_VALUE: Remedy = remedy(
    "move-registry-value",
    &[
        r"reg query HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v AssumeUDPEncapsulationContextOnSendRule",
        r"reg query HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters",
    ],
    &[],
);
const MEND_CONFIGURATION: Remedy = by_hand("mend-configuration");
