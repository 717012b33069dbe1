//! `systeminfo`, `ver`, `Get-HotFix`, `rasdial`, and tracing files.

use observe::{Side, SourceKind, host, reported};

use super::Said;
use crate::capture::trace;
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
        if trace::is_traced(text) {
            said.extend(trace::said(text).map(|fact| Said::new(number, text, fact)));
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
