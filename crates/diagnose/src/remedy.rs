//! What mends a cause: the commands. What they do is said in `locales/*/fixes.ftl` under `fix-ID`.

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

const fn remedy(id: &'static str, commands: &'static [&'static str], undo: &'static [&'static str]) -> Remedy {
    Remedy { id, commands, undo, weakens: false }
}

const ASSUME_UDP: Remedy = Remedy {
    id: "windows-assume-udp",
    commands: &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent policyagent-before.reg",
        r"reg add HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent /v AssumeUDPEncapsulationContextOnSendRule /t REG_DWORD /d 2 /f",
        "shutdown /r /t 60",
    ],
    undo: &[r"reg import policyagent-before.reg", "shutdown /r /t 60"],
    weakens: true,
};

const PROHIBIT_IPSEC: Remedy = remedy(
    "windows-permit-ipsec",
    &[
        r"reg export HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters rasman-before.reg",
        r"reg delete HKLM\SYSTEM\CurrentControlSet\Services\RasMan\Parameters /v ProhibitIpSec /f",
        "shutdown /r /t 60",
    ],
    &["reg import rasman-before.reg", "shutdown /r /t 60"],
);

const START_SERVICES: Remedy = remedy(
    "windows-start-services",
    &[
        "sc config BFE start= auto",
        "sc config IKEEXT start= auto",
        "sc config PolicyAgent start= demand",
        "sc start BFE",
        "sc start IKEEXT",
        "sc start PolicyAgent",
    ],
    &["sc config IKEEXT start= demand"],
);

const SAME_KEY: Remedy = remedy("same-key", &[], &[]);
const OPEN_IKE: Remedy = remedy("open-udp-500-4500", &[], &[]);

/// The remedies of a cause, the safest first.
pub(crate) const fn of(cause: Cause) -> &'static [Remedy] {
    match cause {
        Cause::IkePskMismatch => &[SAME_KEY],
        Cause::IkeServerBehindNatRefused => &[ASSUME_UDP],
        Cause::HostProhibitIpsec => &[PROHIBIT_IPSEC],
        Cause::HostServiceStopped => &[START_SERVICES],
        Cause::NetUdp500Blocked | Cause::NetUdp4500Blocked => &[OPEN_IKE],
        _ => &[],
    }
}
