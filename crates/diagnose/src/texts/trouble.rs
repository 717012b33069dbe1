use observe::{Broken, Trouble};
use wire::{Malformed, Problem};

use super::Texts;

impl Texts {
    /// What could not be read of a source.
    pub fn trouble(&self, trouble: &Trouble) -> String {
        let (id, values) = match trouble {
            Trouble::InFrame(frame, what) => {
                ("trouble-in-frame", vec![("frame", frame.to_string()), ("what", self.trouble(what))])
            }
            Trouble::InLine(line, what) => {
                ("trouble-in-line", vec![("line", line.to_string()), ("what", self.trouble(what))])
            }
            other => plain(other),
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.with(id, &values).unwrap_or_else(|| id.to_owned())
    }
}

/// The message of a trouble, and what is put into it.
fn plain(trouble: &Trouble) -> (&'static str, Vec<(&'static str, String)>) {
    match trouble {
        Trouble::InFrame(_, what) | Trouble::InLine(_, what) => plain(what),
        Trouble::Unreadable { error } => ("trouble-unreadable", vec![("error", error.clone())]),
        Trouble::NothingKnown => ("trouble-nothing-known", Vec::new()),
        Trouble::NoEvidence => ("trouble-no-evidence", Vec::new()),
        Trouble::CompressedDamaged => ("trouble-compressed-damaged", Vec::new()),
        Trouble::Full => ("trouble-full", Vec::new()),
        Trouble::Busy => ("trouble-busy", Vec::new()),
        Trouble::LongLine => ("trouble-long-line", Vec::new()),
        Trouble::NotCollected { what } => ("trouble-not-collected", vec![("what", what.clone())]),
        Trouble::BundleDamaged => ("trouble-bundle-damaged", Vec::new()),
        Trouble::MemberSize => ("trouble-member-size", Vec::new()),
        Trouble::MembersEncrypted => ("trouble-members-encrypted", Vec::new()),
        Trouble::MembersPacked => ("trouble-members-packed", Vec::new()),
        Trouble::BundleFull => ("trouble-bundle-full", Vec::new()),
        Trouble::MemberCut => ("trouble-member-cut", Vec::new()),
        Trouble::BundleDepth => ("trouble-bundle-depth", Vec::new()),
        Trouble::UnknownMembers { count } => ("trouble-unknown-members", vec![("count", count.to_string())]),
        Trouble::NotCmdlet => ("trouble-not-cmdlet", Vec::new()),
        Trouble::JsonUnknown => ("trouble-json-unknown", Vec::new()),
        Trouble::NoEvent => ("trouble-no-event", Vec::new()),
        Trouble::EventTooLong => ("trouble-event-too-long", Vec::new()),
        Trouble::EventCut => ("trouble-event-cut", Vec::new()),
        Trouble::EmptyEvent => ("trouble-empty-event", Vec::new()),
        Trouble::LinesNoEvents => ("trouble-lines-no-events", Vec::new()),
        Trouble::LogUnknown => ("trouble-log-unknown", Vec::new()),
        Trouble::LogCut => ("trouble-log-cut", Vec::new()),
        Trouble::RecordDamaged => ("trouble-record-damaged", Vec::new()),
        Trouble::TraceNumbersOnly => ("trouble-trace-numbers-only", Vec::new()),
        Trouble::TracePackets => ("trouble-trace-packets", Vec::new()),
        Trouble::Malformed(at) => malformed(at.layer.to_string(), at),
        Trouble::RadiusMalformed(at) => malformed("RADIUS".to_owned(), at),
        Trouble::IkeHeaderShort => ("trouble-ike-header-short", Vec::new()),
        Trouble::IkeLength { octets, said } => {
            ("trouble-ike-length", vec![("octets", octets.to_string()), ("said", said.to_string())])
        }
        Trouble::IkeMany { most } => ("trouble-ike-many", vec![("most", most.to_string())]),
        Trouble::IkeKeyWrong => ("trouble-ike-key-wrong", Vec::new()),
        Trouble::IkeFragmentShort => ("trouble-ike-fragment-short", Vec::new()),
        Trouble::PppShort => ("trouble-ppp-short", Vec::new()),
        Trouble::EspMany { most } => ("trouble-esp-many", vec![("most", most.to_string())]),
        Trouble::EspKeysWrong => ("trouble-esp-keys-wrong", Vec::new()),
        Trouble::LinkType { number } => ("trouble-link-type", vec![("number", number.to_string())]),
        Trouble::NoPackets => ("trouble-no-packets", Vec::new()),
        Trouble::Snapped { cut, packets } => {
            ("trouble-snapped", vec![("cut", cut.to_string()), ("packets", packets.to_string())])
        }
        Trouble::CaptureBroken { why, after } => {
            let id = match why {
                Broken::Cut => "trouble-capture-cut",
                Broken::Damaged => "trouble-capture-damaged",
                Broken::Compressed => "trouble-capture-compressed",
                Broken::Variant => "trouble-capture-variant",
            };
            (id, vec![("after", after.to_string())])
        }
    }
}

fn malformed(format: String, at: &Malformed) -> (&'static str, Vec<(&'static str, String)>) {
    let (id, further) = match at.problem {
        Problem::Truncated { need, have } => {
            ("trouble-malformed-truncated", vec![("need", need.to_string()), ("have", have.to_string())])
        }
        Problem::Trailing { extra } => ("trouble-malformed-trailing", vec![("extra", extra.to_string())]),
        Problem::BadLength { got, .. } => ("trouble-malformed-length", vec![("got", got.to_string())]),
        Problem::BadValue { got } => ("trouble-malformed-value", vec![("got", format!("{got:#x}"))]),
        Problem::TooMany { limit } => ("trouble-malformed-many", vec![("limit", limit.to_string())]),
        Problem::Missing => ("trouble-malformed-missing", Vec::new()),
        Problem::Repeated => ("trouble-malformed-repeated", Vec::new()),
    };
    // The names of fields are those of the format's document.
    let place = [("format", format), ("field", at.field.replace(' ', "-")), ("offset", at.offset.to_string())];
    (id, place.into_iter().chain(further).collect())
}

#[cfg(test)]
mod tests {
    use wire::Layer;

    use super::super::{Language, bundle};
    use super::*;

    fn all() -> Vec<Trouble> {
        let broken = [Broken::Cut, Broken::Damaged, Broken::Compressed, Broken::Variant];
        let mut all = vec![
            Trouble::InFrame(7, Box::new(Trouble::PppShort)),
            Trouble::InLine(7, Box::new(Trouble::PppShort)),
            Trouble::Unreadable { error: "what".into() },
            Trouble::NothingKnown,
            Trouble::NoEvidence,
            Trouble::CompressedDamaged,
            Trouble::Full,
            Trouble::Busy,
            Trouble::LongLine,
            Trouble::NotCollected { what: "what".into() },
            Trouble::BundleDamaged,
            Trouble::MemberSize,
            Trouble::MembersEncrypted,
            Trouble::MembersPacked,
            Trouble::BundleFull,
            Trouble::MemberCut,
            Trouble::BundleDepth,
            Trouble::UnknownMembers { count: 1 },
            Trouble::NotCmdlet,
            Trouble::JsonUnknown,
            Trouble::NoEvent,
            Trouble::EventTooLong,
            Trouble::EventCut,
            Trouble::EmptyEvent,
            Trouble::LinesNoEvents,
            Trouble::LogUnknown,
            Trouble::LogCut,
            Trouble::RecordDamaged,
            Trouble::TraceNumbersOnly,
            Trouble::TracePackets,
            Trouble::IkeHeaderShort,
            Trouble::IkeLength { octets: 1, said: 1 },
            Trouble::IkeMany { most: 1 },
            Trouble::IkeKeyWrong,
            Trouble::IkeFragmentShort,
            Trouble::PppShort,
            Trouble::EspMany { most: 1 },
            Trouble::EspKeysWrong,
            Trouble::LinkType { number: 1 },
            Trouble::NoPackets,
            Trouble::Snapped { cut: 1, packets: 1 },
        ];
        let problems = [
            Problem::Truncated { need: 4, have: 2 },
            Problem::Trailing { extra: 1 },
            Problem::BadLength { got: 1, min: 2, max: 3 },
            Problem::BadValue { got: 9 },
            Problem::TooMany { limit: 8 },
            Problem::Missing,
            Problem::Repeated,
        ];
        let at = |problem| Malformed { layer: Layer::L2tp, field: "host name", offset: 12, problem };
        all.extend(problems.map(|problem| Trouble::Malformed(at(problem))));
        all.push(Trouble::RadiusMalformed(at(Problem::Missing)));
        all.extend(broken.map(|why| Trouble::CaptureBroken { why, after: 3 }));
        all
    }

    #[test]
    fn every_trouble_has_words_with_all_its_values_in_every_language() {
        for language in Language::ALL {
            let texts = Texts { language: *language, bundles: vec![bundle(*language)] };
            for trouble in all() {
                let said = texts.trouble(&trouble);
                assert!(!said.contains('{') && !said.contains("trouble-"), "{language:?} {trouble:?}: {said}");
            }
        }
    }
}
