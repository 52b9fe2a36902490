//! Told messages that fail: tried again in their sender's order, then dead letters; those that are not understood wait.

mod bench;

use std::sync::Arc;

use bench::{Bench, DURABLE, TRANSIENT, WORK, ask, changed, done, failed, kind, tell, telling};
use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{MarkSource, OutboxRow, Record, RowId, Stored};
use everact_kernel::error::ErrorCode;
use everact_kernel::kind::Retry;
use everact_kernel::limits::{INBOX_PAGE, Limits};
use everact_kernel::message::Recognition;
use everact_kernel::turn::Completion;
use everact_kernel::{Delivery, Placement, Signal};

/// A bench whose durable kind has this policy for all handlers; its waits are exact.
fn with_policy(policy: Retry) -> Bench {
    let mut account = kind("account", true);
    let policy = Arc::new(Retry { jitter: 0.0, ..policy });
    account.handlers.iter_mut().for_each(|handler| handler.retry = policy.clone());
    Bench::with(vec![kind("cache", false), account], Limits::default())
}

fn twice() -> Retry {
    Retry { attempts_max: 2, first_wait_ms: 100, ..Retry::default() }
}

fn row_of(sender: &str, sequence: u64) -> (RowId, OutboxRow) {
    let sender = Address { kind: StoredKind(1), key: sender.into() };
    let target = Address { kind: StoredKind(1), key: "a".into() };
    let payload = format!("{}{sequence}", sender.key).into_bytes();
    (RowId { sender, sequence }, OutboxRow::new(sequence, target, "work".into(), payload.into()))
}

fn recover(bench: &mut Bench, inbox: Vec<(RowId, OutboxRow)>) {
    bench.shard.set_recovering(true);
    bench.send(bench::Send { tell: true, payload: b"wake", ..ask(DURABLE, bench::LOOK, "a") });
    bench.load_as(Stored { inbox, marks_complete: true, ..Stored::default() });
    bench.shard.set_recovering(false);
}

fn refused(code: ErrorCode) -> Completion<'static> {
    Completion { exit: None, outcome: Err((code, "no")), ..done(b"") }
}

fn payloads(bench: &mut Bench, given: &Completion<'_>) -> Vec<String> {
    let mut seen = Vec::new();
    while !bench.turns.is_empty() {
        let turn = bench.finish(given);
        seen.push(String::from_utf8(bench::bytes(&turn.payload).to_vec()).expect("text"));
    }
    seen
}

fn consumed(records: &[Record]) -> Vec<u64> {
    records.iter().flat_map(|record| &record.consumed).map(|row| row.sequence).collect()
}

#[test]
fn a_told_message_is_tried_again_and_its_sender_s_later_ones_wait() {
    let mut bench =
        with_policy(Retry { attempts_max: 3, first_wait_ms: 100, factor: 2.0, ..Retry::default() });
    recover(&mut bench, vec![row_of("s", 1), row_of("s", 2), row_of("t", 1)]);
    let turn = bench.finish(&failed("no"));
    assert_eq!(bench::bytes(&turn.payload), b"s1");
    assert_eq!(payloads(&mut bench, &done(b"")), ["t1", "wake"], "others go on");
    let records = bench.commit_all();
    let attempt = &records[0].attempts[0];
    assert_eq!((attempt.row.sequence, attempt.attempts, attempt.next_at_ms), (1, 1, 1_000_100));
    assert_eq!(consumed(&records), [1], "of t");
    assert!(bench.notices[0].text.starts_with("account/a work: no; attempt 1 of 3"), "{:?}", bench.notices);
    bench.pass(99);
    assert!(bench.turns.is_empty());
    bench.pass(1);
    bench.finish(&failed("no"));
    bench.commit_all();
    bench.pass(199);
    assert!(bench.turns.is_empty(), "each wait is longer");
    bench.pass(1);
    assert_eq!(payloads(&mut bench, &done(b"")), ["s1"]);
    // What waited behind it is read again.
    bench.load_as(Stored { inbox: vec![row_of("s", 1), row_of("s", 2)], ..Stored::default() });
    assert_eq!(
        payloads(&mut bench, &done(b"")),
        ["s2"],
        "the first is known although its commit is under way"
    );
    assert_eq!(consumed(&bench.commit_all()), [1, 2]);
    assert_eq!(bench.notices.len(), 1, "one notice a case and minute");
}

#[test]
fn after_its_last_attempt_it_is_a_dead_letter_and_those_behind_it_go_on() {
    let mut bench = with_policy(twice());
    recover(&mut bench, vec![row_of("s", 1), row_of("s", 2)]);
    bench.finish(&failed("no"));
    payloads(&mut bench, &done(b""));
    bench.commit_all();
    bench.pass(100);
    assert_eq!(payloads(&mut bench, &failed("still no"))[0], "s1");
    let record = bench.commit_all().remove(0);
    let [letter] = &record.dead[..] else { panic!("{record:?}") };
    assert_eq!(
        (letter.attempts, letter.code, &*letter.text),
        (2, ErrorCode::HandlerFailed as u16, "still no")
    );
    assert_eq!((&*letter.payload, &*letter.handler, letter.held), (&b"s1"[..], "work", false));
    assert_eq!(letter.sender, Some(row_of("s", 1).0));
    assert_eq!(letter.partition, everact_kernel::address::partition("account", "a"));
    assert_eq!(consumed(&[record]), [1], "in one commit");
    let said: Vec<&str> = bench.notices.iter().map(|notice| notice.text.as_str()).collect();
    let end = "account/a work: still no; it is a dead letter";
    assert_eq!(said[1..], [end], "though an attempt was reported in the same minute: {said:?}");
    bench.load_as(Stored { inbox: vec![row_of("s", 2)], ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["s2"]);
}

#[test]
fn dead_letters_of_one_minute_are_counted_in_the_next_notice() {
    let mut bench = with_policy(Retry { attempts_max: 1, ..Retry::default() });
    recover(&mut bench, vec![row_of("s", 1), row_of("s", 2), row_of("s", 3)]);
    payloads(&mut bench, &failed("no"));
    bench.commit_all();
    let said = |bench: &Bench| -> Vec<String> {
        let texts = bench.notices.iter().map(|notice| notice.text.clone());
        texts.filter(|text| text.starts_with("account/a work")).collect()
    };
    assert_eq!(said(&bench), ["account/a work: no; it is a dead letter"]);
    bench.pass(60_000);
    recover(&mut bench, vec![row_of("s", 4)]);
    payloads(&mut bench, &failed("no"));
    let second = "account/a work: no; it is a dead letter; 2 more like it since the last notice";
    assert_eq!(said(&bench)[1..], [second]);
}

#[test]
fn an_application_error_and_what_is_not_worth_it_are_dead_at_once() {
    let policy = Retry { not_retried: vec!["ValueError".into()], ..Retry::default() };
    for given in
        [refused(ErrorCode::ApplicationError), failed("ValueError: no"), failed("app.ValueError: no")]
    {
        let mut bench = with_policy(policy.clone());
        recover(&mut bench, vec![row_of("s", 1), row_of("s", 2)]);
        bench.finish(&given);
        let record = bench.commit_all().remove(0);
        assert_eq!((record.dead.len(), record.dead[0].attempts), (1, 1));
        assert_eq!(payloads(&mut bench, &done(b"")), ["s2", "wake"]);
    }
}

#[test]
fn with_hold_its_senders_later_messages_wait_until_a_person_decides() {
    let mut bench = with_policy(Retry { attempts_max: 1, hold: true, ..Retry::default() });
    recover(&mut bench, vec![row_of("s", 1), row_of("s", 2), row_of("t", 1)]);
    bench.finish(&failed("no"));
    assert_eq!(payloads(&mut bench, &done(b"")), ["t1", "wake"]);
    let records = bench.commit_all();
    let letter = records.iter().find_map(|record| record.dead.first()).expect("kept").clone();
    assert!(letter.held);
    let attempt = records.iter().find_map(|record| record.attempts.first()).expect("kept").clone();
    assert_eq!(consumed(&records), [1], "of t only");
    // It leaves memory and is read again: it is still held.
    bench.pass(60_000);
    assert_eq!(bench.forgotten.len(), 1);
    bench.send(bench::Send { tell: true, ..ask(DURABLE, WORK, "a") });
    assert!(bench.loads[0].2 > 0, "it looks into its inbox");
    let mut first = row_of("s", 1);
    (first.1.attempts, first.1.next_at_ms) = (attempt.attempts, attempt.next_at_ms);
    let inbox = vec![first, row_of("s", 2)];
    bench.load_as(Stored { inbox, marks_complete: true, ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["m"]);
    bench.commit_all();
    // Sent again: its row is as new.
    let mut out = Vec::new();
    bench.shard.decided(DURABLE, "a", letter.sender.as_ref(), bench.now, &mut out);
    bench.take(out);
    let inbox = vec![row_of("s", 1), row_of("s", 2)];
    bench.load_as(Stored { inbox, marks_complete: true, ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["s1", "s2"]);
}

/// A held message is never due by itself. That must not become the wait before the next try for others.
#[test]
fn an_actor_that_holds_a_message_is_woken_for_others_in_time() {
    let mut bench = with_policy(Retry { attempts_max: 1, hold: true, ..Retry::default() });
    recover(&mut bench, vec![row_of("s", 1)]);
    bench.finish(&failed("no"));
    payloads(&mut bench, &done(b""));
    bench.commit_all();
    bench.pass(60_000);
    assert_eq!(bench.forgotten.len(), 1);
    // It is woken by another message, which fails, and so does the commit that says so.
    bench.send(bench::Send { tell: true, ..ask(DURABLE, WORK, "a") });
    bench.load_as(Stored { inbox: Vec::new(), marks_complete: true, ..Stored::default() });
    bench.finish(&failed("no"));
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    assert_eq!(bench.forgotten.len(), 2);
    bench.pass(61_000);
    assert_eq!(bench.loads.len(), 1, "it looks into its inbox again");
}

fn held(mut row: (RowId, OutboxRow)) -> (RowId, OutboxRow) {
    (row.1.attempts, row.1.next_at_ms) = (1, i64::MAX as u64);
    row
}

/// Sends the held first message of `s` again, as a person's decision does.
fn decide(bench: &mut Bench) {
    let mut out = Vec::new();
    bench.shard.decided(DURABLE, "a", Some(&row_of("s", 1).0), bench.now, &mut out);
    bench.take(out);
}

#[test]
fn what_was_read_before_a_decision_does_not_hold_again() {
    let mut bench = with_policy(Retry { attempts_max: 1, hold: true, ..Retry::default() });
    recover(&mut bench, vec![held(row_of("s", 1)), row_of("s", 2)]);
    payloads(&mut bench, &done(b""));
    bench.commit_all();
    bench.pass(60_000);
    assert_eq!(bench.forgotten.len(), 1);
    // It comes back, and its inbox is read, when the decision is made: the page is older than that.
    bench.send(bench::Send { tell: true, ..ask(DURABLE, WORK, "a") });
    decide(&mut bench);
    let inbox = vec![held(row_of("s", 1)), row_of("s", 2)];
    bench.load_as(Stored { inbox, marks_complete: true, ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["m"]);
    bench.load_as(Stored { inbox: vec![row_of("s", 1), row_of("s", 2)], ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["s1", "s2"]);
}

#[test]
fn after_a_decision_later_messages_that_are_queued_still_come_later() {
    let mut bench = with_policy(Retry { attempts_max: 1, hold: true, ..Retry::default() });
    recover(&mut bench, vec![row_of("s", 1), row_of("t", 1), row_of("u", 1), row_of("s", 2)]);
    bench.finish(&failed("no"));
    bench.commit_all();
    // The second one of `s` stands behind the open turn and one more.
    decide(&mut bench);
    assert_eq!(payloads(&mut bench, &done(b"")), ["t1", "u1", "wake"]);
    bench.load_as(Stored { inbox: vec![row_of("s", 1), row_of("s", 2)], ..Stored::default() });
    assert_eq!(payloads(&mut bench, &done(b"")), ["s1", "s2"]);
}

#[test]
fn what_is_not_understood_stays_in_its_outbox_and_those_behind_it_go_on() {
    let mut bench = Bench::new();
    recover(&mut bench, vec![row_of("s", 1), row_of("s", 2)]);
    bench.finish(&refused(ErrorCode::InvalidPayload));
    bench.finish(&changed(b"", b"s"));
    let records = bench.commit_all();
    assert_eq!(consumed(&records), [2]);
    assert!(records.iter().all(|record| record.dead.is_empty() && record.attempts.is_empty()));
    assert!(
        bench.notices[0].text.starts_with("account/a work: no; the message waits"),
        "{:?}",
        bench.notices
    );
    payloads(&mut bench, &done(b""));
    bench.commit_all();
    bench.pass(60_000);
    assert_eq!(bench.forgotten.len(), 1, "it does not keep its actor in memory");
    assert!(bench.loads.is_empty(), "nor wake it for nothing");
}

#[test]
fn a_state_that_does_not_fit_lets_all_told_messages_wait_at_the_first() {
    let mut bench = Bench::new();
    recover(&mut bench, (1..=100).map(|sequence| row_of("s", sequence)).collect());
    bench.finish(&refused(ErrorCode::StateMismatch));
    assert_eq!(payloads(&mut bench, &refused(ErrorCode::StateMismatch)), ["wake"]);
    let records = bench.commit_all();
    assert!(consumed(&records).is_empty());
    assert_eq!(
        records.iter().map(|record| record.dead.len()).sum::<usize>(),
        1,
        "what stands in no outbox is kept"
    );
    assert!(bench.loads.is_empty() && bench.turns.is_empty());
}

#[test]
fn pages_of_rows_that_no_handler_takes_neither_loop_nor_starve_what_is_behind() {
    let strange = |sequence| {
        let (id, mut row) = row_of("s", sequence);
        row.handler = "gone".into();
        (id, row)
    };
    let page = INBOX_PAGE as u64;
    let mut bench = Bench::new();
    recover(&mut bench, (1..=page).map(strange).collect());
    payloads(&mut bench, &done(b""));
    let mut reads = 0;
    while let Some((activation, ..)) = bench.loads.pop() {
        reads += 1;
        assert!(reads <= 3, "it loops");
        let inbox = match reads {
            1 => (page + 1..=2 * page).map(strange).collect(),
            _ => vec![strange(2 * page + 1), row_of("t", 1)],
        };
        let mut out = Vec::new();
        bench.shard.inbox_loaded(activation, inbox, bench.now, &mut out);
        bench.take(out);
    }
    assert_eq!(payloads(&mut bench, &done(b"")), ["t1"]);
    assert_eq!(consumed(&bench.commit_all()), [1]);
    assert_eq!(bench.notices.len(), 1, "{:?}", bench.notices);
    assert_eq!(
        bench.notices[0].text,
        "account/a gone: the kind has no such handler; the message waits in its outbox"
    );
    bench.pass(60_000);
    assert_eq!(bench.forgotten.len(), 1, "it leaves memory");
}

#[test]
fn a_tell_from_outside_is_tried_again_and_kept_by_a_durable_actor() {
    let mut bench = with_policy(twice());
    let told = bench.send(bench::Send { tell: true, ..ask(DURABLE, WORK, "a") });
    assert_eq!(bench.outcome(told), Some(Ok(&b""[..])));
    bench.load();
    bench.finish(&failed("no"));
    bench.pass(100);
    bench.finish(&failed("no"));
    let record = bench.commit_all().remove(0);
    assert_eq!(
        (record.dead[0].attempts, &*record.dead[0].payload, &record.dead[0].sender),
        (2, &b"m"[..], &None)
    );
    // A transient one says so and keeps nothing.
    let mut bench = Bench::new();
    bench.send(bench::Send { tell: true, ..ask(TRANSIENT, WORK, "a") });
    bench.finish(&refused(ErrorCode::InvalidPayload));
    assert!(bench.notices[0].text.contains("a transient actor keeps nothing"), "{:?}", bench.notices);
}

#[test]
fn a_tell_of_a_producer_is_in_order_and_its_letter_stands_for_it() {
    let mut bench = with_policy(twice());
    let tell = |bench: &mut Bench, sequence| {
        let source = MarkSource::Producer("p".into());
        let recognition = Some(Recognition { source, sequence, keep_ms: 0 });
        bench.send(bench::Send { tell: true, recognition, ..ask(DURABLE, WORK, "a") })
    };
    tell(&mut bench, 1);
    bench.load();
    bench.finish(&failed("no"));
    tell(&mut bench, 2);
    assert!(bench.turns.is_empty(), "the second waits for the first");
    bench.pass(100);
    bench.finish(&failed("no"));
    let record = bench.commit_all().remove(0);
    assert_eq!((record.dead.len(), record.marks[0].sequence), (1, 1));
    bench.finish(&changed(b"", b"s"));
    assert_eq!(bench.commit_all()[0].marks[0].sequence, 2);
}

#[test]
fn a_producer_that_goes_on_behind_a_message_that_fails_fills_the_mailbox_and_no_more() {
    let mut bench = with_policy(twice());
    let tell = |bench: &mut Bench, sequence| {
        let source = MarkSource::Producer("p".into());
        let recognition = Some(Recognition { source, sequence, keep_ms: 0 });
        bench.send(bench::Send { tell: true, recognition, ..ask(DURABLE, WORK, "a") })
    };
    tell(&mut bench, 1);
    bench.load();
    bench.finish(&failed("no"));
    let asks: Vec<u64> = (2..=301).map(|sequence| tell(&mut bench, sequence)).collect();
    let accepted =
        asks.iter().filter(|ask| bench.outcome(**ask).is_some_and(|outcome| outcome.is_ok())).count();
    assert_eq!(accepted, 200, "a hundred wait behind the failed one, a hundred in the mailbox");
    assert_eq!(bench.outcome(asks[200]), Some(Err(ErrorCode::MailboxFull)));
    bench.pass(100);
    let mut handled = 0;
    while !bench.turns.is_empty() {
        bench.finish(&done(b""));
        handled += 1;
    }
    assert_eq!(handled, 201, "all that were accepted go on");
}

#[test]
fn an_actor_sends_its_dead_letters_away_with_a_commit_of_its_own_only() {
    let mut bench = with_policy(Retry { attempts_max: 1, ..Retry::default() });
    bench.send(ask(DURABLE, WORK, "s"));
    bench.load();
    bench.finish(&telling(Some(b"s"), &[tell(DURABLE, "a")]));
    bench.commit_all();
    bench.load();
    bench.finish(&failed("no"));
    let (activation, record) = bench.records().remove(0);
    assert_eq!((record.dead.len(), record.consumed.len()), (1, 1));
    bench.commit_failed(activation);
    // The store refused: nothing of it counts, and the message is handled again.
    bench.pass(1_000);
    assert!(bench.loads[0].2 > 0);
    bench.load_as(Stored { inbox: vec![row_of("s", 1)], marks_complete: true, ..Stored::default() });
    bench.finish(&done(b""));
    assert_eq!(consumed(&bench.commit_all()), [1]);
}

/// A shard to which the actor `a` does not belong, so that its messages are carried.
fn beside() -> Bench {
    let placement = (0..2).map(|index| Placement::new(index, 2));
    let placement = placement.into_iter().find(|here| here.shard_of(DURABLE, "a") != here.index());
    Bench::at(
        placement.expect("one of two"),
        vec![kind("cache", false), kind("account", true)],
        Limits::default(),
    )
}

/// A message from `s` to `a` whose commit is durable, taken from the dispatcher before it arrives.
fn committed_delivery(bench: &mut Bench) -> Delivery {
    bench.send(ask(DURABLE, WORK, "s"));
    bench.load();
    bench.finish(&telling(Some(b"s"), &[tell(DURABLE, "a")]));
    bench.commit_all();
    let to = bench.dispatches.remove(0);
    bench.batch(to).remove(0)
}

fn deliver(bench: &mut Bench, delivery: &Delivery) {
    bench.deliver(delivery.clone());
}

#[test]
fn a_delivery_that_comes_late_is_looked_up_before_it_is_believed() {
    let mut bench = beside();
    let delivery = committed_delivery(&mut bench);
    // Meanwhile the receiver reads the row, handles it and leaves memory.
    recover(&mut bench, vec![row_of("s", 1)]);
    bench.finish(&Completion { passivate: true, ..changed(b"", b"a") });
    payloads(&mut bench, &done(b""));
    bench.commit_all();
    bench.commit_all();
    assert_eq!(bench.forgotten.len(), 1);
    for (wait_ms, what) in [(0, "a new activation"), (40_000, "an old delivery")] {
        bench.pass(wait_ms);
        deliver(&mut bench, &delivery);
        bench.load_as(Stored { revision: 1, marks_complete: true, ..Stored::default() });
        bench.load_as(Stored::default());
        assert!(bench.turns.is_empty(), "{what} must not handle it again");
    }
}

#[test]
fn a_delivery_that_waits_behind_its_row_is_not_handled_by_the_next_activation() {
    let mut bench = beside();
    let delivery = committed_delivery(&mut bench);
    // The receiver reads the row; while it does, the delivery and two asks come.
    bench.shard.set_recovering(true);
    bench.send(ask(DURABLE, WORK, "a"));
    bench.send(ask(DURABLE, WORK, "a"));
    deliver(&mut bench, &delivery);
    bench.load_as(Stored { inbox: vec![row_of("s", 1)], marks_complete: true, ..Stored::default() });
    bench.shard.set_recovering(false);
    assert_eq!(bench::bytes(&bench.finish(&changed(b"", b"handled")).payload), b"s1");
    assert_eq!(consumed(&bench.commit_all()), [1]);
    // The first ask's commit fails while the second one's turn is open: the activation goes, the delivery still waits.
    bench.finish(&changed(b"", b"lost"));
    let (receiver, _) = bench.records().remove(0);
    bench.turn();
    bench.commit_failed(receiver);
    bench.load_as(Stored { revision: 1, marks_complete: true, ..Stored::default() });
    assert!(bench.turns.is_empty(), "it was handled: {:?}", bench.turns);
}

#[test]
fn a_producers_failed_record_is_a_durable_gap() {
    let mut bench = Bench::new();
    let send = |bench: &mut Bench, sequence| {
        let source = MarkSource::Producer("p".into());
        let recognition = Some(Recognition { source, sequence, keep_ms: 0 });
        bench.send(bench::Send { recognition, ..ask(DURABLE, WORK, "a") })
    };
    send(&mut bench, 1);
    bench.load();
    bench.finish(&changed(b"one", b"s"));
    bench.commit_all();
    let second = send(&mut bench, 2);
    bench.finish(&failed("no"));
    assert_eq!(bench.outcome(second), None, "the gap is durable before the answer");
    let record = bench.commit_all().remove(0);
    assert_eq!((record.marks[0].sequence, record.marks[0].gap, &*record.marks[0].reply), (1, 2, &b"one"[..]));
    assert_eq!(bench.outcome(second), Some(Err(ErrorCode::HandlerFailed)));
    let third = send(&mut bench, 3);
    assert_eq!(bench.outcome(third), Some(Err(ErrorCode::Unavailable)));
    assert!(bench.failure(third).text.contains("sequence 2 failed"), "{}", bench.failure(third).text);
    // After a restart as well.
    let mut again = Bench::new();
    let third = send(&mut again, 3);
    again.load_as(Stored { marks: record.marks.clone(), marks_complete: true, ..Stored::default() });
    assert_eq!(again.outcome(third), Some(Err(ErrorCode::Unavailable)));
    send(&mut again, 2);
    again.finish(&changed(b"two", b"s"));
    assert_eq!((again.commit_all()[0].marks[0].sequence, again.turns.len()), (2, 0));
    send(&mut again, 3);
    assert_eq!(again.turns.len(), 1);
}

#[test]
fn a_clock_that_is_set_back_prolongs_no_wait() {
    let mut bench = with_policy(twice());
    let (id, mut row) = row_of("s", 1);
    // It failed a day from now, by the time of day of an earlier run.
    (row.attempts, row.next_at_ms) = (1, u64::try_from(bench.now.wall_ms).expect("after 1970") + 86_400_000);
    recover(&mut bench, vec![(id, row)]);
    payloads(&mut bench, &done(b""));
    bench.pass(Retry::default().wait_max_ms);
    assert_eq!(payloads(&mut bench, &changed(b"", b"s")), ["s1"]);
}

/// A delivery of the sender's third message, that comes while its first one is tried again and its second one waits for that.
fn third_while_the_first_is_tried_again(bench: &mut Bench) -> Delivery {
    let mut third = committed_delivery(bench);
    let row = RowId { sender: row_of("s", 3).0.sender, sequence: 3 };
    let Signal::Message(message) = &mut third.signal else { panic!("a message was told") };
    message.recognition.as_mut().expect("it is durable").sequence = 3;
    message.consumed = Some(Box::new(row));
    recover(bench, vec![row_of("s", 1), row_of("s", 2)]);
    bench.finish(&failed("once"));
    payloads(bench, &done(b""));
    third
}

#[test]
fn while_closing_no_message_overtakes_one_that_is_tried_again() {
    let mut bench = beside();
    let third = third_while_the_first_is_tried_again(&mut bench);
    bench.shard.begin_close();
    bench.pass(1_000);
    deliver(&mut bench, &third);
    assert!(bench.turns.is_empty(), "it waits for the next run: {:?}", bench.turns);
}

#[test]
fn what_comes_while_a_message_is_tried_again_does_not_overtake_those_that_wait_behind_it() {
    let mut bench = beside();
    let third = third_while_the_first_is_tried_again(&mut bench);
    bench.pass(Retry::default().first_wait_ms);
    // Behind an ask nobody looks at it before the attempt has ended.
    bench.send(ask(DURABLE, WORK, "a"));
    deliver(&mut bench, &third);
    assert_eq!(bench::bytes(&bench.finish(&changed(b"", b"one")).payload), b"s1");
    assert_eq!(payloads(&mut bench, &changed(b"", b"ask")), ["m"], "2 is read first");
    let inbox = vec![row_of("s", 2), row_of("s", 3)];
    bench.load_as(Stored { inbox, marks_complete: true, ..Stored::default() });
    assert_eq!(payloads(&mut bench, &changed(b"", b"s")), ["s2", "s3"]);
}
