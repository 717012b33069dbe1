/// One line with which a guest's script reports a stage: `RESULT stage=ppp ok=yes local=10.99.0.2 detail=any words`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    fields: Vec<(String, String)>,
}

impl Report {
    /// Reads a report; `None` for any other line.
    pub fn read(line: &str) -> Option<Report> {
        let mut rest = line.strip_prefix("RESULT ")?;
        let mut fields = Vec::new();
        while let Some((name, value)) = rest.split_once('=') {
            // The last field, and only it, has blanks.
            let (value, after) = match name {
                "detail" => (value, ""),
                _ => value.split_once(' ').unwrap_or((value, "")),
            };
            fields.push((name.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        Some(Report { fields })
    }

    /// The stage it reports: `ipsec`, `l2tp`, `ppp`, `ping` or `iperf`.
    pub fn stage(&self) -> &str {
        self.field("stage").unwrap_or("")
    }

    /// Whether the stage was reached.
    pub fn ok(&self) -> bool {
        self.field("ok") == Some("yes")
    }

    /// Why it was not, in the words of the guest's program.
    pub fn detail(&self) -> &str {
        self.field("detail").unwrap_or("")
    }

    /// Any field by name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_fields_and_words_at_the_end() {
        let report = Report::read("RESULT stage=ppp ok=no code=19 detail=we failed: a=b c").unwrap();
        assert_eq!((report.stage(), report.ok(), report.field("code")), ("ppp", false, Some("19")));
        assert_eq!(report.detail(), "we failed: a=b c");
        assert_eq!(Report::read("RESULTS stage=ppp"), None);
    }
}
