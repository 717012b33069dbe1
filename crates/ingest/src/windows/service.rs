//! Names of the services that remote access needs, and of updates.

/// Short names in lower case, and the names shown to people. Windows shows most of them in English everywhere.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("policyagent", "IPsec Policy Agent"),
    ("policyagent", "IPSEC Services"),
    ("ikeext", "IKE and AuthIP IPsec Keying Modules"),
    ("bfe", "Base Filtering Engine"),
    ("rasman", "Remote Access Connection Manager"),
    ("remoteaccess", "Routing and Remote Access"),
    ("sstpsvc", "Secure Socket Tunneling Protocol Service"),
    ("tapisrv", "Telephony"),
    ("mpssvc", "Windows Defender Firewall"),
    ("mpssvc", "Windows Firewall"),
    ("ias", "Network Policy Server"),
    ("ias", "Internet Authentication Service"),
];

/// The short name of a service of interest, by its short name or by that shown.
pub(super) fn name(shown: &str) -> Option<String> {
    let shown = shown.trim();
    let known = NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(shown)).map(|(short, _)| (*short).to_owned());
    known.or_else(|| short(shown))
}

/// A short name of interest, in lower case.
pub(super) fn short(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    NAMES.iter().any(|(short, _)| *short == name).then_some(name)
}

/// Whether a word says that a service runs, in the languages that are known.
pub(super) fn state(word: &str) -> Option<bool> {
    const STOPPED: &[&str] = &["stopped", "已停止", "停止", "parado", "interrompido", "detenido", "arrêté", "beendet"];
    const RUNNING: &[&str] = &["running", "正在运行", "正在執行", "執行中", "実行中", "em execução", "ausgeführt"];
    let word = word.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|known| word.contains(known));
    if has(RUNNING) {
        Some(true)
    } else if has(STOPPED) {
        Some(false)
    } else {
        None
    }
}

/// The name of an update in a text: KB and six or seven digits.
pub(super) fn update(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find("KB") {
        let behind = rest.get(at + 2..)?;
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if (6..=8).contains(&digits) {
            return rest.get(at..at + 2 + digits).map(str::to_owned);
        }
        rest = behind;
    }
    None
}
