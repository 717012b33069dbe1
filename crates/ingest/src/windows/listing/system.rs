//! `systeminfo`, `ver`, `Get-HotFix`, `rasdial`, and tracing files.

use observe::{Fact, Side, SourceKind, host, reported};

use super::Said;
use crate::windows::{service, when};

#[derive(Default)]
pub(super) struct System {
    /// The name of the system, until its version follows.
    name: Option<(u64, String)>,
    updates: bool,
}

impl System {
    pub(super) fn line(
        &mut self,
        number: u64,
        line: &str,
        utc_offset: i32,
        said: &mut Vec<Said>,
    ) -> Option<(SourceKind, Option<Side>)> {
        let text = line.trim();
        if let Some(code) = rasdial(text) {
            said.push(Said::new(number, text, reported::Fact::Ras { code }));
            return Some((SourceKind::Unknown, Some(Side::Client)));
        }
        if is_traced(text) {
            said.extend(traced(text).map(|fact| Said::new(number, text, fact)));
            return Some((SourceKind::WindowsTrace, None));
        }
        if text.starts_with("Microsoft Windows [") {
            said.push(Said::new(number, text, host::Fact::System { name: text.replace(['[', ']'], "") }));
            return Some((SourceKind::Unknown, None));
        }
        let whole = Some((SourceKind::Unknown, None));
        if text.starts_with("Source") && text.contains("HotFixID") {
            self.updates = true;
            return whole;
        }
        let listed = text.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).is_some();
        if let Some(name) = service::update(text).filter(|_| listed || self.updates) {
            said.push(Said::new(number, text, host::Fact::Update { name }));
            return whole;
        }
        let (label, value) = text.split_once(':').or_else(|| text.split_once('：'))?;
        let value = value.trim();
        if value.starts_with("Microsoft Windows ") {
            self.name = Some((number, value.to_owned()));
            return whole;
        }
        if let Some((_, name)) = self.name.take() {
            let version = value.split_whitespace().next().filter(|version| version.split('.').count() >= 3);
            let name = version.map_or(name.clone(), |version| format!("{name} {version}"));
            said.push(Said::new(number, text, host::Fact::System { name }));
            return whole;
        }
        let boot = ["Boot Time", "启动时间", "起動時間", "Inicialização do Sistema", "啟動時間"]
            .iter()
            .any(|words| label.contains(words));
        if let Some(at) = when::parse(value, utc_offset).filter(|_| boot) {
            said.push(Said::new(number, text, host::Fact::Booted { at }));
            return whole;
        }
        None
    }
}

/// `Remote Access error 691 - ...`, as `rasdial` prints it.
fn rasdial(text: &str) -> Option<u32> {
    const WORDS: &[&str] = &[
        "Remote Access error ",
        "远程访问错误 ",
        "遠端存取錯誤 ",
        "リモート アクセス エラー ",
        "Erro de acesso remoto ",
    ];
    let words = WORDS.iter().find(|words| text.starts_with(**words))?;
    let rest = text.get(words.len()..)?;
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok().filter(|code| (600..1000).contains(code))
}

/// `[1234] 01-12 08:00:01:123: `, the beginning of the lines in %windir%\tracing; Oakley.log begins ` 1-12: 08:00:01:123:`.
fn is_traced(text: &str) -> bool {
    let rest = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((id, rest)) if id.len() <= 8 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) => rest,
        Some(_) => return false,
        None => text,
    };
    let shape: String = rest.chars().take(20).map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    let shape = shape.replacen("00-", "0-", 1).replacen("-00", "-0", 1);
    shape.starts_with("0-0 00:00:00:") || shape.starts_with("0-0: 00:00:00:")
}

/// The numbers of errors, which are the only certain thing in them.
fn traced(text: &str) -> Option<Fact> {
    let lower = text.to_lowercase();
    let at = ["dwerror", "error code", "errorcode", "error=", "error:", "error ", "failed with "]
        .iter()
        .find_map(|word| lower.find(word).map(|at| at + word.len()))?;
    let rest = lower.get(at..)?.trim_start_matches([' ', '=', ':', '(']);
    let (digits, radix) = rest.strip_prefix("0x").map_or((rest, 10), |digits| (digits, 16));
    let end = digits.find(|char: char| !char.is_digit(radix)).unwrap_or(digits.len());
    match u32::from_str_radix(digits.get(..end)?, radix).ok()? {
        code @ 600..=999 => Some(reported::Fact::Ras { code }.into()),
        code @ 13_800..=13_999 => Some(reported::Fact::Ike { code }.into()),
        _ => None,
    }
}
