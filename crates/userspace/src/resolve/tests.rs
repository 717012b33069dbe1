use super::*;
use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

struct Fixture {
    now: Timestamp,
    rng: ChaCha8Rng,
    resolver: Resolver,
}

impl Fixture {
    fn new(servers: &[Ipv4Addr]) -> Fixture {
        Fixture { now: Timestamp::ZERO, rng: ChaCha8Rng::seed_from_u64(7), resolver: Resolver::new(servers, 4) }
    }

    fn ask(&mut self, name: &str) -> Result<QuestionId, Failure> {
        self.resolver.ask(self.now, &mut self.rng, Name::from_text(name).unwrap())
    }

    /// Lets time pass to the next deadline.
    fn wait(&mut self) {
        self.now = self.resolver.poll_timeout().unwrap();
        self.resolver.handle_timeout(self.now);
    }

    fn sent(&mut self) -> (Ipv4Addr, Vec<u8>) {
        self.resolver.poll_transmit().unwrap()
    }

    fn answer(&mut self, from: Ipv4Addr, question: &[u8], code: u8, record: &[u8]) {
        let mut message = question.to_vec();
        message[2] = 0x81;
        message[3] = 0x80 | code;
        message[7] = u8::from(!record.is_empty());
        message.extend(record);
        self.resolver.handle_datagram(self.now, from, &message);
    }
}

/// An address record for the name of the question, which lives a minute.
const RECORD: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x09";

#[test]
fn an_answer_ends_the_question_and_is_remembered_for_its_time() {
    let mut test = Fixture::new(&[FIRST]);
    let id = test.ask("host.example").unwrap();
    let (server, question) = test.sent();
    assert_eq!(server, FIRST);
    test.answer(FIRST, &question, 0, RECORD);
    let addresses = vec![Ipv4Addr::new(10, 0, 0, 9)];
    assert_eq!(test.resolver.poll_answer(), Some((id, Ok(addresses.clone()))));
    assert!(test.resolver.is_idle());

    let again = test.ask("HOST.example.").unwrap();
    assert_eq!(test.resolver.poll_transmit(), None);
    assert_eq!(test.resolver.poll_answer(), Some((again, Ok(addresses))));
    test.now = test.now + Duration::from_secs(60);
    test.ask("host.example").unwrap();
    assert!(test.resolver.poll_transmit().is_some());
}

#[test]
fn silent_servers_are_asked_in_turn_with_growing_patience() {
    let mut test = Fixture::new(&[FIRST, SECOND]);
    let id = test.ask("host.example").unwrap();
    let mut asked = vec![];
    loop {
        while let Some((server, _)) = test.resolver.poll_transmit() {
            asked.push((test.now.as_nanos() / 1_000_000_000, server));
        }
        if let Some(answer) = test.resolver.poll_answer() {
            let elapsed = Duration::from_secs(14);
            assert_eq!(answer, (id, Err(Failure::Silence { stage: Stage::Resolve, elapsed })));
            break;
        }
        test.wait();
    }
    assert_eq!(asked, [(0, FIRST), (1, SECOND), (2, FIRST), (4, SECOND), (6, FIRST), (10, SECOND)]);
}

#[test]
fn a_server_that_fails_gives_way_to_the_next_at_once() {
    let mut test = Fixture::new(&[FIRST, SECOND]);
    let id = test.ask("host.example").unwrap();
    let (_, question) = test.sent();
    test.answer(FIRST, &question, 2, &[]);
    let (server, question) = test.sent();
    assert_eq!(server, SECOND);
    test.answer(SECOND, &question, 5, &[]);
    let refusal = Refusal::NameServer(Rcode::REFUSED);
    assert_eq!(test.resolver.poll_answer(), Some((id, Err(Failure::Refused(refusal)))));
}

#[test]
fn a_server_that_cannot_be_reached_gives_way_to_the_next_at_once() {
    let mut test = Fixture::new(&[FIRST, SECOND]);
    let id = test.ask("host.example").unwrap();
    test.sent();
    let refusal = Refusal::Unreachable(crate::failure::Unreachable::PORT);
    test.resolver.handle_unreachable(test.now, FIRST, refusal);
    let (server, question) = test.sent();
    assert_eq!(server, SECOND);
    test.answer(SECOND, &question, 3, &[]);
    assert_eq!(test.resolver.poll_answer(), Some((id, Err(Failure::Refused(Refusal::NoSuchName)))));
}

#[test]
fn a_name_without_addresses_is_told_from_one_that_does_not_exist() {
    let mut test = Fixture::new(&[FIRST]);
    let id = test.ask("host.example").unwrap();
    let (_, question) = test.sent();
    test.answer(FIRST, &question, 0, &[]);
    assert_eq!(test.resolver.poll_answer(), Some((id, Err(Failure::Refused(Refusal::NoAddress)))));
}

#[test]
fn forged_answers_are_ignored() {
    let mut test = Fixture::new(&[FIRST]);
    test.ask("host.example").unwrap();
    let (_, question) = test.sent();
    test.answer(SECOND, &question, 0, RECORD);
    let mut other_id = question.clone();
    other_id[0] ^= 1;
    test.answer(FIRST, &other_id, 0, RECORD);
    let mut other_name = question.clone();
    other_name[13] = b'x';
    test.answer(FIRST, &other_name, 0, RECORD);
    assert_eq!(test.resolver.poll_answer(), None);
    assert!(!test.resolver.is_idle());
}

#[test]
fn open_questions_are_limited_and_can_be_cancelled() {
    let mut test = Fixture::new(&[FIRST]);
    let ids: Vec<_> = (0..4).map(|number| test.ask(&format!("host{number}.example")).unwrap()).collect();
    assert_eq!(test.ask("host.example"), Err(Failure::Local(Local::Questions)));
    test.resolver.cancel(ids[0]);
    assert!(test.ask("host.example").is_ok());
}

#[test]
fn without_servers_nothing_is_asked() {
    let mut test = Fixture::new(&[Ipv4Addr::UNSPECIFIED]);
    assert_eq!(test.ask("host.example"), Err(Failure::Local(Local::NoNameServer)));
}
