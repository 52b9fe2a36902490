//! Mailboxes: order, bounds and what happens beyond them.

mod bench;

use bench::{Bench, Send, TRANSIENT, WORK, ask, bytes, done, kind};
use everact_kernel::address::AskId;
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::{Kind, Overflow};
use everact_kernel::limits::{Limits, MAILBOX_SENDERS_MAX};
use everact_kernel::mailbox::{Admission, Mailbox};
use everact_kernel::message::{Message, Payload};

fn bench(overflow: Overflow) -> Bench {
    let kinds = vec![Kind { mailbox_capacity: 2, overflow, ..kind("cache", false) }];
    let mut bench = Bench::with(kinds, Limits::default());
    bench.send(Send { payload: b"0", ..ask(TRANSIENT, WORK, "a") });
    bench
}

fn tell<'a>(payload: &'a [u8]) -> Send<'a> {
    Send { payload, tell: true, ..ask(TRANSIENT, WORK, "a") }
}

fn run_all(bench: &mut Bench) -> Vec<String> {
    let mut order = Vec::new();
    while !bench.turns.is_empty() {
        let turn = bench.finish(&done(b""));
        order.push(String::from_utf8(bytes(&turn.payload).to_vec()).expect("text"));
    }
    order
}

#[test]
fn messages_are_handled_in_the_order_of_their_coming() {
    let mut bench = Bench::new();
    for payload in [b"0", b"1", b"2", b"3"] {
        bench.send(tell(payload));
    }
    assert_eq!(run_all(&mut bench), ["0", "1", "2", "3"]);
}

#[test]
fn reject_refuses_the_newest() {
    let mut bench = bench(Overflow::Reject);
    let kept = bench.send(tell(b"1"));
    bench.send(tell(b"2"));
    let refused = bench.send(tell(b"3"));
    assert_eq!(bench.outcome(kept), Some(Ok(&b""[..])), "a tell is answered when the mailbox has it");
    assert_eq!(bench.failure(refused).text, "the mailbox of cache/a holds 2 messages");
    assert_eq!(run_all(&mut bench), ["0", "1", "2"]);
}

#[test]
fn drop_oldest_refuses_the_oldest_that_waits() {
    let mut bench = bench(Overflow::DropOldest);
    let oldest = bench.send(Send { payload: b"1", ..ask(TRANSIENT, WORK, "a") });
    bench.send(tell(b"2"));
    bench.send(tell(b"3"));
    assert_eq!(bench.outcome(oldest), Some(Err(ErrorCode::MailboxFull)));
    assert_eq!(run_all(&mut bench), ["0", "2", "3"]);
}

#[test]
fn wait_holds_the_sender_until_there_is_room_or_its_deadline_passes() {
    let mut bench = bench(Overflow::Wait);
    bench.send(tell(b"1"));
    bench.send(tell(b"2"));
    let late = bench.send(Send { deadline_ms: 10, ..tell(b"3") });
    let patient = bench.send(tell(b"4"));
    assert_eq!((bench.outcome(late), bench.outcome(patient)), (None, None));
    bench.pass(10);
    assert_eq!(bench.outcome(late), Some(Err(ErrorCode::DeadlineExceeded)));
    let order = run_all(&mut bench);
    assert_eq!(bench.outcome(patient), Some(Ok(&b""[..])));
    assert_eq!(order, ["0", "1", "2", "4"], "a sender that was told no is never obeyed later");
}

#[test]
fn senders_that_gave_up_waiting_are_forgotten() {
    let mut mailbox = Mailbox::default();
    for number in 1..=2_000 {
        let admission = mailbox.offer(message(number), 2, Overflow::Wait);
        if matches!(admission, Admission::Waiting) {
            mailbox.forget_waiting(|held| held.ask == Some(AskId(number)));
        }
    }
    assert!(mailbox.waiting() < 128, "{} wait", mailbox.waiting());
}

#[test]
fn no_more_than_a_bound_wait_for_room_and_what_comes_beyond_is_refused() {
    let mut mailbox = Mailbox::default();
    let told = || Message { ask: None, tell: true, ..message(0) };
    let mut refused = 0;
    for _ in 0..MAILBOX_SENDERS_MAX + 7 {
        refused += usize::from(matches!(mailbox.offer(told(), 2, Overflow::Wait), Admission::Refused(_)));
    }
    assert_eq!((mailbox.len(), mailbox.waiting(), refused), (2, MAILBOX_SENDERS_MAX, 5));
    assert!(mailbox.pop_waiting().is_some());
    assert!(matches!(mailbox.offer(told(), 2, Overflow::Wait), Admission::Waiting), "there is room again");
}

fn message(number: u64) -> Message {
    Message {
        kind: TRANSIENT,
        handler: WORK,
        payload: Payload::Owned(Vec::new()),
        ask: Some(AskId(number)),
        tell: false,
        recognition: None,
        consumed: None,
        sender: None,
        link: None,
        deadline_at: u64::MAX,
        attempts: 0,
        next_at_ms: 0,
        internal: false,
    }
}
