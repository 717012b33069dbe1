use std::path::Path;

use super::*;

const GOOD: &str = r#"
[server]
listen = ["192.0.2.1"]

[ipsec]
psk = "correct-horse-battery-staple"

[network]
pool = "10.5.0.0/24"
dns = ["10.5.0.1"]

[[user]]
name = "anna"
password = "secret"
address = "10.5.0.9"
"#;

fn check(text: &str) -> Result<Config, String> {
    parse("test.toml", text, Path::new("/nonexistent")).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn a_good_file_is_read_and_the_rest_has_defaults() {
    let config = check(GOOD).unwrap();
    assert_eq!(config.pool.first(), Ipv4Addr::new(10, 5, 0, 1));
    assert_eq!(config.accounts.find("anna").unwrap().address, Some(Ipv4Addr::new(10, 5, 0, 9)));
    assert!(config.nat && !config.legacy && config.warnings.is_empty());
}

#[test]
fn an_unknown_key_is_shown_where_it_stands_with_the_nearest_one() {
    let error = check(&GOOD.replace("pool =", "pol =")).unwrap_err();
    assert!(error.starts_with("test.toml:9:1: unknown key `pol` in [network]"), "{error}");
    assert!(error.contains("help: did you mean `pool`?"), "{error}");
    assert!(error.contains("9 | pol = \"10.5.0.0/24\"\n  | ^^^\n"), "{error}");
}

#[test]
fn a_user_may_have_a_last_day_and_hours_and_passwords_a_lock() {
    let text = GOOD.replace("[server]", "[lockout]\nattempts = 5\nminutes = 30\n\n[server]");
    let text = format!("{text}expires = \"2026-12-31\"\nhours = [\"Mon-Fri 07:00-19:00\", \"Sat 08:00-12:00\"]\n");
    let config = check(&text).unwrap();
    assert_eq!(config.rules.lockout, Some(Lockout { attempts: 5, minutes: 30 }));
    let [rule] = config.rules.users.as_slice() else { panic!("{:?}", config.rules) };
    assert_eq!((rule.user.as_str(), rule.hours.len()), ("anna", 2));
    assert_eq!(rule.expires.unwrap().to_string(), "2026-12-31");
    let error = check(&text.replace("Sat 08:00", "Sta 08:00").replace("12-31", "13-31")).unwrap_err();
    assert!(error.contains("`hours`: expected days and hours") && error.contains("`expires`"), "{error}");
    assert_eq!(check(GOOD).unwrap().rules.lockout, None);
}

#[test]
fn a_protocol_that_no_client_has_any_more_is_explained() {
    let error = check(&GOOD.replace("pool =", "ipx = true\npool =")).unwrap_err();
    assert!(error.contains("unknown key `ipx`") && error.contains("IPv4 and IPv6 only"), "{error}");
}

#[test]
fn several_mistakes_are_all_reported() {
    let text =
        GOOD.replace("\"10.5.0.0/24\"", "7").replace("psk = \"correct-horse-battery-staple\"", "psk = \"short\"");
    let error = check(&text).unwrap_err();
    assert!(error.contains("`pool` has to be a string, and this is an integer"), "{error}");
    assert!(error.contains("the pre-shared key has 5 characters"), "{error}");
}

#[test]
fn broken_syntax_names_line_and_column() {
    let error = check("[ipsec\npsk = 1").unwrap_err();
    assert!(error.starts_with("test.toml:1:"), "{error}");
}

#[test]
fn a_weakening_is_allowed_by_name_and_its_price_is_said() {
    let text = GOOD
        .replace("[ipsec]", "[ipsec]\nlegacy = true\nallow_weak_psk = true")
        .replace("correct-horse-battery-staple", "kurz");
    let warnings = check(&text).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.contains("1024-bit")));
    assert!(warnings.iter().any(|warning| warning.contains("4 characters")));
}

#[test]
fn secrets_do_not_print() {
    let printed = format!("{:?}", check(GOOD).unwrap());
    assert!(!printed.contains("horse") && !printed.contains("secret\""), "{printed}");
}

#[test]
fn a_configuration_that_nobody_could_use_is_a_mistake() {
    let without_user = GOOD.split("[[user]]").next().unwrap();
    assert!(check(without_user).unwrap_err().contains("no user: nobody could log on"));
    let nowhere = GOOD.replace("[\"192.0.2.1\"]", "[]");
    assert!(check(&nowhere).unwrap_err().contains("`listen` is empty"));
    let nothing = GOOD.replace("[network]", "[ppp]\nauthentication = []\n[network]");
    assert!(check(&nothing).unwrap_err().contains("`authentication` is empty"));
}

#[test]
fn an_address_belongs_to_one_user() {
    let twice = format!("{GOOD}\n[[user]]\nname = \"ben\"\npassword = \"pw\"\naddress = \"10.5.0.9\"\n");
    assert!(check(&twice).unwrap_err().contains("the address 10.5.0.9 already belongs to `anna`"));
}

#[test]
fn a_key_that_cannot_be_read_is_one_mistake() {
    let text = GOOD.replace("psk = \"correct-horse-battery-staple\"", "psk_file = \"absent\"");
    let error = check(&text).unwrap_err();
    assert!(error.contains("cannot read") && !error.contains("no pre-shared key"), "{error}");
}

#[test]
fn what_clients_are_told_is_checked_where_it_stands() {
    let with = |keys: &str| GOOD.replace("dns = ", &format!("{keys}\ndns = "));
    let config = check(&with("domain = \"Corp.Example\"\nroutes = [\"10.0.0.0/8\", \"192.168.7.0/24\"]")).unwrap();
    assert_eq!((config.domain.as_deref(), config.routes.len()), (Some("corp.example"), 2));
    let error =
        check(&with("routes = [\"10.0.0.0/8\", \"0.0.0.0/0\", \"127.0.0.0/8\", \"10.0.0.1/8\", \"10.0.0.0/8\"]"))
            .unwrap_err();
    assert!(error.contains("test.toml:10:25: `routes`: no client should take 0.0.0.0/0: a default route"), "{error}");
    assert!(error.contains("no client should take 127.0.0.0/8"), "{error}");
    assert!(error.contains("the address has bits behind the prefix"), "{error}");
    assert!(error.contains("10.0.0.0/8 stands twice"), "{error}");
    assert!(check(&with("domain = \"a b\"")).unwrap_err().contains("test.toml:10:10: `domain` is no domain name"));
    let many: Vec<_> = (0..65).map(|number| format!("\"10.{number}.0.0/16\"")).collect();
    let many = check(&with(&format!("routes = [{}]", many.join(", ")))).unwrap_err();
    assert!(many.contains("more than 64 `routes`"), "{many}");
}
