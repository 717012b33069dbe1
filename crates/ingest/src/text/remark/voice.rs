//! Whether a person speaks: the same words stand in files of programs, where they mean nothing.

use super::sentence::is_wide;

/// Words of which a sentence has several, and a file of settings none.
const OF_SENTENCES: &[&str] = &[
    "i", "we", "he", "she", "they", "you", "it", "my", "our", "its", "his", "her", "their", "your", "the", "a", "an",
    "is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "can", "cannot", "can't",
    "could", "not", "doesn't", "didn't", "don't", "isn't", "of", "to", "from", "with", "without", "in", "on", "at",
    "by", "for", "and", "or", "but", "if", "when", "after", "before", "since", "because", "while", "then", "this",
    "that", "these", "those", "there", "some", "any", "only", "still", "also", "other", "both", "same", "one",
    "another", "behind", "through", "over", "via", "as", "so", "than", "which", "who", "will", "would", "should",
    "must", "may", "says", "said", "how", "why", "what", "fails", "failed", "works", "worked", "fixed", "solved",
    "error", "problem", "um", "uma", "o", "os", "as", "e", "de", "da", "do", "não", "é", "está", "com", "sem", "que",
    "para", "no", "na", "mas", "funciona",
];

/// Programs that administrators call.
const COMMANDS: &[&str] = &[
    "sudo",
    "modprobe",
    "insmod",
    "sysctl",
    "iptables",
    "ip6tables",
    "nft",
    "ufw",
    "firewall-cmd",
    "ip",
    "ifconfig",
    "route",
    "systemctl",
    "service",
    "rc-service",
    "/etc/init.d",
    "mknod",
    "docker",
    "docker-compose",
    "lxc",
    "pct",
    "echo",
    "sed",
    "vi",
    "nano",
    "apt",
    "apt-get",
    "yum",
    "dnf",
    "opkg",
    "pacman",
    "ipsec",
    "swanctl",
    "certutil",
    "certutil.exe",
    "openssl",
    "pki",
    "reg",
    "regedit",
    "netsh",
    "netsh.exe",
    "set-vpnconnection",
    "set-vpnconnectionipsecconfiguration",
    "set-itemproperty",
    "new-itemproperty",
    "set-netipsecmaincryptoset",
    "rasphone",
    "sc",
    "net",
    "uci",
];

/// Names of what a text about remote access is about.
const SUBJECTS: &[&str] = &[
    "vpn",
    "l2tp",
    "pptp",
    "ipsec",
    "ikev1",
    "ikev2",
    "ike",
    "sstp",
    "ppp",
    "pppd",
    "rras",
    "ras",
    "nps",
    "xl2tpd",
    "strongswan",
    "libreswan",
    "openswan",
    "pluto",
    "charon",
    "racoon",
    "softether",
    "mppe",
    "tunnel",
    "dial-in",
];

/// Whether a word, in lower case, names remote access.
pub(super) fn names(word: &str) -> bool {
    SUBJECTS.contains(&word) || word.contains("vpn")
}

/// Whether a line is a sentence, or a piece of one.
pub(super) fn speaks(line: &str) -> bool {
    says(line, 2)
}

/// Whether a line is plainly a sentence: programs write some, too, but short ones.
pub(super) fn is_sentence(line: &str) -> bool {
    says(line, 4)
}

/// Whether so many words of sentences stand in a line.
fn says(line: &str, least: usize) -> bool {
    // What is commented on in a file of settings is no report.
    if line.trim_start().starts_with(['#', ';']) {
        return false;
    }
    // Text of another code page is full of letters that are words in some language.
    if line.chars().any(|letter| matches!(letter, '\u{80}'..='\u{9f}')) {
        return false;
    }
    let wide = line.chars().filter(|letter| is_wide(*letter)).count();
    let words = line.split(|letter: char| !letter.is_alphabetic() && letter != '\'' && letter != '\u{2019}');
    let known = words.filter(|word| !word.is_empty()).filter(|word| {
        let word = word.to_lowercase().replace('\u{2019}', "'");
        OF_SENTENCES.contains(&word.as_str())
    });
    wide >= 6 || known.take(least).count() == least
}

/// Whether a line is a command that somebody gave, or gives as advice.
pub(super) fn commands(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '>', '$', '#', '`', '|']);
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word).to_ascii_lowercase());
    let Some(first) = words.next() else { return false };
    // A setting has the form of a command where its name is one: "ip range = ..." is no command.
    COMMANDS.contains(&first.as_str()) && !line.contains(" = ")
}
