//! Two pre-shared keys side by side: whether they are the same, else where and how they differ. Nothing here shows a character
//! of a key, only lengths and positions.

use zeroize::Zeroizing;

/// Positions of which a list is still read.
pub(super) const MOST_POSITIONS: usize = 8;

/// What stands in a file that holds a key.
pub(super) struct Key {
    octets: Zeroizing<Vec<u8>>,
    text: Zeroizing<Vec<char>>,
    /// How the characters are stored.
    pub(super) encoding: Encoding,
}

/// How characters are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    Ascii,
    Utf8,
    /// With a byte order mark.
    Utf8Marked,
    Utf16,
    /// A code page.
    Other,
}

/// Which of the two keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    First,
    Second,
    Both,
}

/// Something in which two keys are not alike, though they are meant to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aspect {
    /// The same characters in other octets.
    Encoding,
    /// Line breaks behind the key.
    LineBreak,
    /// Blanks before or behind the key.
    Blanks,
    /// Quotation marks around the key.
    Quoted,
    /// Characters that nobody sees.
    Invisible,
    /// Typographic quotation marks, dashes and blanks for those of a keyboard.
    Typographic,
    /// Full-width characters for those of ASCII.
    Width,
    /// Capital letters for small ones.
    Case,
    /// Characters that look like others.
    LookAlike,
}

/// A difference, and which key or which characters it is about. Positions count from 1, in the first key without what is around
/// it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Oddity {
    pub(super) aspect: Aspect,
    /// Which key has it, where only one can.
    pub(super) which: Which,
    pub(super) positions: Vec<usize>,
}

/// How keys differ that are not meant to be the same, or were typed wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// The shorter one is the beginning of the longer.
    Cut { shorter: Which, at: usize },
    /// The shorter one is the end of the longer.
    Beheaded { shorter: Which, missing: usize },
    /// Characters that only the longer one has stand here.
    Missing { shorter: Which, at: usize, count: usize },
    /// Two neighbours have changed places.
    Swapped { at: usize },
    /// Of so many characters these differ.
    Characters { positions: Vec<usize> },
    /// Nothing of the kind: they are alike up to here.
    Unlike { alike: usize },
}

/// How two keys compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    /// Octet for octet.
    Same,
    /// But for these.
    Alike(Vec<Oddity>),
    /// Even without these, which are there as well.
    Different(Shape),
}

impl Key {
    pub(super) fn new(octets: Vec<u8>) -> Key {
        let octets = Zeroizing::new(octets);
        let (text, encoding) = decode(&octets);
        Key { octets, text, encoding }
    }

    /// Octets of the file.
    pub(super) fn octets(&self) -> usize {
        self.octets.len()
    }

    /// Characters of the file, without line breaks at its end.
    pub(super) fn characters(&self) -> usize {
        Aspect::LineBreak.without(&self.text).len()
    }

    /// Whether there is nothing but blanks.
    pub(super) fn is_empty(&self) -> bool {
        self.text.iter().all(|char| char.is_whitespace())
    }

    /// Whether clients encode it in different ways.
    pub(super) fn is_beyond_ascii(&self) -> bool {
        self.text.iter().any(|char| !char.is_ascii())
    }

    /// Whether it holds what some clients cut or change.
    pub(super) fn has_hazards(&self) -> bool {
        Aspect::LineBreak.without(&self.text).iter().any(|char| "\"'\\# \t".contains(*char))
    }

    /// Compares this key with another.
    pub(super) fn compare(&self, other: &Key) -> Comparison {
        if *self.octets == *other.octets {
            return Comparison::Same;
        }
        if self.text == other.text {
            let oddity = Oddity { aspect: Aspect::Encoding, which: Which::Both, positions: Vec::new() };
            return Comparison::Alike(vec![oddity]);
        }
        if plain(&self.text, Aspect::ALL) != plain(&other.text, Aspect::ALL) {
            // The shape is that of the keys themselves; what is around them is no part of it.
            let around = [Aspect::LineBreak, Aspect::Blanks];
            return Comparison::Different(shape(&plain(&self.text, &around), &plain(&other.text, &around)));
        }
        // The fewest aspects that make them equal: each is left out in turn, the worst first.
        let mut aspects = Aspect::ALL.to_vec();
        for aspect in Aspect::ALL.iter().rev() {
            let fewer: Vec<Aspect> = aspects.iter().copied().filter(|other| other != aspect).collect();
            if plain(&self.text, &fewer) == plain(&other.text, &fewer) {
                aspects = fewer;
            }
        }
        let mut oddities: Vec<Oddity> = aspects.iter().map(|aspect| self.oddity(other, *aspect, &aspects)).collect();
        let stored = (self.encoding, other.encoding);
        if stored.0 != stored.1
            && [stored.0, stored.1].iter().any(|one| !matches!(one, Encoding::Ascii | Encoding::Utf8))
        {
            oddities.push(Oddity { aspect: Aspect::Encoding, which: Which::Both, positions: Vec::new() });
        }
        Comparison::Alike(oddities)
    }

    fn oddity(&self, other: &Key, aspect: Aspect, all: &[Aspect]) -> Oddity {
        let rest: Vec<Aspect> = all.iter().copied().filter(|one| *one != aspect).collect();
        let texts = (plain(&self.text, &rest), plain(&other.text, &rest));
        let which = match (aspect.without(&texts.0) != texts.0, aspect.without(&texts.1) != texts.1) {
            (true, false) => Which::First,
            (false, true) => Which::Second,
            _ => Which::Both,
        };
        let positions = if aspect.replaces() { unequal(&texts.0, &texts.1) } else { Vec::new() };
        Oddity { aspect, which, positions }
    }
}

impl Aspect {
    /// From what is around a key to what a key is made of.
    const ALL: &[Aspect] = &[
        Aspect::LineBreak,
        Aspect::Blanks,
        Aspect::Invisible,
        Aspect::Typographic,
        Aspect::Width,
        Aspect::Quoted,
        Aspect::Case,
        Aspect::LookAlike,
    ];

    /// Whether characters are replaced by others, one by one.
    const fn replaces(self) -> bool {
        matches!(self, Aspect::Typographic | Aspect::Width | Aspect::Case | Aspect::LookAlike)
    }

    /// The text without it.
    fn without(self, text: &[char]) -> Zeroizing<Vec<char>> {
        let kept = |from: usize, to: usize| Zeroizing::new(text.get(from..to).unwrap_or_default().to_vec());
        let each = |change: fn(char) -> char| Zeroizing::new(text.iter().map(|char| change(*char)).collect::<Vec<_>>());
        match self {
            Aspect::Encoding => kept(0, text.len()),
            Aspect::LineBreak => kept(0, end(text, |char| matches!(char, '\r' | '\n'))),
            Aspect::Blanks => {
                let blank = |char: char| char.is_whitespace() && !matches!(char, '\r' | '\n');
                // Blanks before a line break at the end are the key's end, too.
                let end = end(text, blank);
                let begin = text.iter().take(end).take_while(|char| blank(**char)).count();
                kept(begin, end)
            }
            Aspect::Quoted => match text {
                [first, inside @ .., last] if !inside.is_empty() && QUOTES.contains(&(*first, *last)) => {
                    Zeroizing::new(inside.to_vec())
                }
                _ => kept(0, text.len()),
            },
            Aspect::Invisible => {
                Zeroizing::new(text.iter().copied().filter(|char| !is_invisible(*char)).collect::<Vec<_>>())
            }
            Aspect::Typographic => each(typed),
            Aspect::Width => each(half),
            Aspect::Case => each(|char| {
                let mut lower = char.to_lowercase();
                lower.next().filter(|_| lower.next().is_none()).unwrap_or(char)
            }),
            Aspect::LookAlike => each(like),
        }
    }
}

/// Quotation marks that stand around a text.
const QUOTES: [(char, char); 8] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{ab}', '\u{bb}'),
    ('\u{300c}', '\u{300d}'),
];

/// The text without these aspects.
fn plain(text: &[char], aspects: &[Aspect]) -> Zeroizing<Vec<char>> {
    let begin = Zeroizing::new(text.to_vec());
    aspects.iter().fold(begin, |text, aspect| aspect.without(&text))
}

/// Where the last characters of a kind begin.
fn end(text: &[char], of: impl Fn(char) -> bool) -> usize {
    text.len() - text.iter().rev().take_while(|char| of(**char)).count()
}

fn is_invisible(char: char) -> bool {
    let format = matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    format || char.is_control() && !char.is_whitespace()
}

/// What a keyboard gives for what a word processor makes of it.
fn typed(char: char) -> char {
    match char {
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2018}'..='\u{201b}' | '\u{b4}' | '\u{2032}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        _ => char,
    }
}

/// The character of ASCII for a full-width one.
fn half(char: char) -> char {
    match u32::from(char) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xff01 + 0x21).unwrap_or(char),
        _ => char,
    }
}

/// One of the characters that are hard to tell apart, for all of them. Capital and small letters that are one letter stay one.
fn like(char: char) -> char {
    match char {
        'O' | 'o' | '0' | '\u{39f}' | '\u{3bf}' | '\u{41e}' | '\u{43e}' => '0',
        'I' | 'i' | 'l' | '1' | '|' | '\u{406}' | '\u{456}' | '\u{399}' => '1',
        'S' | 's' | '5' => '5',
        'B' | 'b' | '8' | '\u{392}' | '\u{412}' | '\u{3b2}' | '\u{432}' => '8',
        'Z' | 'z' | '2' | '\u{396}' => '2',
        '\u{391}' | '\u{410}' => 'A',
        '\u{3b1}' | '\u{430}' => 'a',
        '\u{421}' => 'C',
        '\u{441}' => 'c',
        '\u{395}' | '\u{415}' => 'E',
        '\u{3b5}' | '\u{435}' => 'e',
        '\u{397}' | '\u{41d}' => 'H',
        '\u{3b7}' | '\u{43d}' => 'h',
        '\u{39a}' | '\u{41a}' => 'K',
        '\u{3ba}' | '\u{43a}' => 'k',
        '\u{39c}' | '\u{41c}' => 'M',
        '\u{3bc}' | '\u{43c}' => 'm',
        '\u{39d}' => 'N',
        '\u{3bd}' => 'n',
        '\u{3a1}' | '\u{420}' => 'P',
        '\u{3c1}' | '\u{440}' => 'p',
        '\u{3a4}' | '\u{422}' => 'T',
        '\u{3c4}' | '\u{442}' => 't',
        '\u{3a7}' | '\u{425}' => 'X',
        '\u{3c7}' | '\u{445}' => 'x',
        '\u{3a5}' | '\u{423}' => 'Y',
        '\u{3c5}' | '\u{443}' => 'y',
        _ => char,
    }
}

/// The positions, from 1, at which texts of one length differ.
fn unequal(one: &[char], other: &[char]) -> Vec<usize> {
    let pairs = one.iter().zip(other).zip(1..);
    pairs.filter(|((one, other), _)| one != other).map(|(_, at)| at).take(MOST_POSITIONS + 1).collect()
}

fn shape(one: &[char], other: &[char]) -> Shape {
    let alike = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let behind = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (least, most) = (one.len().min(other.len()), one.len().max(other.len()));
    let shorter = if one.len() < other.len() { Which::First } else { Which::Second };
    if least == most {
        let positions = unequal(one, other);
        if let [first, second] = positions.as_slice()
            && *second == first + 1
            && one.get(first - 1) == other.get(*first)
            && one.get(*first) == other.get(first - 1)
        {
            return Shape::Swapped { at: *first };
        }
        // Of two keys that have nothing to do with each other most characters differ.
        if positions.len() <= MOST_POSITIONS && positions.len() * 2 <= least {
            return Shape::Characters { positions };
        }
    } else if alike == least && least > 0 {
        return Shape::Cut { shorter, at: least };
    } else if behind == least && least > 0 {
        return Shape::Beheaded { shorter, missing: most - least };
    } else if alike + behind >= least && most - least <= 2 {
        return Shape::Missing { shorter, at: alike + 1, count: most - least };
    }
    Shape::Unlike { alike }
}

fn decode(octets: &[u8]) -> (Zeroizing<Vec<char>>, Encoding) {
    let wide = |octets: &[u8], order: fn([u8; 2]) -> u16| {
        let units = octets.as_chunks().0.iter().map(|unit| order(*unit));
        let text = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        (Zeroizing::new(text), Encoding::Utf16)
    };
    match octets {
        [0xff, 0xfe, rest @ ..] => return wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return wide(rest, u16::from_be_bytes),
        // Latin text without a mark: every other octet is zero.
        [first, 0, ..] if *first != 0 => return wide(octets, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => return wide(octets, u16::from_be_bytes),
        _ => {}
    }
    let (rest, marked) = match octets {
        [0xef, 0xbb, 0xbf, rest @ ..] => (rest, true),
        _ => (octets, false),
    };
    match std::str::from_utf8(rest) {
        Ok(text) => {
            let encoding = match (marked, text.is_ascii()) {
                (true, _) => Encoding::Utf8Marked,
                (false, true) => Encoding::Ascii,
                (false, false) => Encoding::Utf8,
            };
            (Zeroizing::new(text.chars().collect()), encoding)
        }
        // Of Western code pages Latin-1 is the common part; in others, at least the ASCII is right.
        Err(_) => (Zeroizing::new(octets.iter().map(|octet| char::from(*octet)).collect()), Encoding::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(one: &[u8], other: &[u8]) -> Comparison {
        Key::new(one.to_vec()).compare(&Key::new(other.to_vec()))
    }

    fn aspects(one: &str, other: &str) -> Vec<(Aspect, Which, Vec<usize>)> {
        match compare(one.as_bytes(), other.as_bytes()) {
            Comparison::Alike(oddities) => {
                oddities.into_iter().map(|oddity| (oddity.aspect, oddity.which, oddity.positions)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_around_a_key_is_told_with_the_file_that_has_it() {
        assert_eq!(compare(b"horse-battery", b"horse-battery"), Comparison::Same);
        assert_eq!(aspects("horse-battery", "horse-battery\r\n"), [(Aspect::LineBreak, Which::Second, vec![])]);
        assert_eq!(aspects(" horse-battery", "horse-battery"), [(Aspect::Blanks, Which::First, vec![])]);
        assert_eq!(
            aspects("horse-battery", "horse-battery \n"),
            [(Aspect::LineBreak, Which::Second, vec![]), (Aspect::Blanks, Which::Second, vec![])]
        );
        assert_eq!(aspects("\"horse-battery\"", "horse-battery"), [(Aspect::Quoted, Which::First, vec![])]);
        assert_eq!(aspects("horse\u{200b}battery", "horsebattery"), [(Aspect::Invisible, Which::First, vec![])]);
    }

    #[test]
    fn characters_that_were_replaced_are_told_with_their_places() {
        assert_eq!(aspects("Horse-battery", "horse-battery"), [(Aspect::Case, Which::First, vec![1])]);
        assert_eq!(aspects("horse-battery", "horse\u{2013}battery"), [(Aspect::Typographic, Which::Second, vec![6])]);
        assert_eq!(aspects("abc\u{ff11}23", "abc123"), [(Aspect::Width, Which::First, vec![4])]);
        assert_eq!(aspects("pass0word", "passOword"), [(Aspect::LookAlike, Which::Both, vec![5])]);
        assert_eq!(aspects("p\u{430}ss", "pass"), [(Aspect::LookAlike, Which::Both, vec![2])]);
    }

    #[test]
    fn the_same_characters_in_other_octets_are_an_encoding() {
        let latin: &[u8] = b"schl\xfcssel-geheim";
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("geheim".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (one, other) in
            [(latin, "schl\u{fc}ssel-geheim".as_bytes()), (&wide, b"geheim"), (b"\xef\xbb\xbfgeheim", b"geheim")]
        {
            let Comparison::Alike(oddities) = compare(one, other) else { panic!("{one:?}") };
            assert_eq!(oddities.iter().map(|oddity| oddity.aspect).collect::<Vec<_>>(), [Aspect::Encoding]);
        }
    }

    #[test]
    fn what_was_mistyped_is_told_by_its_shape() {
        let of = |one: &str, other: &str| match compare(one.as_bytes(), other.as_bytes()) {
            Comparison::Different(shape) => shape,
            other => panic!("{other:?}"),
        };
        assert_eq!(of("horse-bat", "horse-battery\n"), Shape::Cut { shorter: Which::First, at: 9 });
        assert_eq!(of("horse-battery", "battery"), Shape::Beheaded { shorter: Which::Second, missing: 6 });
        assert_eq!(of("horse-battery", "horse-batery"), Shape::Missing { shorter: Which::Second, at: 10, count: 1 });
        assert_eq!(of("horse-battery", "hosre-battery"), Shape::Swapped { at: 3 });
        assert_eq!(of("horse-battery", "horse-buttery"), Shape::Characters { positions: vec![8] });
        assert_eq!(of("horse-battery", "another thing"), Shape::Unlike { alike: 0 });
    }

    #[test]
    fn any_octets_compare() {
        proptest::proptest!(|(one: Vec<u8>, other: Vec<u8>)| {
            let (one, other) = (Key::new(one), Key::new(other));
            proptest::prop_assert_eq!(one.compare(&other) == Comparison::Same, other.compare(&one) == Comparison::Same);
            proptest::prop_assert_eq!(one.compare(&one), Comparison::Same);
        });
    }
}
