use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crypto::Secret;
use crypto::mschap::{self, NtHash};

/// One person who may connect.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name to log on with, without domain.
    pub name: String,
    /// The password. Challenge protocols need it in clear or as its NT hash, so it cannot be stored salted.
    pub password: Secret,
    /// An address of the user's own, instead of one from the pool.
    pub address: Option<Ipv4Addr>,
    /// Whether logging on is allowed at all.
    pub disabled: bool,
}

/// Why an attempt to log on is refused. The peer learns the RAS code, the log the reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Denied {
    /// No account has this name.
    UnknownUser,
    /// The password is another one.
    WrongPassword,
    /// The account is switched off.
    Disabled,
    /// The account's last day is past.
    Expired,
    /// The user may not log on at this hour.
    LogonHours,
    /// Too many wrong passwords; the right one does not help until the lock is over.
    Locked,
}

impl Denied {
    /// The code that MS-CHAP and Windows know for it (RFC 2759 §6).
    pub const fn ras(self) -> u16 {
        match self {
            // One code for both: who guesses names must not learn which ones exist.
            Denied::UnknownUser | Denied::WrongPassword | Denied::Locked => 691,
            // MS-CHAP has no code for it.
            Denied::Expired => 691,
            Denied::Disabled => 647,
            Denied::LogonHours => 646,
        }
    }
}

/// What a peer sent to answer an MS-CHAPv2 challenge (RFC 2759 §4).
#[derive(Clone, Copy, Debug)]
pub struct MsChapV2Response<'a> {
    /// Our challenge.
    pub authenticator_challenge: &'a [u8; 16],
    /// The peer's challenge.
    pub peer_challenge: &'a [u8; 16],
    /// The peer's answer.
    pub nt_response: &'a [u8; 24],
    /// The name as the peer sent it; a domain before it does not enter the hash.
    pub user: &'a [u8],
}

/// What shows a peer that we know its password too (RFC 2759 §8.7): `S=` and forty hexadecimal digits.
pub type MsChapV2Proof = [u8; 42];

/// The accounts of the embedded store.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    by_name: BTreeMap<String, Account>,
    /// By name in lower case.
    barred: BTreeMap<String, Denied>,
}

impl Accounts {
    /// Adds `account`, or replaces the one of the same name. Names are compared without regard to case, as Windows does.
    pub fn insert(&mut self, account: Account) {
        self.by_name.insert(account.name.to_lowercase(), account);
    }

    /// Says which accounts may not log on for now, by their names in lower case, and why. What was said before is forgotten.
    pub fn bar(&mut self, barred: BTreeMap<String, Denied>) {
        self.barred = barred;
    }

    /// Every account, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.by_name.values()
    }

    /// Number of accounts.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether nobody could log on.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The account for a name as a client sends it: `user`, `DOMAIN\user` or `user@realm`.
    pub fn find(&self, name: &str) -> Option<&Account> {
        let exact = self.by_name.get(&name.to_lowercase());
        exact.or_else(|| self.by_name.get(&bare_name(name).to_lowercase()))
    }

    /// Checks a password sent in clear (PAP).
    ///
    /// # Errors
    /// The reason for refusing.
    pub fn verify_password(&self, user: &str, password: &Secret) -> Result<&Account, Denied> {
        let account = self.usable(user)?;
        if account.password.ct_eq(password) { self.proved(account) } else { Err(Denied::WrongPassword) }
    }

    /// Checks the answer to a CHAP challenge with MD5 (RFC 1994 §4.1).
    ///
    /// # Errors
    /// The reason for refusing.
    pub fn verify_chap_md5(
        &self,
        user: &str,
        identifier: u8,
        challenge: &[u8],
        response: &[u8],
    ) -> Result<&Account, Denied> {
        let account = self.usable(user)?;
        let expected = mschap::chap_md5_response(identifier, account.password.as_bytes(), challenge);
        if crypto::ct_eq(&expected, response) { self.proved(account) } else { Err(Denied::WrongPassword) }
    }

    /// Checks the answer to an MS-CHAPv2 challenge and proves in turn that the password is known here.
    ///
    /// # Errors
    /// The reason for refusing.
    pub fn verify_mschapv2(
        &self,
        user: &str,
        response: MsChapV2Response<'_>,
    ) -> Result<(&Account, MsChapV2Proof), Denied> {
        let account = self.usable(user)?;
        let password = std::str::from_utf8(account.password.as_bytes()).map_err(|_| Denied::WrongPassword)?;
        let hash: NtHash = mschap::nt_password_hash(password);
        let MsChapV2Response { authenticator_challenge, peer_challenge, nt_response, user } = response;
        if !mschap::verify_nt_response(authenticator_challenge, peer_challenge, user, &hash, nt_response) {
            return Err(Denied::WrongPassword);
        }
        let proof = mschap::authenticator_response(&hash, nt_response, peer_challenge, authenticator_challenge, user);
        Ok((self.proved(account)?, proof))
    }

    fn usable(&self, user: &str) -> Result<&Account, Denied> {
        match self.find(user) {
            None => Err(Denied::UnknownUser),
            Some(account) if account.disabled => Err(Denied::Disabled),
            // Before the password is looked at: a lock that lets the right one through would not stop a guesser.
            Some(account) if self.bar_of(account) == Some(Denied::Locked) => Err(Denied::Locked),
            Some(account) => Ok(account),
        }
    }

    /// The user has shown the password: only now may dates and hours be told.
    fn proved<'a>(&self, account: &'a Account) -> Result<&'a Account, Denied> {
        self.bar_of(account).map_or(Ok(account), Err)
    }

    fn bar_of(&self, account: &Account) -> Option<Denied> {
        self.barred.get(&account.name.to_lowercase()).copied()
    }
}

/// The name without `DOMAIN\` before or `@realm` behind it.
fn bare_name(name: &str) -> &str {
    match name.rsplit_once('\\') {
        Some((_, user)) => user,
        None => name.split_once('@').map_or(name, |(user, _)| user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let mut accounts = Accounts::default();
        for (name, disabled) in [("User", false), ("gone", true)] {
            let password = Secret::from(b"clientPass".to_vec());
            accounts.insert(Account { name: name.into(), password, address: None, disabled });
        }
        accounts
    }

    #[test]
    fn a_name_is_found_in_the_forms_that_clients_send() {
        for name in ["User", "user", "CORP\\user", "user@corp.example"] {
            assert!(accounts().find(name).is_some(), "{name}");
        }
        assert!(accounts().find("other").is_none());
    }

    #[test]
    fn refusals_say_why_and_do_not_tell_a_guesser_which_names_exist() {
        let verify = |user, password: &str| {
            accounts().verify_password(user, &Secret::from(password.as_bytes().to_vec())).map(|_| ())
        };
        assert_eq!(verify("user", "clientPass"), Ok(()));
        assert_eq!(verify("user", "clientpass"), Err(Denied::WrongPassword));
        assert_eq!(verify("nobody", "clientPass"), Err(Denied::UnknownUser));
        assert_eq!(verify("gone", "clientPass"), Err(Denied::Disabled));
        assert_eq!(Denied::UnknownUser.ras(), Denied::WrongPassword.ras());
    }

    #[test]
    fn a_bar_is_told_to_those_who_know_the_password_and_a_lock_to_nobody() {
        let verify = |bar, password: &str| {
            let mut accounts = accounts();
            accounts.bar([("user".to_owned(), bar)].into());
            accounts.verify_password("USER", &Secret::from(password.as_bytes().to_vec())).map(|_| ())
        };
        assert_eq!(verify(Denied::LogonHours, "clientPass"), Err(Denied::LogonHours));
        assert_eq!(verify(Denied::LogonHours, "guess"), Err(Denied::WrongPassword));
        assert_eq!(verify(Denied::Locked, "clientPass"), Err(Denied::Locked));
        assert_eq!(Denied::Locked.ras(), Denied::WrongPassword.ras());
        assert_eq!((Denied::LogonHours.ras(), Denied::Expired.ras()), (646, 691));
    }

    #[test]
    fn the_example_of_rfc_2759_logs_on_and_gets_its_proof() {
        let response = MsChapV2Response {
            authenticator_challenge: &hex_literal::hex!("5b5d7c7d7b3f2f3e3c2c602132262628"),
            peer_challenge: &hex_literal::hex!("21402324255e262a28295f2b3a337c7e"),
            nt_response: &hex_literal::hex!("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"),
            user: b"User",
        };
        let accounts = accounts();
        let (account, proof) = accounts.verify_mschapv2("User", response).unwrap();
        assert_eq!(account.name, "User");
        assert_eq!(&proof, b"S=407A5589115FD0D6209F510FE9C04566932CDA56");
        let wrong = MsChapV2Response { nt_response: &[0; 24], ..response };
        assert_eq!(accounts.verify_mschapv2("User", wrong).map(|_| ()), Err(Denied::WrongPassword));
    }
}
