//! Logs composed octet by octet, through the front door.

use observe::{Fact, Spot, Time, Timeline, reported};

use super::*;
use crate::Settings;

/// A chunk under construction.
struct Writer {
    chunk: Vec<u8>,
    template: Option<u32>,
}

impl Writer {
    fn new() -> Writer {
        let mut chunk = b"ElfChnk\0".to_vec();
        chunk.resize(RECORDS, 0);
        Writer { chunk, template: None }
    }

    fn put(&mut self, octets: impl AsRef<[u8]>) {
        self.chunk.extend(octets.as_ref());
    }

    fn offset(&self) -> u32 {
        u32::try_from(self.chunk.len()).unwrap()
    }

    fn utf16(&mut self, text: &str) {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.put(units);
    }

    fn name(&mut self, name: &str) {
        let next = self.offset() + 4;
        self.put(next.to_le_bytes());
        self.put([0; 4]);
        self.put([0; 2]);
        self.put(u16::try_from(name.len()).unwrap().to_le_bytes());
        self.utf16(name);
        self.put([0; 2]);
    }

    /// An element with the values at these places as attributes, and what is in it.
    fn element(&mut self, name: &str, attributes: &[(&str, u16)], inside: impl FnOnce(&mut Writer)) {
        self.put([if attributes.is_empty() { 0x01 } else { 0x41 }]);
        self.put([0xff, 0xff]);
        let size = self.chunk.len();
        self.put([0; 4]);
        self.name(name);
        if !attributes.is_empty() {
            let list = self.chunk.len();
            self.put([0; 4]);
            for (at, (name, place)) in attributes.iter().enumerate() {
                self.put([if at + 1 < attributes.len() { 0x46 } else { 0x06 }]);
                self.name(name);
                self.place(*place);
            }
            self.fix(list);
        }
        self.put([0x02]);
        inside(self);
        self.put([0x04]);
        self.fix(size);
    }

    /// Writes what follows a size into it.
    fn fix(&mut self, at: usize) {
        let size = u32::try_from(self.chunk.len() - at - 4).unwrap();
        self.chunk[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }

    fn place(&mut self, place: u16) {
        self.put([0x0e]);
        self.put(place.to_le_bytes());
        self.put([0x01]);
    }

    /// The template of all records of these tests: provider, number, time, record, and three data.
    fn definition(&mut self) {
        self.put([0; 4]);
        self.put([7; 16]);
        let size = self.chunk.len();
        self.put([0; 4]);
        self.put([0x0f, 1, 1, 0]);
        self.element("Event", &[], |event| {
            event.element("System", &[], |system| {
                system.element("Provider", &[("Name", 0)], |_| {});
                system.element("EventID", &[], |id| id.place(1));
                system.element("TimeCreated", &[("SystemTime", 2)], |_| {});
                system.element("EventRecordID", &[], |record| record.place(3));
            });
            event.element("EventData", &[], |data| {
                data.element("Data", &[], |value| value.place(4));
                data.element("Data", &[], |value| {
                    value.put([0x05, 0x01, 4, 0]);
                    value.utf16("Büro");
                });
                data.element("Data", &[], |value| value.place(5));
            });
        });
        self.put([0]);
        self.fix(size);
    }

    fn record(&mut self, number: u64, id: u16, values: [&str; 3]) {
        let start = self.chunk.len();
        self.put([0x2a, 0x2a, 0, 0]);
        self.put([0; 4]);
        self.put(number.to_le_bytes());
        self.put(TICKS.to_le_bytes());
        self.put([0x0f, 1, 1, 0, 0x0c, 1]);
        self.put([1, 0, 0, 0]);
        match self.template {
            Some(known) => self.put(known.to_le_bytes()),
            None => {
                let here = self.offset() + 4;
                self.put(here.to_le_bytes());
                self.definition();
                self.template = Some(here);
            }
        }
        let text = |text: &str| -> (u8, Vec<u8>) { (0x01, text.encode_utf16().flat_map(u16::to_le_bytes).collect()) };
        let all = [
            text(values[0]),
            (0x06, id.to_le_bytes().to_vec()),
            (0x11, TICKS.to_le_bytes().to_vec()),
            (0x0a, number.to_le_bytes().to_vec()),
            text(values[1]),
            text(values[2]),
        ];
        self.put(u32::try_from(all.len()).unwrap().to_le_bytes());
        for (kind, octets) in &all {
            self.put(u16::try_from(octets.len()).unwrap().to_le_bytes());
            self.put([*kind, 0]);
        }
        for (_, octets) in &all {
            self.put(octets);
        }
        self.put([0]);
        let size = u32::try_from(self.chunk.len() - start + 4).unwrap();
        self.put(size.to_le_bytes());
        self.chunk[start + 4..start + 8].copy_from_slice(&size.to_le_bytes());
    }

    fn file(mut self) -> Vec<u8> {
        let end = self.offset();
        self.chunk[40..44].copy_from_slice(&128u32.to_le_bytes());
        self.chunk[48..52].copy_from_slice(&end.to_le_bytes());
        self.chunk.resize(CHUNK, 0);
        let mut file = b"ElfFile\0".to_vec();
        file.resize(4096, 0);
        file[32..36].copy_from_slice(&128u32.to_le_bytes());
        file[36..40].copy_from_slice(&[1, 0, 3, 0]);
        file[40..42].copy_from_slice(&4096u16.to_le_bytes());
        file[42..44].copy_from_slice(&1u16.to_le_bytes());
        file.extend(self.chunk);
        file
    }
}

/// 2022-01-12 14:05:06 UTC.
const TICKS: u64 = 132_864_699_060_000_000;
const MOMENT: Time = Time(1_641_996_306_000_000);

fn log() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.record(
        41,
        20222,
        ["RasClient", "PC\\ute", "Server address/Phone Number = 203.0.113.9\nDevice = WAN Miniport (L2TP)"],
    );
    writer.record(42, 20227, ["RasClient", "PC\\ute & <co>", "789"]);
    writer.file()
}

fn read(octets: &[u8]) -> Timeline {
    let mut timeline = Timeline::new();
    crate::read("Application.evtx", octets, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

#[test]
fn a_record_reads_like_its_export() {
    let timeline = read(&log());
    let told = timeline.observations();
    let last = told.last().unwrap();
    assert_eq!(last.fact, Fact::from(reported::Fact::Ras { code: 789 }));
    assert_eq!((last.at, last.place.spot), (Some(MOMENT), Spot::Record(42)));
    // The second record uses the template that stands in the first.
    assert_eq!(last.about.user.as_deref(), Some("PC\\ute & <co>"));
    assert_eq!(told[0].about.server, Some("203.0.113.9:0".parse().unwrap()));
    assert!(timeline.sources()[0].trouble.is_empty(), "{:?}", timeline.sources()[0].trouble);
}

#[test]
fn a_log_that_is_cut_or_damaged_gives_what_is_whole() {
    let whole = log();
    let empty = read(&whole[..5000]);
    assert!(!empty.sources()[0].trouble.is_empty());
    let mut damaged = whole.clone();
    // The number of values of the second record.
    let second = damaged.windows(4).rposition(|window| window == [6, 0, 0, 0]).unwrap();
    damaged[second] = 0xff;
    damaged[second + 1] = 0xff;
    let timeline = read(&damaged);
    assert_eq!(timeline.observations().iter().filter(|seen| seen.place.spot == Spot::Record(41)).count(), 2);
    assert_eq!(timeline.sources()[0].trouble, [observe::Trouble::RecordDamaged]);
}

#[test]
fn no_octet_makes_it_panic_or_loop() {
    let whole = log();
    let used = 4096 + RECORDS..4096 + 2600;
    for at in used {
        let mut damaged = whole.clone();
        for value in [0x00, 0x01, 0x0c, 0x7f, 0xff] {
            damaged[at] = value;
            read(&damaged);
        }
    }
}
