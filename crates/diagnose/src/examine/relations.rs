//! Which cause explains another: what one sees of it elsewhere is its consequence.

use crate::Cause;

/// Whether `cause` brings about what looks like `effect`.
pub(super) fn explains(cause: Cause, effect: Cause) -> bool {
    use Cause::*;
    if cause == effect {
        return false;
    }
    let list: &[Cause] = match cause {
        HostConfigurationError | HostDevPppMissing | HostKernelModuleMissing | HostServiceStopped | HostKnownOsBug => {
            &[
                L2tpRefused,
                L2tpNoAnswer,
                L2tpPeerIncompatible,
                PptpRefused,
                PppLcpTimeout,
                PppPeerIncompatible,
                PppPeerDead,
                PppNoCommonAuth,
                NetGreBlocked,
                NetEspBlocked,
                CcpEncryptionRequired,
                CcpNoKeys,
                AuthBadCredentials,
                AuthRadiusNoAnswer,
                NcpNoneAgreed,
                NcpNoAddress,
                IkeNoProposalPhase1,
                HostServerNotRunning,
            ]
        }
        NetPortBusy => &[HostServerNotRunning, L2tpNoAnswer, NetTcp1723Blocked, NetUdp500Blocked, NetServerUnreachable],
        HostServerNotRunning => {
            &[NetUdp500Blocked, NetServerUnreachable, NetTcp1723Blocked, L2tpNoAnswer, NetEspBlocked, NetGreBlocked]
        }
        NetDnsFailure | NetNoInternet => &[NetServerUnreachable, NetUdp500Blocked, NetTcp1723Blocked],
        NetServerUnreachable => &[NetUdp500Blocked, NetTcp1723Blocked],
        HostProhibitIpsec => &[L2tpNotProtected, L2tpNoAnswer],
        L2tpNotProtected => &[L2tpNoAnswer],
        NetFragmentsDropped => &[NetUdp4500Blocked, NetUdp500Blocked],
        HostRegistryMisplaced => &[HostWeakCryptoOnly],
        IkeServerBehindNatRefused | IkeVendorIdRejected | IkeVersionMismatch | IkeModeRefused => {
            &[NetUdp500Blocked, NetUdp4500Blocked, IkePskMismatch]
        }
        IkeNoProposalPhase1 | IkeNoProposalPhase2 | IkePskMissing | IkeIdentityMismatch | IkeSelectorMismatch
        | IkeCertMissing | IkeCertUntrusted | IkeCertNameMismatch | IkeCertUsage | IkeCertExpired => &[
            NetUdp500Blocked,
            NetUdp4500Blocked,
            NetServerUnreachable,
            IkePskMismatch,
            IkePeerIncompatible,
            IkePfsMismatch,
            L2tpNoAnswer,
            IkePeerDead,
        ],
        IkePfsMismatch => &[IkeNoProposalPhase2, NetUdp500Blocked, NetUdp4500Blocked],
        IkePskCharacters => &[IkePskMismatch],
        IkePskMismatch => &[NetUdp500Blocked, NetUdp4500Blocked, IkePeerIncompatible, IkeIdentityMismatch],
        IkeSameNatCollision | IkeMessageIdReuse => {
            &[IkePeerDead, PppPeerDead, PppLcpTimeout, L2tpNoAnswer, L2tpRefused, NetUdp4500Blocked]
        }
        IkeRekeyFailed => &[IkePeerDead, PppPeerDead, IkeSelectorMismatch, IkeNoProposalPhase2, IkePfsMismatch],
        NetUdp500Blocked | NetUdp4500Blocked => &[L2tpNoAnswer, HostServerNotRunning],
        NetEspBlocked | EspSha2Truncation | EspNotMatching => &[L2tpNoAnswer, L2tpRefused, PppLcpTimeout],
        L2tpTunnelAuthFailed | TunnelPortsExhausted | TunnelServerFull | TunnelProtocolDisabled => {
            &[L2tpRefused, PptpRefused, L2tpNoAnswer]
        }
        L2tpPeerIncompatible => &[L2tpRefused, L2tpNoAnswer],
        IkeNatTUnsupported => &[NetUdp500Blocked, NetUdp4500Blocked, NetEspBlocked, L2tpNoAnswer, IkePskMismatch],
        NcpAddressConflict => &[RouteNoReturnRoute, RouteForwardingOff, RouteFilterDrop],
        NetTcp1723Blocked => &[NetGreBlocked],
        NetGreBlocked => &[PppLcpTimeout, PptpRefused],
        PppLoopback | PppNoCommonAuth => {
            &[L2tpRefused, PptpRefused, PppPeerIncompatible, PppLcpTimeout, AuthBadCredentials]
        }
        AuthUserFormat
        | AuthAccountLocked
        | AuthAccountDisabled
        | AuthAccountExpired
        | AuthPasswordExpired
        | AuthLogonHours
        | AuthNoDialinPermission
        | AuthNoPolicyMatch
        | AuthPolicyConstraint
        | AuthMethodNotEnabled
        | AuthNtlmRefused
        | AuthRadiusNoAnswer
        | AuthRadiusSecretMismatch
        | AuthRadiusUnknownClient
        | AuthRadiusMessageAuthenticator
        | AuthEapRefused
        | AuthTlsVersion
        | AuthNtauthMissing => {
            &[AuthBadCredentials, PppNoCommonAuth, L2tpRefused, PptpRefused, PppPeerIncompatible, PppLcpTimeout]
        }
        AuthBadCredentials => &[L2tpRefused, PptpRefused, PppNoCommonAuth, PppPeerIncompatible],
        CcpEncryptionRequired => &[NcpNoneAgreed, L2tpRefused, PptpRefused, PppPeerIncompatible, PppNoCommonAuth],
        CcpStrengthMismatch | CcpNoKeys => {
            &[CcpEncryptionRequired, NcpNoneAgreed, L2tpRefused, PptpRefused, PppPeerIncompatible, PppNoCommonAuth]
        }
        NcpAddressPoolExhausted => &[NcpNoAddress, NcpNoneAgreed, L2tpRefused, PptpRefused, TunnelPortsExhausted],
        NcpNoAddress | NcpApipa => &[NcpNoneAgreed, L2tpRefused],
        NcpNoneAgreed | PppPeerIncompatible => &[L2tpRefused, PptpRefused],
        RouteLoop => {
            &[PppPeerDead, IkePeerDead, RouteNoReturnRoute, RouteFilterDrop, RouteForwardingOff, NetMtuBlackhole]
        }
        RouteForwardingOff => &[RouteNoReturnRoute, RouteFilterDrop],
        RouteNoReturnRoute => &[RouteForwardingOff, RouteFilterDrop],
        RouteFilterDrop => &[RouteNoReturnRoute],
        NetNatMappingLost => &[IkePeerDead, PppPeerDead, L2tpNoAnswer, L2tpRefused],
        IkePeerDead => &[PppPeerDead, L2tpNoAnswer, L2tpRefused],
        _ => &[],
    };
    list.contains(&effect)
}
