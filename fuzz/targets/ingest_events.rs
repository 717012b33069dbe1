#![no_main]

use ingest::{Settings, Sink};
use libfuzzer_sys::fuzz_target;
use observe::Timeline;

/// Beginnings by which the forms of event logs and of listings are told.
const FORMS: [&str; 7] = [
    "<Events><Event><System><Provider Name='RasClient'/><EventID>20227</EventID></System><EventData>",
    "Level,Date and Time,Source,Event ID,Task Category\nError,1/12/2022 8:00:32 AM,RasClient,20227,None,",
    "Event[0]:\n  Source: RasClient\n  Event ID: 20222\n  Description:\n",
    "192.0.2.1,ute,01/12/2022,08:00:01,IAS,NPS1,4,192.0.2.1,4136,3,",
    "SERVICE_NAME: PolicyAgent\n        STATE              : 1  STOPPED\n",
    "{\"TunnelType\":\"L2tp\",\"ServerAddress\":\"",
    "",
];

fuzz_target!(|data: &[u8]| {
    let (first, text) = data.split_first().map_or((&0, data), |(first, rest)| (first, rest));
    let mut file = FORMS[usize::from(*first) % FORMS.len()].as_bytes().to_vec();
    file.extend(text);
    let mut timeline = Timeline::new();
    ingest::read("events", file.as_slice(), &Settings::default(), &mut timeline, &mut |_| {})
        .expect("memory can be read");
    assert!(timeline.observations().len() <= Sink::MOST);
});
