/// What a peer wrote, for logs and users: bounded and without control characters.
pub(crate) fn printable(octets: &[u8]) -> String {
    const LIMIT: usize = 256;
    let text = String::from_utf8_lossy(&octets[..octets.len().min(LIMIT)]);
    text.chars().filter(|char| !char.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_peer_cannot_write_lines_of_its_own_or_many() {
        assert_eq!(printable(b"User\n2026 root logged in\x1b[2J"), "User2026 root logged in[2J");
        assert_eq!(printable(&[b'x'; 4000]).len(), 256);
    }
}
