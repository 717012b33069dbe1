//! What was seen, in words: each kind of fact has its sentence, `fact-*` in `locales/LANGUAGE/facts.ftl`.
//!
//! Sentences are whole; names, numbers, addresses and what a source says are put into them as they are.

mod host;
mod ike;
mod network;
mod ppp;
mod tunnel;

use fluent_bundle::{FluentArgs, FluentValue};
use observe::remark::{self, Stance};
use observe::{Fact, Observation, Party, Role, reported};

use super::Texts;
use crate::{Cause, Code};

impl Texts {
    /// What an observation means, in a sentence.
    pub fn fact(&self, seen: &Observation) -> String {
        let words = words(self, seen);
        let message = format!("fact-{}", words.id);
        let mut args = FluentArgs::new();
        for (name, value) in words.values {
            args.set(name, value);
        }
        self.format(&message, Some(&args)).unwrap_or(message)
    }

    /// The same, with what the source itself says about it, where the sentence alone says little.
    pub fn fact_in_full(&self, seen: &Observation) -> String {
        let fact = self.fact(seen);
        match words(self, seen).said.map(str::trim).filter(|said| !said.is_empty()) {
            Some(said) => self.with("fact-said", &[("fact", &fact), ("said", said)]).unwrap_or(fact),
            None => fact,
        }
    }

    /// The kind of fact that an observation is, for programs: `ike-no-common-suite`.
    pub fn fact_id(&self, seen: &Observation) -> &'static str {
        words(self, seen).id
    }

    /// What an ICMP error says.
    pub fn icmp(&self, kind: observe::network::Icmp) -> String {
        self.get(network::icmp(kind)).unwrap_or_default()
    }

    /// A message of IKE by its name: `main mode 1`.
    pub fn exchange(&self, exchange: observe::ike::Exchange) -> String {
        ike::exchange(self, exchange)
    }
}

/// A message with what is put into it.
struct Words<'a> {
    /// Its name without `fact-`.
    id: &'static str,
    values: Vec<(&'static str, FluentValue<'static>)>,
    /// What the source says about it.
    said: Option<&'a str>,
}

impl<'a> Words<'a> {
    const fn new(id: &'static str) -> Words<'a> {
        Words { id, values: Vec::new(), said: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Words<'a> {
        self.values.push((name, value.into()));
        self
    }

    fn said(mut self, said: &'a str) -> Words<'a> {
        self.said = Some(said);
        self
    }
}

fn words<'a>(texts: &Texts, seen: &'a Observation) -> Words<'a> {
    let teller = Teller { texts, seen };
    match &seen.fact {
        Fact::Network(fact) => network::words(&teller, fact),
        Fact::Ike(fact) => ike::words(&teller, fact),
        Fact::Esp(fact) => tunnel::esp(&teller, fact),
        Fact::L2tp(fact) => tunnel::l2tp(&teller, fact),
        Fact::Pptp(fact) => tunnel::pptp(&teller, fact),
        Fact::Ppp(fact) => ppp::words(&teller, fact),
        Fact::Radius(fact) => tunnel::radius(&teller, fact),
        Fact::Host(fact) => host::words(&teller, fact),
        Fact::Reported(fact) => reported(texts, fact),
        Fact::Remark(fact) => remark(texts, *fact),
    }
}

fn reported<'a>(texts: &Texts, fact: &'a reported::Fact) -> Words<'a> {
    let code = |id, unknown, code: Code, number: u32| match texts.code(code) {
        Some(meaning) => Words::new(id).with("code", number).with("meaning", first_sentence(&meaning).to_owned()),
        None => Words::new(unknown).with("code", number),
    };
    match fact {
        reported::Fact::Ras { code: number } => {
            code("reported-ras", "reported-ras-unknown", Code::Ras(crate::Ras(*number)), *number)
        }
        reported::Fact::Ike { code: number } => {
            code("reported-ike", "reported-ike-unknown", Code::Ike(*number), *number)
        }
        reported::Fact::Event { provider, id } => {
            Words::new("reported-event").with("provider", provider.clone()).with("id", *id)
        }
        reported::Fact::NpsReason { code } => Words::new("reported-nps-reason").with("code", *code),
        reported::Fact::Verdict { cause, stage } => {
            let known = Cause::of_id(cause).map(|cause| texts.advice(cause).summary);
            Words::new("reported-verdict")
                .with("cause", known.unwrap_or_else(|| cause.clone()))
                .with("stage", texts.stage(stage))
        }
        reported::Fact::UserHungUp => Words::new("reported-user-hung-up"),
        reported::Fact::Connected => Words::new("reported-connected"),
        reported::Fact::Disconnected => Words::new("reported-disconnected"),
        reported::Fact::Affects(affected) => Words::new(match affected {
            reported::Affected::OneUser => "reported-affects-user",
            reported::Affected::OneSite => "reported-affects-site",
            reported::Affected::Everyone => "reported-affects-everyone",
        }),
    }
}

/// A remark by the cause that it speaks for, or against, most.
fn remark(texts: &Texts, fact: remark::Fact) -> Words<'static> {
    let Some(cause) = crate::examine::spoken_of(fact.topic) else { return Words::new("remark-about") };
    let id = match fact.stance {
        Stance::Denied => "remark-denied",
        Stance::Supposed => "remark-supposed",
        Stance::Stated => "remark-stated",
        Stance::Mended => "remark-mended",
    };
    Words::new(id).with("cause", texts.advice(cause).summary)
}

/// The first sentence of several, without the mark at its end.
fn first_sentence(text: &str) -> &str {
    let ends = [text.find(". "), text.find('。')];
    let first = ends.into_iter().flatten().min().and_then(|end| text.get(..end)).unwrap_or(text);
    first.trim_end_matches(['.', '。'])
}

/// Who tells, and in which language.
struct Teller<'a> {
    texts: &'a Texts,
    seen: &'a Observation,
}

impl Teller<'_> {
    /// An end: client or server, as far as it is known which one it is.
    fn who(&self, party: Party) -> String {
        let id = match (self.seen.role(party), party) {
            (Some(Role::Client), _) => "who-client",
            (Some(Role::Server), _) => "who-server",
            (None, Party::There) => "who-there",
            (None, _) => "who-here",
        };
        self.say(id)
    }

    fn say(&self, id: &str) -> String {
        self.texts.get(id).unwrap_or_else(|| id.to_owned())
    }

    fn list(&self, items: impl IntoIterator<Item = impl ToString>) -> String {
        let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
        self.texts.list(&items)
    }
}

#[cfg(test)]
mod tests;
