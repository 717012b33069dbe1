//! Which causes of the catalogue have a scenario, and why the others have none.

use std::collections::BTreeSet;

use diagnose::Cause::{self, *};

/// Causes that scenarios beside the table of errors bring about. Of what befalls a connection that is up, the engines often know no
/// more than that it fell silent, or nothing: captures and probes name it.
const ELSEWHERE: &[Cause] = &[
    EspNotMatching,
    EspSha2Truncation,
    IkeNatTUnsupported,
    IkePfsMismatch,
    IkeRekeyFailed,
    IkeSameNatCollision,
    IkeServerBehindNatRefused,
    NcpApipa,
    NetFragmentsDropped,
    NetMtuBlackhole,
    NetNatMappingLost,
    NetServerUnreachable,
    RouteDns,
    RouteNoReturnRoute,
];

/// Causes that no run on the simulated network can have, and why.
const OUT_OF_REACH: &[(&[Cause], &str)] = &[
    (
        &[NetNoInternet, NetDnsFailure, NetPortBusy],
        "the host's own sockets, routes and resolver are not simulated; `Verdict::of_obstacle` has them",
    ),
    (&[NcpAddressConflict, RouteLoop], "the addresses and routes of the host are not simulated"),
    (
        &[RouteForwardingOff, RouteFilterDrop],
        "a setting of the server's host: what it does to packets looks like a host without a way back",
    ),
    (
        &[IkeCertMissing, IkeCertUntrusted, IkeCertNameMismatch, IkeCertUsage, IkeCertExpired, AuthTlsVersion],
        "there are no certificates in these engines",
    ),
    (
        &[NetTcp1723Blocked, NetGreBlocked, PptpRefused, CcpEncryptionRequired, CcpStrengthMismatch, CcpNoKeys],
        "there is no PPTP in these engines, and no MPPE, which only it needs",
    ),
    (
        &[
            AuthUserFormat,
            AuthAccountLocked,
            AuthNoPolicyMatch,
            AuthMethodNotEnabled,
            AuthNtlmRefused,
            AuthRadiusUnknownClient,
            AuthRadiusMessageAuthenticator,
            AuthEapRefused,
            AuthNtauthMissing,
        ],
        "a server tells its client no more than 691 or 649; the reason is in logs of servers of another make",
    ),
    (
        &[IkePskCharacters, IkeVendorIdRejected, IkeMessageIdReuse, TunnelProtocolDisabled],
        "a fault of products of another make: at either end it looks like silence",
    ),
    (
        &[
            HostServiceStopped,
            HostWanMiniportBroken,
            HostProhibitIpsec,
            HostWeakCryptoOnly,
            HostKernelModuleMissing,
            HostDevPppMissing,
            HostKnownOsBug,
            HostConfigurationError,
            HostRegistryMisplaced,
        ],
        "the state of a host, not of an attempt",
    ),
];

#[test]
fn every_cause_has_a_scenario_or_a_reason_why_it_has_none() {
    let tried: BTreeSet<Cause> = crate::errors::causes().chain(ELSEWHERE.iter().copied()).collect();
    let mut excused = BTreeSet::new();
    for (causes, reason) in OUT_OF_REACH {
        assert!(!reason.is_empty());
        for cause in *causes {
            assert!(excused.insert(*cause), "{cause} is excused twice");
            assert!(!tried.contains(cause), "{cause} is excused and has a scenario");
        }
    }
    let forgotten: Vec<_> =
        Cause::ALL.iter().filter(|cause| !tried.contains(cause) && !excused.contains(cause)).collect();
    assert!(forgotten.is_empty(), "neither a scenario nor a reason: {forgotten:?}");
}
