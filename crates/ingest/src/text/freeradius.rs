//! FreeRADIUS, versions 2 to 4: its log file, and what it prints with -X.

use std::collections::HashMap;

use observe::ppp::Reason;
use observe::radius::Fact;
use observe::{About, SourceKind, host};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between};

/// Reads the server's log.
#[derive(Default)]
pub(crate) struct FreeRadius {
    /// Requests in progress, by the number that debugging puts in front.
    requests: HashMap<u64, Request>,
    /// Inside a section of the configuration that -X prints at the start: braces that are open.
    open: u32,
}

#[derive(Clone, Default)]
struct Request {
    about: About,
    reason: Option<Reason>,
    error: Option<u32>,
    /// Whether a store of users was asked, and knew the user.
    asked: bool,
    found: bool,
}

/// Requests that are remembered.
const MOST: usize = 4096;

impl Reader for FreeRadius {
    fn kind(&self) -> SourceKind {
        SourceKind::FreeRadius
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "radiusd" | "freeradius")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        if self.requests.len() > MOST {
            self.requests.clear();
        }
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let mut text = line.text;
        // The log file names the level: "Auth: (3) Login incorrect ...".
        for level in ["Auth: ", "Error: ", "Info: ", "Warning: ", "WARNING: ", "Debug: ", "Proxy: ", "ERROR: "] {
            text = text.strip_prefix(level).unwrap_or(text);
        }
        let leveled = text.len() != line.text.len();
        let numbered = text
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
        if let Some((number, rest)) = numbered {
            // "(0) " also begins lines of nobody else, but not with what follows here.
            if !rest.starts_with(' ') && !rest.starts_with(':') {
                return false;
            }
            out.is_authenticator();
            self.request(number, rest.trim_start_matches([':', ' ']), out);
            return true;
        }
        let known = self.server(text, out);
        if known || tagged {
            out.is_authenticator();
        }
        known || tagged || leveled && line.at.is_some() && self.open == 0 && text.starts_with("rlm_")
    }
}

impl FreeRadius {
    /// What is said of one request.
    fn request(&mut self, number: u64, text: &str, out: &mut Out<'_, '_>) {
        if let Some(rest) =
            text.strip_prefix("Received Access-Request ").or(text.strip_prefix("Received Accounting-Request "))
        {
            let code = if text.contains("Access-") { 1 } else { 4 };
            let server = rest.split(" to ").nth(1).map(words::word).and_then(words::socket);
            let client = between(rest, " from ", " to ").and_then(words::socket);
            let attempt = Some(format!("request {number}"));
            let about = About { peer: client, attempt, ..About::default() };
            self.requests.insert(number, Request { about: about.clone(), ..Request::default() });
            out.say(about, Fact::Request { code, server, repeated: false });
            return;
        }
        let request = self.requests.entry(number).or_default();
        if request.about.attempt.is_none() {
            request.about.attempt = Some(format!("request {number}"));
        }
        if let Some(user) = text.strip_prefix("User-Name = \"").and_then(|rest| rest.strip_suffix('"')) {
            request.about.user = Some(user.to_owned());
        } else if text.starts_with("[files] = ")
            || text.starts_with("[sql] = ")
            || text.starts_with("[ldap] = ")
            || text.starts_with("[-sql] = ")
            || text.starts_with("[-ldap] = ")
            || text.starts_with("[unix] = ")
        {
            request.asked = true;
            request.found |= text.ends_with("= ok") || text.ends_with("= updated");
        } else if let Some(code) = answer(text) {
            let (reason, error) = (request.reason.filter(|_| code == 3), request.error.filter(|_| code == 3));
            let about = request.about.clone();
            out.say(about, Fact::Answer { code, reason, error });
        } else if text.starts_with("Cleaning up request") || text.starts_with("Finished request") {
            self.requests.remove(&number);
        } else if let Some(error) = after(text, "MS-CHAP-Error = ").and_then(|error| words::number_after(error, "E=")) {
            request.error = u32::try_from(error).ok();
        } else if !self.login(Some(number), text, out) {
            let Some(request) = self.requests.get_mut(&number) else { return };
            if request.reason.is_none()
                && (text.contains("ERROR")
                    || text.contains("Rejected: ")
                    || text.contains("WARNING: No Cleartext-Password")
                    || text.contains("No Auth-Type found")
                    || text.contains("no such user")
                    || text.contains("incorrect"))
            {
                request.reason = reason(text);
                // A challenge that cannot be checked for want of a password: the user may not be there at all.
                if request.reason == Some(Reason::NoUsablePassword) && request.asked && !request.found {
                    request.reason = Some(Reason::UnknownUser);
                }
            }
            // The module says only that it locks the user out.
            if text.starts_with("[logintime] = userlock") || text.starts_with("[logintime] = reject") {
                request.reason = request.reason.or(Some(Reason::LogonHours));
            }
            if text.starts_with("[expiration] = userlock") || text.starts_with("[expiration] = reject") {
                request.reason = request.reason.or(Some(Reason::Expired));
            }
            if text.contains("Unprintable characters in the password") || text.contains("Shared secret is incorrect") {
                let about = request.about.clone();
                out.say(about, Fact::SecretMismatch);
            }
            if text.contains("Failed to create the pair: Invalid")
                || text.contains("Bind as user") && text.contains("failed")
            {
                request.reason = request.reason.or(Some(Reason::WrongPassword));
            }
        }
    }

    /// "Login incorrect (module: why): [user] (from client nas port 0)".
    fn login(&mut self, number: Option<u64>, text: &str, out: &mut Out<'_, '_>) -> bool {
        let (rest, code) = if let Some(rest) = text.strip_prefix("Login OK: ") {
            (rest, 2)
        } else if let Some(rest) = text.strip_prefix("Login incorrect") {
            (rest, 3)
        } else if let Some(rest) = text.strip_prefix("Invalid user") {
            (rest, 3)
        } else if let Some(rest) = text.strip_prefix("Multiple logins") {
            (rest, 3)
        } else {
            return false;
        };
        let user = after(rest, "[")
            .or(Some(rest).filter(|rest| rest.starts_with('[')))
            .and_then(|rest| rest.split([']', '/']).next())
            .map(str::to_owned);
        let why = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split("): [").next());
        let mut request = number.and_then(|number| self.requests.get_mut(&number));
        let mut told =
            why.and_then(reason).or(if text.starts_with("Multiple logins") { Some(Reason::Constraint) } else { None });
        if let Some(request) = &mut request {
            if told == Some(Reason::NoUsablePassword) && request.asked && !request.found {
                told = Some(Reason::UnknownUser);
            }
            request.reason = told.or(request.reason);
            told = request.reason;
            request.about.user = user.clone().or(request.about.user.take());
        }
        if code == 3 && told.is_none() && text.starts_with("Invalid user") {
            told = Some(Reason::UnknownUser);
        }
        let mut about = request.map(|request| request.about.clone()).unwrap_or_default();
        about.user = about.user.or(user);
        out.say(about, Fact::Answer { code, reason: told.filter(|_| code == 3), error: None });
        true
    }

    /// What is said of the server, or without a number.
    fn server(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let nobody = About::default;
        let said = || text.to_owned();
        if self.login(None, text, out) {
            return true;
        }
        // Most lines are nobody's here: a few words let those pass quickly.
        if ["client", "uthenticator", "ecret", "home server"].iter().any(|word| text.contains(word))
            && at_odds(text, out)
        {
            return true;
        }
        if text.starts_with("Ready to process requests") {
            out.say(nobody(), Fact::Listening);
        } else if let Some(version) = text.strip_prefix("FreeRADIUS Version ") {
            out.product(&format!("FreeRADIUS {}", words::word(version).trim_end_matches(',')));
            out.say(nobody(), host::Fact::Started { program: "freeradius".to_owned() });
        } else if let Some(rest) = text.strip_prefix("rad_recv: Access-Request packet from host ") {
            let peer = words::host(words::word(rest));
            out.say(About { peer, ..About::default() }, Fact::Request { code: 1, server: None, repeated: false });
        } else if let Some(code) = answer(text) {
            out.say(nobody(), Fact::Answer { code, reason: None, error: None });
        } else if text.starts_with("Failed binding") && text.contains("Address already in use") {
            let port = words::number_after(text, "port ").and_then(|port| u16::try_from(port).ok());
            out.say(nobody(), host::Fact::PortBusy { port, tcp: false, program: "freeradius".to_owned() });
        } else if text.starts_with("Errors reading ")
            || text.starts_with("/etc/") && text.contains("]: ")
            || text.starts_with("/") && text.contains("]: ") && text.contains("ailed")
            || text.starts_with("Failed to load ")
            || text.starts_with("Failed to link to module")
        {
            out.say(nobody(), host::Fact::ConfigurationError { program: "freeradius".to_owned(), said: said() });
        } else if text.starts_with("Exiting normally") || text.starts_with("Signalled to terminate") {
            out.say(nobody(), host::Fact::Stopped { program: "freeradius".to_owned() });
        } else {
            return self.configuration(text);
        }
        true
    }

    /// What -X prints of its configuration: "listen {" ... "}".
    fn configuration(&mut self, text: &str) -> bool {
        const HEADS: [&str; 12] = [
            "main {",
            "listen {",
            "client ",
            "realm ",
            "home_server",
            "modules {",
            "server ",
            "security {",
            "thread pool {",
            "instantiate {",
            "policy {",
            "radiusd: #### ",
        ];
        if self.open > 0 {
            self.open = self
                .open
                .saturating_add(u32::from(text.ends_with('{')))
                .saturating_sub(u32::from(text.starts_with('}')));
            return true;
        }
        if HEADS.iter().any(|head| text.starts_with(head)) && text.ends_with('{') {
            self.open = 1;
            return true;
        }
        text.starts_with("Waking up in ")
            || text.starts_with("Listening on auth address ")
            || text.starts_with("Listening on acct address ")
            || text.starts_with("Listening on proxy address ")
            || text.starts_with("Copyright (C) 1999-") && text.contains("FreeRADIUS")
            || text.contains("FreeRADIUS server project")
            || text.starts_with("#### Opening IP addresses")
    }
}

/// Clients, secrets and servers that do not fit together.
fn at_odds(text: &str, out: &mut Out<'_, '_>) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let nobody = About::default();
    if has(&["from unknown client"]) && has(&["gnoring request to ", "Dropping packet"]) {
        let client = after(text, "unknown client ").map(words::word).and_then(words::host);
        out.say(About { peer: client, ..nobody }, Fact::UnknownClient);
    } else if has(&[
        "invalid Message-Authenticator",
        "Shared secret is incorrect",
        "shared secret is incorrect",
        "invalid Response Authenticator",
        "invalid Request Authenticator",
    ]) {
        out.say(nobody, Fact::SecretMismatch);
    } else if has(&["does not contain required Message-Authenticator"])
        || has(&["without Message-Authenticator"]) && has(&["iscard", "ropping"])
    {
        out.say(nobody, Fact::MessageAuthenticatorMissing);
    } else if has(&["No reply from home server"]) || has(&["Marking home server"]) && has(&["dead", "zombie"]) {
        let server = after(text, "home server ").map(|server| words::word(server).to_owned());
        out.say(nobody, Fact::Unanswered { server });
    } else {
        return false;
    }
    true
}

/// The code of an answer that is sent.
fn answer(text: &str) -> Option<u8> {
    let name = text.strip_prefix("Sent ").or(text.strip_prefix("Sending "))?;
    match name.split([' ', ',']).next()? {
        "Access-Accept" => Some(2),
        "Access-Reject" => Some(3),
        "Accounting-Response" => Some(5),
        "Access-Challenge" => Some(11),
        _ => None,
    }
}

/// The reason in the words of a module.
fn reason(text: &str) -> Option<Reason> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Some(if has(&["unsupported protocol", "protocol version", "wrong version number", "no protocols available"]) {
        Reason::TlsVersion
    } else if has(&["Account expired", "account has expired", "c0000193", "NT_STATUS_ACCOUNT_EXPIRED"]) {
        Reason::Expired
    } else if has(&["locked out", "c0000234", "LOCKED_OUT"]) {
        Reason::Locked
    } else if has(&["account is disabled", "Account disabled", "account disabled", "c0000072", "ACCOUNT_DISABLED"]) {
        Reason::Disabled
    } else if has(&["Password has expired", "assword expired", "ust change password", "c0000071", "c0000224"]) {
        Reason::PasswordExpired
    } else if has(&["outside of allowed time-slot", "logintime", "c000006f", "INVALID_LOGON_HOURS"]) {
        Reason::LogonHours
    } else if has(&[
        "No NT/LM-Password",
        "No NT-Password",
        "No LM-Password",
        "No Cleartext-Password",
        "No password configured",
        "Cleartext-Password is required",
        "known good\" password",
    ]) && !has(&["does not match"])
    {
        Reason::NoUsablePassword
    } else if has(&[
        "No Auth-Type found",
        "No Auth-Type",
        "No such user",
        "no such user",
        "c0000064",
        "NO_SUCH_USER",
        "User not found",
        "object not found",
    ]) {
        Reason::UnknownUser
    } else if has(&["No logon servers", "c000005e", "NO_LOGON_SERVERS", "Failed to connect", "an't contact LDAP"]) {
        Reason::Backend
    } else if has(&["Rejected: User-Name", "Rejected: Realm", "Rejected: ", "No such realm"])
        && text.contains("Rejected")
    {
        Reason::UserFormat
    } else if has(&[
        "is incorrect",
        "does not match",
        "password is incorrect",
        "Password comparison failed",
        "c000006a",
        "c000006d",
        "WRONG_PASSWORD",
        "Logon failure",
        "Bind credentials incorrect",
        "External script says",
        "rlm_pap: ",
    ]) {
        Reason::WrongPassword
    } else if has(&["Multiple logins"]) {
        Reason::Constraint
    } else {
        return None;
    })
}
