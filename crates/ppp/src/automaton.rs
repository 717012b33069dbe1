//! The option negotiation automaton of RFC 1661 §4.1 as a pure function: the one table behind every control protocol.

use std::fmt;

/// The states of RFC 1661 §4.2, in the order of their numbers there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum State {
    /// The lower layer is unavailable and no Open has occurred.
    Initial,
    /// The lower layer is unavailable and an Open has occurred.
    Starting,
    /// The link is available and no Open has occurred.
    Closed,
    /// Waiting for the peer after the layer finished.
    Stopped,
    /// Terminating on our request, then Closed.
    Closing,
    /// Terminating, then Stopped.
    Stopping,
    /// A Configure-Request was sent, no Configure-Ack either way.
    RequestSent,
    /// The peer acknowledged our Configure-Request.
    AckReceived,
    /// We acknowledged the peer's Configure-Request.
    AckSent,
    /// Both acknowledged.
    Opened,
}

/// The events of RFC 1661 §4.3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Event {
    /// The lower layer is up.
    Up,
    /// The lower layer is down.
    Down,
    /// The layer may be established.
    Open,
    /// The layer shall end.
    Close,
    /// TO+: time-out with the restart counter above zero.
    TimeoutRetry,
    /// TO-: time-out with the restart counter at zero.
    TimeoutExhausted,
    /// RCR+: an acceptable Configure-Request.
    RequestGood,
    /// RCR-: a Configure-Request that is not acceptable.
    RequestBad,
    /// RCA: a Configure-Ack.
    Ack,
    /// RCN: a Configure-Nak or Configure-Reject.
    Nak,
    /// RTR: a Terminate-Request.
    TerminateRequest,
    /// RTA: a Terminate-Ack.
    TerminateAck,
    /// RUC: a packet with an unknown code.
    UnknownCode,
    /// RXJ+: a Code-Reject or Protocol-Reject that we can live with.
    RejectTolerable,
    /// RXJ-: a Code-Reject or Protocol-Reject that ends the layer.
    RejectFatal,
    /// RXR: an Echo or Discard packet, or another extension.
    Extension,
}

/// The actions of RFC 1661 §4.4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Action {
    /// tlu.
    ThisLayerUp,
    /// tld.
    ThisLayerDown,
    /// tls.
    ThisLayerStarted,
    /// tlf.
    ThisLayerFinished,
    /// irc, with the counter of the request that follows.
    InitializeRestartCount,
    /// zrc.
    ZeroRestartCount,
    /// scr.
    SendConfigureRequest,
    /// sca.
    SendConfigureAck,
    /// scn: Configure-Nak or Configure-Reject.
    SendConfigureNak,
    /// str.
    SendTerminateRequest,
    /// sta.
    SendTerminateAck,
    /// scj.
    SendCodeReject,
    /// ser: the answer to the extension, if it has one.
    SendEchoReply,
}

impl State {
    #[cfg(test)]
    const ALL: [State; 10] = [
        State::Initial,
        State::Starting,
        State::Closed,
        State::Stopped,
        State::Closing,
        State::Stopping,
        State::RequestSent,
        State::AckReceived,
        State::AckSent,
        State::Opened,
    ];

    /// Whether the restart timer may run: the states with a TO event (RFC 1661 §4.1).
    pub(crate) const fn is_timed(self) -> bool {
        use State::*;
        matches!(self, Closing | Stopping | RequestSent | AckReceived | AckSent)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Initial => "Initial",
            State::Starting => "Starting",
            State::Closed => "Closed",
            State::Stopped => "Stopped",
            State::Closing => "Closing",
            State::Stopping => "Stopping",
            State::RequestSent => "Req-Sent",
            State::AckReceived => "Ack-Rcvd",
            State::AckSent => "Ack-Sent",
            State::Opened => "Opened",
        })
    }
}

/// What `event` does in `state`: the actions in order, and the next state. `None` for the pairs that the table leaves out
/// because they cannot occur.
///
/// The table is that of RFC 1661 §4.1 with neither the passive nor the restart option.
pub(crate) fn transition(state: State, event: Event) -> Option<(&'static [Action], State)> {
    use Action::{
        InitializeRestartCount as Irc, SendCodeReject as Scj, SendConfigureAck as Sca, SendConfigureNak as Scn,
        SendConfigureRequest as Scr, SendEchoReply as Ser, SendTerminateAck as Sta, SendTerminateRequest as Str,
        ThisLayerDown as Tld, ThisLayerFinished as Tlf, ThisLayerStarted as Tls, ThisLayerUp as Tlu,
        ZeroRestartCount as Zrc,
    };
    use State::*;

    let (actions, next): (&'static [Action], State) = match (event, state) {
        (Event::Up, Initial) => (&[], Closed),
        (Event::Up, Starting) => (&[Irc, Scr], RequestSent),
        (Event::Up, _) => return None,

        (Event::Down, Initial | Starting) => return None,
        (Event::Down, Closed | Closing) => (&[], Initial),
        (Event::Down, Stopped) => (&[Tls], Starting),
        (Event::Down, Stopping | RequestSent | AckReceived | AckSent) => (&[], Starting),
        (Event::Down, Opened) => (&[Tld], Starting),

        (Event::Open, Initial) => (&[Tls], Starting),
        (Event::Open, Closed) => (&[Irc, Scr], RequestSent),
        (Event::Open, Closing) => (&[], Stopping),
        (Event::Open, Starting | Stopped | Stopping | RequestSent | AckReceived | AckSent | Opened) => (&[], state),

        (Event::Close, Starting) => (&[Tlf], Initial),
        (Event::Close, Stopped) => (&[], Closed),
        (Event::Close, Stopping) => (&[], Closing),
        (Event::Close, RequestSent | AckReceived | AckSent) => (&[Irc, Str], Closing),
        (Event::Close, Opened) => (&[Tld, Irc, Str], Closing),
        (Event::Close, Initial | Closed | Closing) => (&[], state),

        (Event::TimeoutRetry, Closing | Stopping) => (&[Str], state),
        (Event::TimeoutRetry, RequestSent | AckReceived) => (&[Scr], RequestSent),
        (Event::TimeoutRetry, AckSent) => (&[Scr], AckSent),
        (Event::TimeoutRetry, Initial | Starting | Closed | Stopped | Opened) => return None,

        (Event::TimeoutExhausted, Closing) => (&[Tlf], Closed),
        (Event::TimeoutExhausted, Stopping | RequestSent | AckReceived | AckSent) => (&[Tlf], Stopped),
        (Event::TimeoutExhausted, Initial | Starting | Closed | Stopped | Opened) => return None,

        // No packet can come in while the lower layer is down.
        (_, Initial | Starting) => return None,

        (Event::RequestGood | Event::RequestBad | Event::Ack | Event::Nak, Closed) => (&[Sta], Closed),
        (Event::RequestGood | Event::RequestBad | Event::Ack | Event::Nak, Closing | Stopping) => (&[], state),

        (Event::RequestGood, Stopped) => (&[Irc, Scr, Sca], AckSent),
        (Event::RequestGood, RequestSent | AckSent) => (&[Sca], AckSent),
        (Event::RequestGood, AckReceived) => (&[Sca, Tlu], Opened),
        (Event::RequestGood, Opened) => (&[Tld, Scr, Sca], AckSent),

        (Event::RequestBad, Stopped) => (&[Irc, Scr, Scn], RequestSent),
        (Event::RequestBad, RequestSent | AckSent) => (&[Scn], RequestSent),
        (Event::RequestBad, AckReceived) => (&[Scn], AckReceived),
        (Event::RequestBad, Opened) => (&[Tld, Scr, Scn], RequestSent),

        (Event::Ack | Event::Nak, Stopped) => (&[Sta], Stopped),
        (Event::Ack, RequestSent) => (&[Irc], AckReceived),
        (Event::Ack, AckSent) => (&[Irc, Tlu], Opened),
        (Event::Nak, RequestSent) => (&[Irc, Scr], RequestSent),
        (Event::Nak, AckSent) => (&[Irc, Scr], AckSent),
        // A second reply to one request: a connection crossed with an older one.
        (Event::Ack | Event::Nak, AckReceived) => (&[Scr], RequestSent),
        (Event::Ack | Event::Nak, Opened) => (&[Tld, Scr], RequestSent),

        (Event::TerminateRequest, Closed | Stopped | Closing | Stopping) => (&[Sta], state),
        (Event::TerminateRequest, RequestSent | AckReceived | AckSent) => (&[Sta], RequestSent),
        (Event::TerminateRequest, Opened) => (&[Tld, Zrc, Sta], Stopping),

        (Event::TerminateAck, Closing) => (&[Tlf], Closed),
        (Event::TerminateAck, Stopping) => (&[Tlf], Stopped),
        (Event::TerminateAck, AckReceived) => (&[], RequestSent),
        (Event::TerminateAck, Opened) => (&[Tld, Scr], RequestSent),
        (Event::TerminateAck, Closed | Stopped | RequestSent | AckSent) => (&[], state),

        (Event::UnknownCode, _) => (&[Scj], state),

        (Event::RejectTolerable, AckReceived) => (&[], RequestSent),
        (Event::RejectTolerable, _) => (&[], state),

        (Event::RejectFatal, Closed | Closing) => (&[Tlf], Closed),
        (Event::RejectFatal, Stopped | Stopping | RequestSent | AckReceived | AckSent) => (&[Tlf], Stopped),
        (Event::RejectFatal, Opened) => (&[Tld, Irc, Str], Stopping),

        (Event::Extension, Opened) => (&[Ser], Opened),
        (Event::Extension, _) => (&[], state),
    };
    Some((actions, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [(&str, Event); 16] = [
        ("Up", Event::Up),
        ("Down", Event::Down),
        ("Open", Event::Open),
        ("Close", Event::Close),
        ("TO+", Event::TimeoutRetry),
        ("TO-", Event::TimeoutExhausted),
        ("RCR+", Event::RequestGood),
        ("RCR-", Event::RequestBad),
        ("RCA", Event::Ack),
        ("RCN", Event::Nak),
        ("RTR", Event::TerminateRequest),
        ("RTA", Event::TerminateAck),
        ("RUC", Event::UnknownCode),
        ("RXJ+", Event::RejectTolerable),
        ("RXJ-", Event::RejectFatal),
        ("RXR", Event::Extension),
    ];

    /// RFC 1661 §4.1, one line for each event, the states 0 to 9 across, without its footnotes r, p and x.
    const TABLE: &str = "
Up   | 2     irc,scr/6 -     -             -     -     -         -         -         -
Down | -     -         0     tls/1         0     1     1         1         1         tld/1
Open | tls/1 1         irc,scr/6 3         5     5     6         7         8         9
Close| 0     tlf/0     2     2             4     4     irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
TO+  | -     -         -     -             str/4 str/5 scr/6     scr/6     scr/8     -
TO-  | -     -         -     -             tlf/2 tlf/3 tlf/3     tlf/3     tlf/3     -
RCR+ | -     -         sta/2 irc,scr,sca/8 4     5     sca/8     sca,tlu/9 sca/8     tld,scr,sca/8
RCR- | -     -         sta/2 irc,scr,scn/6 4     5     scn/6     scn/7     scn/6     tld,scr,scn/6
RCA  | -     -         sta/2 sta/3         4     5     irc/7     scr/6     irc,tlu/9 tld,scr/6
RCN  | -     -         sta/2 sta/3         4     5     irc,scr/6 scr/6     irc,scr/8 tld,scr/6
RTR  | -     -         sta/2 sta/3         sta/4 sta/5 sta/6     sta/6     sta/6     tld,zrc,sta/5
RTA  | -     -         2     3             tlf/2 tlf/3 6         6         8         tld,scr/6
RUC  | -     -         scj/2 scj/3         scj/4 scj/5 scj/6     scj/7     scj/8     scj/9
RXJ+ | -     -         2     3             4     5     6         6         8         9
RXJ- | -     -         tlf/2 tlf/3         tlf/2 tlf/3 tlf/3     tlf/3     tlf/3     tld,irc,str/5
RXR  | -     -         2     3             4     5     6         7         8         ser/9
";

    fn cell(state: State, event: Event) -> String {
        let Some((actions, next)) = transition(state, event) else {
            return "-".to_owned();
        };
        let actions: Vec<_> = actions
            .iter()
            .map(|action| match action {
                Action::ThisLayerUp => "tlu",
                Action::ThisLayerDown => "tld",
                Action::ThisLayerStarted => "tls",
                Action::ThisLayerFinished => "tlf",
                Action::InitializeRestartCount => "irc",
                Action::ZeroRestartCount => "zrc",
                Action::SendConfigureRequest => "scr",
                Action::SendConfigureAck => "sca",
                Action::SendConfigureNak => "scn",
                Action::SendTerminateRequest => "str",
                Action::SendTerminateAck => "sta",
                Action::SendCodeReject => "scj",
                Action::SendEchoReply => "ser",
            })
            .collect();
        let next = State::ALL.iter().position(|&state| state == next).unwrap();
        if actions.is_empty() { next.to_string() } else { format!("{}/{next}", actions.join(",")) }
    }

    #[test]
    fn every_cell_is_that_of_the_rfc() {
        let mut rows = TABLE.trim().lines();
        for (name, event) in EVENTS {
            let (row_name, cells) = rows.next().unwrap().split_once('|').unwrap();
            assert_eq!(row_name.trim(), name);
            let wanted: Vec<_> = cells.split_whitespace().map(str::to_owned).collect();
            let got: Vec<_> = State::ALL.iter().map(|&state| cell(state, event)).collect();
            assert_eq!(got, wanted, "{name}");
        }
        assert_eq!(rows.next(), None);
    }

    #[test]
    fn a_state_is_timed_exactly_when_a_timeout_means_something() {
        for state in State::ALL {
            assert_eq!(state.is_timed(), transition(state, Event::TimeoutRetry).is_some(), "{state}");
        }
    }
}
