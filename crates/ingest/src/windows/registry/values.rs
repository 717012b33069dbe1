//! All values of an export, known or not, to compare one export with another.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::{Data, exported, lines, normal, queried, quoted};

/// Values of one export that are kept.
const MOST: usize = 200_000;

/// A value of a registry export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryValue {
    /// The key, as the export names it.
    pub key: String,
    /// The value's name, as the export has it; empty for the key's own value.
    pub name: String,
    /// What it is set to.
    pub data: RegistryData,
    /// The line at which it stands, from 1.
    pub line: u64,
}

/// What a value is set to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegistryData {
    /// A number.
    Number(u32),
    /// A text.
    Text(String),
    /// Anything else, as it is written: for comparison and not to be shown.
    Other(String),
}

/// Which value it is, however an export writes it: the key with its hive, without the control set, and the name.
type Id = (String, String);

/// Reads all values of an export, at most 200,000, in the order of their keys. What the export deletes is no value.
///
/// # Errors
/// When `input` cannot be read.
pub fn registry_values(input: impl Read) -> io::Result<BTreeMap<Id, RegistryValue>> {
    let mut values = BTreeMap::new();
    let mut key: Option<String> = None;
    let each = |number: u64, line: &str| {
        let line = line.trim();
        let bracketed = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let listed = line.get(..5).is_some_and(|hive| hive.eq_ignore_ascii_case("HKEY_"));
        if let Some(path) = bracketed.or(listed.then_some(line)) {
            key = (!path.starts_with('-')).then(|| path.to_owned());
        } else if let Some(key) = &key
            && values.len() < MOST
            && let Some((name, data)) = value(line)
        {
            let id = (id(key), name.to_lowercase());
            values.insert(id, RegistryValue { key: key.clone(), name, data, line: number });
        }
    };
    lines(input, each, &mut |_| {})?;
    Ok(values)
}

/// The key in lower case and without control set. Different hives stay apart.
fn id(key: &str) -> String {
    let lower = key.to_lowercase();
    match lower.split('\\').next() {
        Some(hive @ ("hkey_local_machine" | "hklm")) => {
            format!("{}\\{}", if hive == "hklm" { "hkey_local_machine" } else { hive }, normal(&lower))
        }
        _ => lower,
    }
}

fn value(line: &str) -> Option<(String, RegistryData)> {
    let as_written = |data: Data, raw: &str| match data {
        Data::Number(number) => Some(RegistryData::Number(number)),
        Data::Text(text) => Some(RegistryData::Text(text)),
        Data::Removed => None,
        Data::Other => Some(RegistryData::Other(raw.to_lowercase())),
    };
    if let Some(raw) = line.strip_prefix("@=") {
        // The same as any other value but for its name.
        let (_, data) = exported(&format!("\"\"={raw}"))?;
        return Some((String::new(), as_written(data, raw)?));
    }
    if let Some((_, data)) = exported(line) {
        let (name, raw) = quoted(line.strip_prefix('"')?)?;
        return Some((name, as_written(data, raw)?));
    }
    let (_, data) = queried(line)?;
    let (name, raw) = line.split_at_checked(line.find("REG_")?)?;
    Some((name.trim().to_owned(), as_written(data, raw)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<RegistryValue> {
        registry_values(text.as_bytes()).unwrap().into_values().collect()
    }

    #[test]
    fn every_value_is_read_whether_it_matters_or_not() {
        let values = read(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]\r\n\
             \"ProhibitIpSec\"=dword:00000001\r\n\"Medias\"=hex(7):72,00,\\\r\n  61,00\r\n@=\"own\"\r\n\"Gone\"=-\r\n",
        );
        let told: Vec<(&str, &RegistryData, u64)> =
            values.iter().map(|value| (value.name.as_str(), &value.data, value.line)).collect();
        let medias = RegistryData::Other("=hex(7):72,00,61,00".to_owned());
        let own = RegistryData::Text("own".to_owned());
        assert_eq!(told, [("", &own, 7), ("Medias", &medias, 5), ("ProhibitIpSec", &RegistryData::Number(1), 4)]);
    }

    #[test]
    fn a_value_is_the_same_in_every_control_set_and_every_form() {
        let ids = |text: &str| registry_values(text.as_bytes()).unwrap().into_keys().collect::<Vec<_>>();
        let one =
            ids("REGEDIT4\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\PolicyAgent]\n\"Start\"=dword:2\n");
        let other = ids(
            "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent\n    Start    REG_DWORD    0x2\n",
        );
        assert_eq!(one, other);
        assert_eq!(one.len(), 1);
        let user = ids("REGEDIT4\n[HKEY_CURRENT_USER\\Software\\X]\n\"A\"=\"b\"\n");
        let machine = ids("REGEDIT4\n[HKEY_LOCAL_MACHINE\\Software\\X]\n\"A\"=\"b\"\n");
        assert_ne!(user, machine);
    }

    #[test]
    fn any_octets_are_read_to_their_end() {
        proptest::proptest!(|(octets: Vec<u8>)| {
            proptest::prop_assert!(registry_values(octets.as_slice()).is_ok());
        });
    }
}
