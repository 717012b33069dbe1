//! Recognises what people paste: numbers, and the texts of messages in their language.

use std::sync::LazyLock;

use crate::code::{self, Code};
use crate::{Cause, Language};

/// What a text names or resembles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A code of Windows.
    Code(Code),
    /// A message of a client that shows no number.
    Client(&'static ClientMessage),
}

impl Subject {
    /// What is behind it, the most likely first.
    pub fn causes(self) -> Vec<Cause> {
        let code = match self {
            Subject::Client(message) => return message.causes.clone(),
            Subject::Code(code) => code,
        };
        let listed = code.info().map(|info| info.causes).unwrap_or_default();
        match code {
            Code::Ras(ras) if listed.is_empty() => {
                Cause::ALL.iter().copied().filter(|cause| cause.ras().contains(&ras)).collect()
            }
            Code::Ras(_) | Code::Ike(_) => listed,
        }
    }
}

/// A message of a client that shows no number.
#[derive(PartialEq, Eq, Debug)]
pub struct ClientMessage {
    /// Who shows it.
    pub product: &'static str,
    /// Its language (BCP 47).
    pub language: &'static str,
    /// The text, as it is shown.
    pub text: &'static str,
    /// What is behind it, in the order of likelihood.
    pub causes: Vec<Cause>,
}

/// Something that a text names or resembles.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Recognised {
    /// What.
    pub subject: Subject,
    /// How alike the texts are, up to 1; 1 for a number.
    pub likeness: f32,
    /// The message that the text resembles; `None` for a number with other words around it.
    pub message: Option<Message>,
}

/// A message that a product shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its language (BCP 47).
    pub language: &'static str,
    /// The text.
    pub text: &'static str,
}

/// Texts that are less alike than this are not the same message.
const ALIKE: f32 = 0.62;

/// The same for Chinese and Japanese, in which half of a message is a phrase that its neighbours have, too.
const ALIKE_IN_IDEOGRAPHS: f32 = 0.72;

/// So much alike, a message says more than a number that stands in the text by chance.
const SURE: f32 = 0.8;

/// Characters of a text that are looked at; more is no error message.
const LONGEST: usize = 2000;

/// What a text names, or which message in any language it resembles; the best first.
pub fn recognise(text: &str) -> Vec<Recognised> {
    let resembled = resembled(text);
    let mut named: Vec<Recognised> = Vec::new();
    for code in numbers(text).into_iter().filter_map(Code::of_number) {
        let subject = Subject::Code(code);
        if named.iter().all(|known| known.subject != subject) {
            let message = resembled.iter().find(|found| found.subject == subject).and_then(|found| found.message);
            named.push(Recognised { subject, likeness: 1.0, message });
        }
    }
    // A number whose own message stands beside it is meant before others.
    named.sort_by_key(|found| found.message.is_none());
    let by_chance = named.iter().all(|found| found.message.is_none())
        && resembled.first().is_some_and(|found| found.likeness >= SURE);
    if named.is_empty() || by_chance { resembled } else { named }
}

fn resembled(text: &str) -> Vec<Recognised> {
    let whole = Shape::of(text);
    // A title may stand before the message, and what is quoted may be its beginning only.
    let longest = text.split(['\n', '。']).max_by_key(|sentence| sentence.len()).map(Shape::of);
    let longest = longest.filter(|sentence| sentence.count >= SHORT);
    let mut found: Vec<Recognised> = Vec::new();
    for known in KNOWN.iter() {
        let in_sentence = longest.as_ref().map_or(0.0, |sentence| sentence.likeness(&known.shape));
        let likeness = whole.likeness(&known.shape).max(in_sentence);
        if likeness < known.shape.least() {
            continue;
        }
        let this = Recognised { subject: known.subject, likeness, message: Some(known.message) };
        // Several messages of a client have the same causes.
        match found.iter_mut().find(|other| same(other.subject, this.subject)) {
            Some(other) if other.likeness < likeness => *other = this,
            Some(_) => {}
            None => found.push(this),
        }
    }
    found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    found.truncate(5);
    found
}

fn same(one: Subject, other: Subject) -> bool {
    match (one, other) {
        (Subject::Client(one), Subject::Client(other)) => one.causes == other.causes,
        (one, other) => one == other,
    }
}

/// Values of Windows' registry that guides tell people to set, and what each has to do with.
const VALUES: &[(&str, Cause)] = &[
    ("prohibitipsec", Cause::HostProhibitIpsec),
    ("assumeudpencapsulationcontextonsendrule", Cause::IkeServerBehindNatRefused),
    ("allowl2tpweakcrypto", Cause::HostWeakCryptoOnly),
    ("allowpptpweakcrypto", Cause::HostWeakCryptoOnly),
    ("negotiatedh2048_aes256", Cause::IkeNoProposalPhase1),
    ("disableikenameekucheck", Cause::IkeCertUsage),
    ("lmcompatibilitylevel", Cause::AuthNtlmRefused),
    ("ipenablerouter", Cause::RouteForwardingOff),
];

/// Services and updates of Windows, by the names that people ask for.
const NAMES: &[(&str, Cause)] = &[
    ("policyagent", Cause::HostServiceStopped),
    ("ipsec policy agent", Cause::HostServiceStopped),
    ("ikeext", Cause::HostServiceStopped),
    ("ike and authip ipsec keying modules", Cause::HostServiceStopped),
    ("bfe", Cause::HostServiceStopped),
    ("base filtering engine", Cause::HostServiceStopped),
    ("rasman", Cause::HostServiceStopped),
    ("remote access connection manager", Cause::HostServiceStopped),
    ("remoteaccess", Cause::HostServiceStopped),
    ("routing and remote access", Cause::HostServiceStopped),
    ("wan miniport", Cause::HostWanMiniportBroken),
    ("driverdesc", Cause::HostWanMiniportBroken),
    ("kb5009543", Cause::IkeVendorIdRejected),
    ("kb5009566", Cause::IkeVendorIdRejected),
    ("kb5010793", Cause::IkeVendorIdRejected),
    ("kb5010795", Cause::IkeVendorIdRejected),
    ("kb942429", Cause::IkeMessageIdReuse),
    ("kb926179", Cause::IkeServerBehindNatRefused),
    ("kb2811487", Cause::AuthNtlmRefused),
];

/// What something has to do with that guides name: a value of the registry, also inside a command or an export, or a service or
/// an update by its name alone.
pub fn named(text: &str) -> Option<Cause> {
    let text = text.trim().to_lowercase();
    let words = || text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
    let value = VALUES.iter().find(|(value, _)| words().any(|word| word == *value));
    let name = || NAMES.iter().find(|(name, _)| *name == text);
    value.or_else(name).map(|(_, cause)| *cause)
}

/// The language in which a text is written, as far as its letters and its word for "error" tell.
pub(crate) fn language_of(text: &str) -> Option<Language> {
    let any = |range: std::ops::RangeInclusive<char>| text.chars().any(|character| range.contains(&character));
    if any('\u{3041}'..='\u{30ff}') {
        return Some(Language::Japanese);
    }
    if any('\u{4e00}'..='\u{9fff}') {
        return Some(Language::Chinese);
    }
    let word = |word: &str| text.split(|c: char| !c.is_alphabetic()).any(|other| other.eq_ignore_ascii_case(word));
    match (word("erro"), word("error")) {
        (true, _) => Some(Language::Portuguese),
        (false, true) => Some(Language::English),
        (false, false) => None,
    }
}

const CLIENTS: &str = include_str!("../data/client-messages.tsv");

/// Messages of clients that show no number.
static CLIENT_MESSAGES: LazyLock<Vec<ClientMessage>> = LazyLock::new(|| {
    let lines = CLIENTS.lines().filter(|line| !line.starts_with('#'));
    let message = |line: &'static str| {
        let mut fields = line.split('\t');
        let (product, language, text) = (fields.next()?, fields.next()?, fields.next()?);
        let causes = fields.next()?.split(',').filter_map(Cause::of_id).collect();
        Some(ClientMessage { product, language, text, causes })
    };
    lines.filter_map(message).collect()
});

/// A message with its shape.
struct Known {
    subject: Subject,
    message: Message,
    shape: Shape,
}

/// All messages.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let known =
        |subject, language, text| Known { subject, message: Message { language, text }, shape: Shape::of(text) };
    let codes = code::messages().map(|(code, language, text)| known(Subject::Code(code), language, text));
    let clients = CLIENT_MESSAGES.iter().map(|client| known(Subject::Client(client), client.language, client.text));
    codes.chain(clients).collect()
});

/// Numbers in a text that may be codes: decimal, as HRESULT (0x8007…), or that as a negative decimal.
fn numbers(text: &str) -> Vec<u32> {
    let letters: Vec<char> = text.chars().take(LONGEST).map(halfwidth).collect();
    let in_word = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
    let mut numbers = Vec::new();
    let mut start = 0;
    for word in letters.split(|character| !in_word(character)) {
        let end = start + word.len();
        let at = |index: Option<usize>| index.and_then(|index| letters.get(index)).copied().unwrap_or(' ');
        let (before, after) = (at(start.checked_sub(1)), at(Some(end)));
        let (further_before, further_after) = (at(start.checked_sub(2)), at(Some(end + 1)));
        // Part of an address or a time, and the process id of a log.
        let part = (matches!(before, '.' | ',' | ':') && further_before.is_ascii_digit())
            || (matches!(after, '.' | ':') && further_after.is_ascii_digit())
            || (before == '[' && further_before.is_ascii_alphanumeric());
        if !part {
            numbers.extend(number(&word.iter().collect::<String>()));
        }
        start = end + 1;
    }
    numbers
}

fn number(word: &str) -> Option<u32> {
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok().map(win32);
    }
    if let Ok(number) = word.parse::<u32>() {
        return Some(if number > 0xffff { win32(number) } else { number });
    }
    // "VPN-789" has no blank before the number.
    let digits = word.trim_start_matches(|character: char| !character.is_ascii_digit());
    if word.starts_with('-') && !digits.is_empty() {
        return word.parse::<i32>().ok().map(|number| win32(number.cast_unsigned()));
    }
    digits.parse().ok()
}

/// The Win32 code in an HRESULT of that facility (\[MS-ERREF\] 2.1).
const fn win32(hresult: u32) -> u32 {
    if hresult >> 16 == 0x8007 { hresult & 0xffff } else { hresult }
}

/// Full-width forms of ASCII as ASCII.
fn halfwidth(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

/// A text reduced to the pairs of letters in it, which works for languages without blanks, too.
struct Shape {
    /// The pairs in order, each with the number of its occurrences.
    pairs: Vec<((char, char), u32)>,
    count: u32,
    ideographs: bool,
}

/// A message of fewer pairs is compared as a whole only: its letters occur in any text.
const SHORT: u32 = 16;

impl Shape {
    fn of(text: &str) -> Shape {
        let letters: Vec<char> = text
            .chars()
            .take(LONGEST)
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .map(halfwidth)
            .collect();
        let mut all: Vec<(char, char)> = letters.iter().copied().zip(letters.iter().copied().skip(1)).collect();
        all.sort_unstable();
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let mut pairs: Vec<((char, char), u32)> = Vec::new();
        for pair in all {
            match pairs.last_mut() {
                Some((last, occurs)) if *last == pair => *occurs += 1,
                _ => pairs.push((pair, 1)),
            }
        }
        let wide = letters.iter().filter(|letter| u32::from(**letter) >= 0x3000).count();
        Shape { pairs, count, ideographs: wide * 2 > letters.len() }
    }

    /// Texts that are less alike than this are not this message.
    const fn least(&self) -> f32 {
        if self.ideographs { ALIKE_IN_IDEOGRAPHS } else { ALIKE }
    }

    /// The share of pairs in common. A message that stands whole in a longer text counts nearly as much, and so does a long piece
    /// of a message.
    #[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
    fn likeness(&self, message: &Shape) -> f32 {
        if self.count == 0 || message.count == 0 {
            return 0.0;
        }
        let common = self.common(message) as f32;
        let (own, other) = (self.count as f32, message.count as f32);
        let dice = 2.0 * common / (own + other);
        if message.count < SHORT {
            return if dice > 0.9 { dice } else { 0.0 };
        }
        // Nearly all letters of a message occur in a text that is long enough, and those of a piece in a long message.
        let contained = common / other;
        let contained = if contained > 0.88 && own < other * 8.0 { 0.9 * contained } else { 0.0 };
        let piece = common / own;
        let piece = if piece > 0.93 && self.count >= SHORT && other < own * 5.0 { 0.8 * piece } else { 0.0 };
        dice.max(contained).max(piece)
    }

    /// The pairs in common.
    fn common(&self, other: &Shape) -> u32 {
        let (mut own, mut others) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        let mut common = 0;
        while let (Some((one, occurs)), Some((two, other_occurs))) = (own.peek(), others.peek()) {
            match one.cmp(two) {
                std::cmp::Ordering::Less => _ = own.next(),
                std::cmp::Ordering::Greater => _ = others.next(),
                std::cmp::Ordering::Equal => {
                    common += occurs.min(other_occurs);
                    _ = own.next();
                    _ = others.next();
                }
            }
        }
        common
    }
}

#[cfg(test)]
mod tests;
