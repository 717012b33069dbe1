//! Event logs as XML: `wevtutil qe /f:xml`, "save as XML" of the Event Viewer, and NPS logs in DTS form.

use observe::Trouble;
use std::io::{self, Read};

use super::{Event, Log, nps};
use crate::windows::chars::Chars;
use crate::windows::when;

/// Reads a sequence of `<Event>` elements, whatever is around them.
pub(super) fn read(input: impl Read, log: &mut Log<'_, '_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut element = String::new();
    let mut count = 0u64;
    let mut line = 1;
    let mut begun = line;
    // The end of an element that is too long to be kept.
    let mut tail: Option<String> = None;
    while let Some(char) = chars.char()? {
        line += u64::from(char == '\n');
        if let Some(seen) = &mut tail {
            if char == '<' {
                seen.clear();
            }
            if seen.len() < END.len() {
                seen.push(char);
            }
            if seen == END {
                tail = None;
            }
            continue;
        }
        if element.is_empty() && char != '<' {
            continue;
        }
        if element.is_empty() {
            begun = line;
        }
        element.push(char);
        if element.len() > BEGIN.len() && !begins(&element) {
            element.clear();
        } else if element.len() > Event::MOST {
            log.trouble(Trouble::EventTooLong);
            element.clear();
            tail = Some(String::new());
        } else if char == '>' && element.ends_with(END) {
            count += 1;
            take(&element, count, begun, log);
            element.clear();
            if count.is_multiple_of(1024) {
                progress(chars.octets());
            }
        }
    }
    if begins(&element) {
        log.trouble(Trouble::EventCut);
    }
    Ok(())
}

const BEGIN: &str = "<Event>";
const END: &str = "</Event>";

fn begins(element: &str) -> bool {
    element.strip_prefix("<Event").is_some_and(|rest| rest.starts_with(['>', ' ', '\t', '\r', '\n']))
}

fn take(element: &str, count: u64, line: u64, log: &mut Log<'_, '_>) {
    match parse(element) {
        Some(mut event) => {
            event.line = line;
            log.event(&event);
        }
        None if element.contains("data_type") => {
            let values = leaves(element);
            nps::request(&values, count, log);
        }
        None => log.trouble(Trouble::EmptyEvent),
    }
}

/// One event. Elements are told by their local names; declarations of types are not read, so nothing can expand.
pub(super) fn parse(element: &str) -> Option<Event> {
    let mut event = Event::default();
    let mut path: Vec<&str> = Vec::new();
    let mut name = String::new();
    let mut text = String::new();
    let mut system = false;
    for token in Tokens(element) {
        match token {
            Token::Begin { tag, attributes, empty } => {
                let value = |name| attribute(attributes, name);
                text.clear();
                name = value("Name").unwrap_or_default();
                match tag {
                    "System" => system = true,
                    "Provider" => {
                        event.provider =
                            value("EventSourceName").filter(|name| !name.is_empty()).unwrap_or(name.clone())
                    }
                    "TimeCreated" => event.at = value("SystemTime").and_then(|time| when::parse(&time, 0)),
                    _ => {}
                }
                if empty && tag == "Data" {
                    event.add(&name, "");
                } else if !empty && path.len() < 32 {
                    path.push(tag);
                }
            }
            Token::Text(part) => unescape(part, &mut text),
            Token::Literal(part) => text.push_str(part),
            Token::End(tag) => {
                let inside = |place: &str| path.contains(&place);
                match tag {
                    "EventID" if inside("System") => event.id = text.trim().parse().unwrap_or_default(),
                    "EventRecordID" if inside("System") => event.record = text.trim().parse().ok(),
                    "Binary" if inside("EventData") => event.binary = hex(text.trim()),
                    "Message" if inside("RenderingInfo") => event.message = text.trim().to_owned(),
                    "Data" if inside("EventData") => event.add(&name, &text),
                    tag if inside("UserData") && !text.trim().is_empty() => event.add(tag, &text),
                    _ => {}
                }
                if path.last() == Some(&tag) {
                    path.pop();
                }
                text.clear();
            }
        }
    }
    (system && event.id != 0).then_some(event)
}

/// The elements without children, with their texts.
fn leaves(element: &str) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut text = String::new();
    for token in Tokens(element) {
        match token {
            Token::Begin { .. } => text.clear(),
            Token::Text(part) => unescape(part, &mut text),
            Token::Literal(part) => text.push_str(part),
            Token::End(tag) => {
                if !text.is_empty() && values.len() < Event::DATA {
                    values.push((tag.to_lowercase(), std::mem::take(&mut text)));
                }
            }
        }
    }
    values
}

enum Token<'a> {
    Begin { tag: &'a str, attributes: &'a str, empty: bool },
    End(&'a str),
    Text(&'a str),
    Literal(&'a str),
}

/// The tokens of an element. Comments, instructions and declarations are passed over.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.0.is_empty() {
                return None;
            }
            let Some(rest) = self.0.strip_prefix('<') else {
                return Some(Token::Text(self.until("<", 0)));
            };
            self.0 = rest;
            if let Some(rest) = rest.strip_prefix("![CDATA[") {
                self.0 = rest;
                return Some(Token::Literal(self.until("]]>", 3)));
            } else if rest.starts_with("!--") {
                self.until("-->", 3);
            } else if rest.starts_with(['!', '?']) {
                self.until(">", 1);
            } else if let Some(rest) = rest.strip_prefix('/') {
                self.0 = rest;
                return Some(Token::End(local(self.until(">", 1).trim())));
            } else {
                let inside = self.tag();
                let (inside, empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
                let (tag, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
                return Some(Token::Begin { tag: local(tag), attributes, empty });
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// What stands before `end`, or everything; goes on behind it, when it is as long as `passed`.
    fn until(&mut self, end: &str, passed: usize) -> &'a str {
        let all = self.0;
        let at = all.find(end).unwrap_or(all.len());
        self.0 = all.get(at + passed..).unwrap_or_default();
        all.get(..at).unwrap_or_default()
    }

    /// The inside of a tag: `>` may stand in the value of an attribute.
    fn tag(&mut self) -> &'a str {
        let mut quote = None;
        let end = self.0.char_indices().find(|(_, char)| {
            match (*char, quote) {
                ('>', None) => return true,
                ('"' | '\'', None) => quote = Some(*char),
                (char, Some(open)) if char == open => quote = None,
                _ => {}
            }
            false
        });
        let all = self.0;
        let at = end.map_or(all.len(), |(at, _)| at);
        self.0 = all.get(at + 1..).unwrap_or_default();
        all.get(..at).unwrap_or_default()
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = behind.get(1..)?.split_once(quote)?;
        if name.trim() == wanted {
            let mut text = String::new();
            unescape(value, &mut text);
            return Some(text);
        }
        rest = behind;
    }
}

/// Appends a text with the five entities of XML and references to characters resolved; any other entity stays as it is written.
fn unescape(mut text: &str, into: &mut String) {
    while let Some(at) = text.find('&') {
        into.push_str(text.get(..at).unwrap_or_default());
        text = text.get(at..).unwrap_or_default();
        let entity = text
            .get(1..)
            .and_then(|rest| rest.split_once(';'))
            .map(|(entity, _)| entity)
            .filter(|name| name.len() <= 8);
        let char = entity.and_then(|entity| match entity {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let number = entity.strip_prefix('#')?;
                let value = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                value.ok().and_then(char::from_u32)
            }
        });
        let taken = match (char, entity) {
            (Some(char), Some(entity)) => {
                into.push(char);
                entity.len() + 2
            }
            _ => {
                into.push('&');
                1
            }
        };
        text = text.get(taken..).unwrap_or_default();
    }
    into.push_str(text);
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2).take(4096);
    pairs.map_while(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
