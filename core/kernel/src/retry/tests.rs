//! Retries: what waits for what, and who gives it back.

use super::*;
use crate::address::{Address, HandlerId, KindId, StoredKind};
use crate::commit::RowId;
use crate::message::{Payload, Recognition};

/// A told message of an actor's outbox, or of a producer if it stands in none.
fn message(sequence: u64, attempts: u32, in_outbox: bool) -> Message {
    let sender = Address { kind: StoredKind(1), key: "sender".into() };
    let source = match in_outbox {
        true => MarkSource::Actor(sender.clone()),
        false => MarkSource::Producer("p".into()),
    };
    Message {
        kind: KindId(1),
        handler: HandlerId(0),
        payload: Payload::Owned(Vec::new()),
        ask: None,
        tell: true,
        recognition: Some(Box::new(Recognition { source, sequence, keep_ms: 0 })),
        consumed: in_outbox.then(|| Box::new(RowId { sender, sequence })),
        sender: None,
        link: None,
        deadline_at: u64::MAX,
        attempts,
        next_at_ms: 0,
        internal: false,
    }
}

fn source(message: &Message) -> MarkSource {
    message.recognition.as_ref().expect("it has one").source.clone()
}

#[test]
fn later_ones_of_the_source_wait_until_the_one_before_them_is_settled() {
    let mut retries = Retries::default();
    assert_eq!(retries.keep(message(1, 1, false), 100), Kept::Waits);
    assert_eq!(retries.front(&message(2, 0, false), 10), Front::Waits);
    retries.push_waiting(message(2, 0, false));
    assert!(retries.take_due(99, false).is_empty());
    let due = retries.take_due(100, false);
    assert_eq!(due.len(), 1);
    assert_eq!(retries.front(&due[0], 10), Front::Goes, "its own turn has come");
    assert_eq!(retries.front(&message(3, 0, false), 10), Front::Waits, "it is tried, not done");
    let (waiting, behind) = retries.settle(&source(&due[0]), 1).expect("it was there");
    assert_eq!((waiting.len(), behind, retries.is_empty()), (1, false, true));
}

#[test]
fn those_that_stand_in_an_outbox_are_read_again_from_there() {
    let mut retries = Retries::default();
    retries.keep(message(1, 1, true), 100);
    assert!(retries.are_in_outboxes());
    assert_eq!(retries.front(&message(2, 0, true), 10), Front::ReadAgain);
    let (waiting, behind) = retries.settle(&source(&message(1, 0, true)), 1).expect("it was there");
    assert!(waiting.is_empty() && behind);
}

#[test]
fn beyond_the_bound_a_message_stays_in_its_outbox() {
    let mut retries = Retries::default();
    for sequence in 0..RETRYING_MAX as u64 {
        let mut unsourced = message(sequence, 1, false);
        unsourced.recognition = None;
        retries.keep(unsourced, 100);
    }
    assert!(retries.is_full());
    assert_eq!(retries.keep(message(1, 1, true), 100), Kept::InOutbox);
    assert_eq!(retries.take_due(100, false).len(), RETRYING_MAX);
    assert!(retries.is_empty(), "what has no source leaves nothing behind");
}

#[test]
fn an_actor_that_leaves_gives_back_what_stands_in_no_outbox() {
    let mut retries = Retries::default();
    retries.keep(message(1, 1, false), 100);
    retries.push_waiting(message(2, 0, false));
    retries.keep(message(1, 1, true), 70);
    let (given_back, first_due) = retries.give_up();
    assert_eq!(given_back.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    assert_eq!(first_due, Some(70));
    assert!(retries.is_empty());
}

#[test]
fn while_closing_everything_is_due_and_outboxes_keep_theirs() {
    let mut retries = Retries::default();
    retries.keep(message(1, 1, false), 100);
    retries.keep(message(1, 1, true), 100);
    assert_eq!(retries.take_due(0, true).len(), 1);
    let mut times = RetryTimes::default();
    let id = ActivationId::pack(0, 1, 0);
    times.push(100, id);
    assert_eq!((times.next(), times.pop_due(99, false)), (100, None));
    assert_eq!((times.pop_due(0, true), times.next()), (Some(id), u64::MAX));
}

#[test]
fn as_many_wait_behind_others_as_the_mailbox_has_room_for() {
    let mut retries = Retries::default();
    retries.keep(message(1, 1, false), 100);
    for sequence in 2..5 {
        assert_eq!(retries.front(&message(sequence, 0, false), 3), Front::Waits);
        retries.push_waiting(message(sequence, 0, false));
    }
    assert_eq!(retries.front(&message(5, 0, false), 3), Front::Stays);
    let due = retries.take_due(100, false);
    assert_eq!(retries.front(&due[0], 3), Front::Goes, "what they wait for goes on");
}
