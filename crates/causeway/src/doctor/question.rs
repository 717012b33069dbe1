//! The first question of every helpdesk: one user, one site, everyone?

use std::io::{self, BufRead, IsTerminal, Write};

use diagnose::{Scope, Texts};

use crate::exit::Failure;

/// How often an answer that is none is asked for again.
const TRIES: usize = 3;

/// Asks who is affected, if both ends of the conversation are a person's terminal. Just Enter leaves it open.
pub(super) fn scope(texts: &Texts) -> Result<Option<Scope>, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() || !io::stdout().is_terminal() {
        return Ok(None);
    }
    // The question goes where the report does not.
    ask(texts, &mut io::stdin().lock(), &mut anstream::stderr())
        .map_err(|error| super::mistake::local(texts, "error-cannot-ask", &[], &error))
}

fn ask(texts: &Texts, input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<Option<Scope>> {
    let say = |id: &str| texts.get(id).unwrap_or_else(|| id.to_owned());
    writeln!(output, "{}", say("ask-scope"))?;
    for (number, id) in [(1, "ask-scope-user"), (2, "ask-scope-site"), (3, "ask-scope-everyone")] {
        writeln!(output, "  {number}  {}", say(id))?;
    }
    for _ in 0..TRIES {
        write!(output, "> ")?;
        output.flush()?;
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim() {
            "" => return Ok(None),
            // Full-width digits are what a Japanese or Chinese keyboard gives.
            "1" | "１" => return Ok(Some(Scope::OneUser)),
            "2" | "２" => return Ok(Some(Scope::OneSite)),
            "3" | "３" => return Ok(Some(Scope::Everyone)),
            _ => writeln!(output, "{}", say("ask-scope-again"))?,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use diagnose::Language;

    use super::*;

    fn answer(typed: &str) -> (Option<Scope>, String) {
        let mut shown = Vec::new();
        let scope = ask(&Texts::new(Language::English), &mut typed.as_bytes(), &mut shown).unwrap();
        (scope, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn a_number_answers_and_enter_leaves_it_open() {
        assert_eq!(answer("1\n").0, Some(Scope::OneUser));
        assert_eq!(answer(" 2 \n").0, Some(Scope::OneSite));
        assert_eq!(answer("３\n").0, Some(Scope::Everyone));
        assert_eq!(answer("\n").0, None);
        assert_eq!(answer("").0, None);
    }

    #[test]
    fn what_is_no_answer_is_asked_again_but_not_for_ever() {
        let (scope, shown) = answer("both\n2\n");
        assert_eq!(scope, Some(Scope::OneSite));
        assert!(shown.contains("Please answer"), "{shown}");
        assert_eq!(answer("a\nb\nc\n1\n").0, None);
    }
}
