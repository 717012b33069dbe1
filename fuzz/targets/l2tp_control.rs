#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::l2tp::{Control, Message, NoSecret};

fn read(data: &[u8]) -> Option<(Control<'_>, Message)> {
    let control = Control::parse(data).ok()?;
    let message = Message::from_attributes(control.kind?, control.attributes(&NoSecret)).ok()?;
    Some((control, message))
}

fuzz_target!(|data: &[u8]| {
    let Some((control, message)) = read(data) else { return };
    let again = message.encode(control.tunnel, control.session);
    assert_eq!(read(&again).map(|(_, message)| message), Some(message));
});
