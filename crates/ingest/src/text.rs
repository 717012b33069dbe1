//! Texts: logs, and what programs print.
//!
//! A text is read line by line: what stands before the message is taken off, and the message goes to the [`Reader`] of the program
//! that its tag names, or to the first one that knows it. One file may hold the lines of many programs, as a syslog does.

mod lines;
mod prefix;
mod reader;
mod secrets;
mod time;
mod words;

mod accel;
mod apple;
mod causeway;
mod charon;
mod freeradius;
mod journal;
mod kernel;
mod networkmanager;
mod output;
mod pluto;
mod pppd;
mod pptp;
mod prose;
mod racoon;
mod remark;
mod routeros;
mod settings;
mod softether;
mod xl2tpd;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{self, Read};

use observe::{SourceKind, Trouble};

use crate::{Settings, Sink};
use lines::Lines;
pub(crate) use output::unknown_name;
use prefix::Prefix;
pub(crate) use reader::{Line, Out, Reader};

/// All readers, in the order in which a line without a tag is offered to them.
fn readers() -> Vec<Box<dyn Reader>> {
    vec![
        Box::<pppd::Pppd>::default(),
        Box::<xl2tpd::Xl2tpd>::default(),
        Box::<pptp::PptpClient>::default(),
        Box::<pptp::Pptpd>::default(),
        Box::<charon::Charon>::default(),
        Box::<pluto::Pluto>::default(),
        Box::<softether::SoftEther>::default(),
        Box::<freeradius::FreeRadius>::default(),
        Box::<causeway::Causeway>::default(),
        Box::<accel::AccelPpp>::default(),
        Box::<routeros::RouterOs>::default(),
        Box::<apple::Apple>::default(),
        Box::<networkmanager::NetworkManager>::default(),
        Box::<kernel::Kernel>::default(),
        Box::<output::Ping>::default(),
        Box::<output::Trace>::default(),
        Box::<output::Lookup>::default(),
        Box::<output::Routes>::default(),
        Box::<output::Addresses>::default(),
        Box::<output::Sockets>::default(),
        Box::<output::Filter>::default(),
        Box::<output::Machine>::default(),
        Box::<output::Xfrm>::default(),
        Box::<settings::Settings>::default(),
        Box::<prose::Prose>::default(),
    ]
}

/// Reads a text, line by line.
pub(crate) fn read(
    input: impl Read,
    settings: &Settings,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut lines = Lines::new(input);
    let mut dispatcher = Dispatcher::new(sink, settings);
    let mut told = 0;
    while let Some(line) = lines.next()? {
        dispatcher.line(line);
        if lines.cut() {
            dispatcher.out.trouble(Trouble::LongLine);
        }
        if lines.octets() - told >= 1 << 20 {
            told = lines.octets();
            progress(told);
        }
    }
    progress(lines.octets());
    dispatcher.finish();
    Ok(())
}

/// Hands lines to readers, and counts whose they are.
struct Dispatcher<'s, 't> {
    out: Out<'s, 't>,
    readers: Vec<Slot>,
    by_program: HashMap<String, Tag>,
    number: u64,
    /// The reader that took the last line.
    last: usize,
    /// Lines with anything on them.
    any: bool,
}

/// Whose the lines with a tag are.
#[derive(Clone, Copy)]
enum Tag {
    /// One reader's.
    Of(usize),
    /// Of no program that is known: a container or a script may log in its own name what such a program prints.
    Nobodys {
        /// Lines in a row that no reader took.
        lines: u32,
    },
}

impl Tag {
    /// Lines in a row that no reader takes, after which nothing is expected behind a tag any more.
    const PATIENCE: u32 = 64;
}

/// A reader, and how many lines it took.
struct Slot {
    reader: Box<dyn Reader>,
    lines: u64,
}

impl<'s, 't> Dispatcher<'s, 't> {
    /// Tags that are remembered.
    const TAGS: usize = 256;

    fn new(sink: &'s mut Sink<'t>, settings: &'s Settings) -> Dispatcher<'s, 't> {
        Dispatcher {
            out: Out::new(sink, settings),
            readers: readers().into_iter().map(|reader| Slot { reader, lines: 0 }).collect(),
            by_program: HashMap::new(),
            number: 0,
            last: 0,
            any: false,
        }
    }

    fn line(&mut self, whole: &str) {
        self.number += 1;
        let journal = journal::entry(whole);
        let mut prefix = match &journal {
            Some(entry) => entry.prefix(),
            None => prefix::split(whole, self.out.settings()),
        };
        // NetworkManager logs what its children print, tags included.
        if prefix.program.is_some_and(|program| program == "NetworkManager" || program.starts_with("nm-")) {
            let inner = prefix::split(prefix.rest, self.out.settings());
            if inner.program.is_some() || prefix.rest.starts_with(|digit: char| digit.is_ascii_digit()) {
                prefix = Prefix { at: prefix.at, ..inner };
            }
        }
        let text = prefix.rest.trim();
        self.any |= !text.is_empty();
        self.out.begin(self.number, whole, prefix.at);
        let line = Line { at: prefix.at, program: prefix.program, pid: prefix.pid, text, whole };
        match prefix.program.map(|program| self.tag(program)) {
            Some(Tag::Of(index)) => {
                if let Some(slot) = self.readers.get_mut(index) {
                    slot.lines += 1;
                    slot.reader.read(&line, &mut self.out);
                    self.out.logged();
                }
                self.last = index;
                return;
            }
            Some(Tag::Nobodys { lines: Tag::PATIENCE.. }) => return,
            Some(Tag::Nobodys { .. }) | None => {}
        }
        let order = std::iter::once(self.last).chain((0..self.readers.len()).filter(|index| *index != self.last));
        for index in order {
            let Some(slot) = self.readers.get_mut(index) else { continue };
            if slot.reader.read(&line, &mut self.out) {
                slot.lines += 1;
                if slot.reader.kind() != SourceKind::Words {
                    self.out.logged();
                }
                self.last = index;
                if let Some(tag) = prefix.program.and_then(|program| self.by_program.get_mut(program)) {
                    *tag = Tag::Nobodys { lines: 0 };
                }
                return;
            }
        }
        if let Some(Tag::Nobodys { lines }) = prefix.program.and_then(|program| self.by_program.get_mut(program)) {
            *lines += 1;
        }
    }

    /// What is known of a tag.
    fn tag(&mut self, program: &str) -> Tag {
        if let Some(known) = self.by_program.get(program) {
            return *known;
        }
        let reader = self.readers.iter().position(|slot| slot.reader.is_program(program));
        let tag = reader.map_or(Tag::Nobodys { lines: 0 }, Tag::Of);
        if self.by_program.len() < Self::TAGS {
            self.by_program.insert(program.to_owned(), tag);
        }
        tag
    }

    fn finish(mut self) {
        for slot in &mut self.readers {
            slot.reader.finish(&mut self.out);
        }
        let side = self.out.side();
        let kind = self.kind();
        let sink = self.out.sink();
        sink.set_side(side);
        sink.source().kind = kind;
        if kind == SourceKind::Unknown && self.any {
            sink.trouble(Trouble::NothingKnown);
        }
    }

    /// The kind of the source: the product's when one product wrote nearly all of it, else a syslog.
    fn kind(&self) -> SourceKind {
        let mut counts: Vec<(SourceKind, u64)> = Vec::new();
        for slot in self.readers.iter().filter(|slot| slot.lines > 0) {
            let kind = slot.reader.kind();
            match counts.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, lines)) => *lines += slot.lines,
                None => counts.push((kind, slot.lines)),
            }
        }
        // What a person wrote around the lines of a log is not what the log is.
        if counts.iter().any(|(kind, _)| !is_output(*kind) && *kind != SourceKind::Words) {
            counts.retain(|(kind, _)| *kind != SourceKind::Words);
        }
        let total: u64 = counts.iter().map(|(_, lines)| lines).sum();
        let logs = counts.iter().filter(|(kind, _)| !is_output(*kind)).count();
        match counts.iter().max_by_key(|(_, lines)| *lines) {
            None => SourceKind::Unknown,
            Some((kind, lines)) if *lines * 10 >= total * 8 || logs <= 1 => *kind,
            Some(_) => SourceKind::Syslog,
        }
    }
}

/// Whether the lines of this kind are a command's output, which people put together in one file.
fn is_output(kind: SourceKind) -> bool {
    matches!(
        kind,
        SourceKind::Addresses
            | SourceKind::Routes
            | SourceKind::Sockets
            | SourceKind::Ping
            | SourceKind::Sysctl
            | SourceKind::PacketFilter
            | SourceKind::Services
    )
}
