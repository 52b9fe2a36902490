//! The cases that every store passes, each on a store of its own that is new and empty.

use std::sync::Arc;

use everact_kernel::address::{Address, Epoch, Revision, StoredKind};
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, Record, RowId};

use super::{LoadRequest, Loaded, Refusal, Store, StoreError};

/// Runs every case. `open` gives a new, empty store each time.
///
/// # Panics
/// Where a case fails; the message names it.
pub fn check<S: Store>(open: impl Fn() -> S) {
    for (name, case) in CASES {
        println!("contract: {name}");
        case(&open());
    }
}

type Case = fn(&dyn Store);

/// One line a case, in the order in which a new store is best made to pass them.
const CASES: &[(&str, Case)] = &[
    ("kinds keep their numbers", kinds_keep_their_numbers),
    ("an actor never written is empty", an_actor_never_written_is_empty),
    ("a record is read back whole", a_record_is_read_back_whole),
    ("an empty batch has no answers", an_empty_batch_has_no_answers),
    ("an empty state is a state", an_empty_state_is_a_state),
    ("a record without a state keeps the state", a_record_without_a_state_keeps_the_state),
    ("a record without a state can be an actor's first", a_record_without_a_state_can_be_first),
    ("a conflict changes nothing and spares the others", a_conflict_changes_nothing),
    ("a refused record leaves no message, mark or acknowledgement", a_refused_record_leaves_nothing),
    ("an older owner is refused", an_older_owner_is_refused),
    ("a newer owner is remembered without a new revision", a_newer_owner_is_remembered),
    ("records of one actor in one batch follow one another", records_of_one_actor_follow),
    ("a later mark replaces its source's", a_later_mark_replaces_its_sources),
    ("marks are read up to the asked number", marks_are_read_up_to_the_asked_number),
    ("a message waits until its target has consumed it", a_message_waits_until_consumed),
    ("only the target's own messages are consumed", only_own_messages_are_consumed),
    ("an inbox is read in the order of sender and sequence", an_inbox_is_in_order),
    ("pending targets are listed in pages", pending_targets_are_listed_in_pages),
    ("free keys are forgotten when they expire", free_keys_are_forgotten),
    ("a producer's gap is skipped, and no other number", a_producers_gap_is_skipped),
    ("keys are any text", keys_are_any_text),
    ("many actors are read in one call", many_actors_are_read_in_one_call),
    ("a large state is kept", a_large_state_is_kept),
    ("a number too large is refused", a_number_too_large_is_refused),
    ("a closed store is unavailable", a_closed_store_is_unavailable),
];

fn address(key: &str) -> Address {
    Address { kind: StoredKind(1), key: key.into() }
}

fn write(key: &str, expected: Revision, epoch: Epoch, state: &str) -> Record {
    let mut record = Record::new(address(key), expected, epoch, 0);
    record.next = expected + 1;
    record.state = Some(state.as_bytes().to_vec());
    record
}

fn message(target: &str, sequence: u64) -> OutboxRow {
    let payload = Arc::from(format!("message {sequence}").as_bytes());
    OutboxRow::new(sequence, address(target), "heard".into(), payload)
}

fn id(sender: &str, sequence: u64) -> RowId {
    RowId { sender: address(sender), sequence }
}

fn mark(source: MarkSource, sequence: u64, expires_at_ms: u64) -> Mark {
    Mark::new(source, sequence, Arc::from(format!("reply {sequence}").as_bytes()), expires_at_ms)
}

fn key(name: &str) -> MarkSource {
    MarkSource::Key(name.into())
}

fn load(store: &dyn Store, name: &str) -> Loaded {
    let request = LoadRequest::new(address(name), 100, 100);
    let mut loaded = store.load(&[request]).expect("load");
    assert_eq!(loaded.len(), 1);
    loaded.remove(0)
}

fn commit_all(store: &dyn Store, records: &[Record]) {
    let answers = store.commit(records).expect("commit");
    assert_eq!(answers, vec![Ok(()); records.len()]);
}

fn commit_one(store: &dyn Store, record: Record) -> Result<(), Refusal> {
    store.commit(&[record]).expect("commit").remove(0)
}

fn kinds_keep_their_numbers(store: &dyn Store) {
    let first = store.declare_kinds(&["airport", "runway"]).unwrap();
    assert_ne!(first[0], first[1]);
    let second = store.declare_kinds(&["runway", "gate", "airport"]).unwrap();
    assert_eq!((second[0], second[2]), (first[1], first[0]));
    assert!(!first.contains(&second[1]));
    assert_eq!(store.declare_kinds(&[]).unwrap(), vec![]);
}

fn an_actor_never_written_is_empty(store: &dyn Store) {
    assert_eq!(load(store, "SFO"), Loaded { marks_complete: true, ..Loaded::default() });
    assert_eq!(store.load_mark(&address("SFO"), &key("k")).unwrap(), None);
    assert_eq!(store.pending_targets(None, 10).unwrap(), vec![]);
    assert_eq!(store.load(&[]).unwrap(), vec![]);
}

fn a_record_is_read_back_whole(store: &dyn Store) {
    let mut record = write("SFO", 0, 7, "first");
    record.next = 3;
    record.outbox_sequence = 9;
    (record.state_version, record.codec, record.partition) = (2, 1, 65_535);
    record.outbox = vec![message("SFO", 8), message("OAK", 9)];
    record.marks = vec![mark(MarkSource::Producer("p".into()), 4, 0)];
    commit_all(store, &[record.clone()]);
    let expected = Loaded {
        revision: 3,
        epoch: 7,
        outbox_sequence: 9,
        state: Some(b"first".to_vec()),
        state_version: 2,
        codec: 1,
        marks: record.marks.clone(),
        marks_complete: true,
        inbox: vec![(id("SFO", 8), message("SFO", 8))],
    };
    assert_eq!(load(store, "SFO"), expected);
    assert_eq!(load(store, "OAK").inbox, vec![(id("SFO", 9), message("OAK", 9))]);
}

fn an_empty_batch_has_no_answers(store: &dyn Store) {
    assert_eq!(store.commit(&[]).unwrap(), vec![]);
}

fn an_empty_state_is_a_state(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 1, "")]);
    assert_eq!(load(store, "SFO").state, Some(Vec::new()));
}

fn a_record_without_a_state_keeps_the_state(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 1, "first")]);
    let mut record = Record::new(address("SFO"), 1, 1, 5);
    record.next = 2;
    record.outbox = vec![message("OAK", 5)];
    commit_all(store, &[record]);
    let loaded = load(store, "SFO");
    assert_eq!((loaded.revision, loaded.outbox_sequence), (2, 5));
    assert_eq!(loaded.state, Some(b"first".to_vec()));
    commit_all(store, &[write("SFO", 2, 1, "second")]);
    assert_eq!(load(store, "SFO").state, Some(b"second".to_vec()));
}

fn a_record_without_a_state_can_be_first(store: &dyn Store) {
    let mut record = Record::new(address("SFO"), 0, 2, 1);
    record.marks = vec![mark(MarkSource::Producer("p".into()), 1, 0)];
    commit_all(store, &[record]);
    let loaded = load(store, "SFO");
    assert_eq!((loaded.revision, loaded.epoch, loaded.state, loaded.marks.len()), (0, 2, None, 1));
    commit_all(store, &[write("SFO", 0, 2, "first")]);
    assert_eq!(load(store, "SFO").revision, 1);
    assert_eq!(load(store, "SFO").state, Some(b"first".to_vec()));
}

fn a_conflict_changes_nothing(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 1, "first"), write("OAK", 0, 1, "first")]);
    let batch = [
        write("SFO", 0, 1, "late"),
        write("OAK", 1, 1, "second"),
        write("SFO", 2, 1, "early"),
        write("SJC", 4, 1, "early"),
        write("LAX", 0, 1, "new"),
    ];
    let conflict = |held| Err(Refusal::Conflict { held });
    let answers = store.commit(&batch).unwrap();
    assert_eq!(answers, vec![conflict(1), Ok(()), conflict(1), conflict(0), Ok(())]);
    assert_eq!(load(store, "SFO").state, Some(b"first".to_vec()));
    assert_eq!(load(store, "OAK").state, Some(b"second".to_vec()));
    assert_eq!(load(store, "SJC"), Loaded { marks_complete: true, ..Loaded::default() });
    assert_eq!(load(store, "LAX").revision, 1);
}

fn a_refused_record_leaves_nothing(store: &dyn Store) {
    let mut sender = write("OAK", 0, 1, "sent");
    sender.outbox = vec![message("SFO", 1)];
    commit_all(store, &[sender]);
    for state in [Some(b"late".to_vec()), None] {
        let mut record = write("SFO", 3, 1, "");
        record.state = state;
        record.outbox = vec![message("OAK", 1)];
        record.marks = vec![mark(MarkSource::Actor(address("OAK")), 1, 0)];
        record.consumed = vec![id("OAK", 1)];
        assert_eq!(commit_one(store, record), Err(Refusal::Conflict { held: 0 }));
    }
    let loaded = load(store, "SFO");
    assert_eq!((loaded.revision, loaded.marks.len(), loaded.inbox.len()), (0, 0, 1));
    assert_eq!(load(store, "OAK").inbox, vec![]);
}

fn an_older_owner_is_refused(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 5, "first")]);
    let stale = Err(Refusal::StaleOwner { held: 5 });
    assert_eq!(commit_one(store, write("SFO", 1, 4, "old")), stale);
    // Even where the revision does not fit either: an old owner has no business with it.
    assert_eq!(commit_one(store, write("SFO", 0, 4, "old")), stale);
    let mut record = Record::new(address("SFO"), 1, 4, 0);
    record.marks = vec![mark(key("k"), 0, 1)];
    assert_eq!(commit_one(store, record), stale);
    assert_eq!(commit_one(store, write("SFO", 1, 5, "same")), Ok(()));
    assert_eq!(commit_one(store, write("SFO", 2, 9, "newer")), Ok(()));
    assert_eq!(load(store, "SFO").epoch, 9);
    assert_eq!(commit_one(store, write("SFO", 3, 8, "old")), Err(Refusal::StaleOwner { held: 9 }));
}

fn a_newer_owner_is_remembered(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 1, "first")]);
    let mut record = Record::new(address("SFO"), 1, 6, 0);
    record.marks = vec![mark(key("k"), 0, 1)];
    commit_all(store, &[record]);
    let loaded = load(store, "SFO");
    assert_eq!((loaded.revision, loaded.epoch), (1, 6));
    assert_eq!(commit_one(store, write("SFO", 1, 5, "old")), Err(Refusal::StaleOwner { held: 6 }));
}

fn records_of_one_actor_follow(store: &dyn Store) {
    let batch = [
        write("SFO", 0, 1, "first"),
        write("OAK", 0, 1, "other"),
        write("SFO", 1, 1, "second"),
        write("SFO", 1, 1, "again"),
    ];
    let answers = store.commit(&batch).unwrap();
    assert_eq!(answers, vec![Ok(()), Ok(()), Ok(()), Err(Refusal::Conflict { held: 2 })]);
    assert_eq!(load(store, "SFO").state, Some(b"second".to_vec()));
}

fn a_later_mark_replaces_its_sources(store: &dyn Store) {
    // Sources that differ in one part only are different sources.
    let sources = [
        MarkSource::Actor(address("p")),
        MarkSource::Actor(Address { kind: StoredKind(2), key: "p".into() }),
        MarkSource::Producer("p".into()),
        MarkSource::Producer("q".into()),
        key("p"),
    ];
    let mut record = write("SFO", 0, 1, "first");
    record.marks = sources.iter().zip(1..).map(|(source, n)| mark(source.clone(), n, 0)).collect();
    commit_all(store, &[record.clone()]);
    assert_eq!(load(store, "SFO").marks, record.marks);

    let replaced = mark(sources[2].clone(), 30, 0);
    let mut again = write("SFO", 1, 1, "second");
    again.marks = vec![replaced.clone()];
    commit_all(store, &[again]);
    record.marks[2] = replaced.clone();
    assert_eq!(load(store, "SFO").marks, record.marks);
    assert_eq!(store.load_mark(&address("SFO"), &sources[2]).unwrap(), Some(replaced));
    assert_eq!(store.load_mark(&address("OAK"), &sources[2]).unwrap(), None);
}

fn marks_are_read_up_to_the_asked_number(store: &dyn Store) {
    let mut record = write("SFO", 0, 1, "first");
    record.marks = vec![
        mark(key("k"), 0, 50),
        mark(MarkSource::Producer("p".into()), 3, 0),
        mark(MarkSource::Actor(address("OAK")), 4, 0),
    ];
    commit_all(store, &[record.clone()]);
    for (marks_max, sequences, complete) in
        [(0, vec![], false), (2, vec![4, 3], false), (3, vec![4, 3, 0], true)]
    {
        let request = LoadRequest::new(address("SFO"), marks_max, 0);
        let loaded = store.load(&[request]).unwrap().remove(0);
        let found: Vec<u64> = loaded.marks.iter().map(|mark| mark.sequence).collect();
        assert_eq!((found, loaded.marks_complete), (sequences, complete));
    }
}

fn a_message_waits_until_consumed(store: &dyn Store) {
    let mut sender = write("OAK", 0, 1, "sent");
    sender.outbox = vec![message("SFO", 1), message("SFO", 2)];
    commit_all(store, &[sender]);
    assert_eq!(load(store, "SFO").inbox.len(), 2);

    let mut receiver = write("SFO", 0, 1, "heard");
    receiver.marks = vec![mark(MarkSource::Actor(address("OAK")), 1, 0)];
    receiver.consumed = vec![id("OAK", 1), id("OAK", 77)];
    commit_all(store, &[receiver]);
    assert_eq!(load(store, "SFO").inbox, vec![(id("OAK", 2), message("SFO", 2))]);
    assert_eq!(store.pending_targets(None, 10).unwrap(), vec![address("SFO")]);

    let mut receiver = Record::new(address("SFO"), 1, 1, 0);
    receiver.consumed = vec![id("OAK", 2)];
    commit_all(store, &[receiver]);
    assert_eq!(load(store, "SFO").inbox, vec![]);
    assert_eq!(store.pending_targets(None, 10).unwrap(), vec![]);
}

fn only_own_messages_are_consumed(store: &dyn Store) {
    let mut sender = write("OAK", 0, 1, "sent");
    sender.outbox = vec![message("SFO", 1)];
    commit_all(store, &[sender]);
    let mut stranger = write("SJC", 0, 1, "heard");
    stranger.consumed = vec![id("OAK", 1)];
    commit_all(store, &[stranger]);
    assert_eq!(load(store, "SFO").inbox.len(), 1);
}

fn an_inbox_is_in_order(store: &dyn Store) {
    let mut batch = vec![write("b", 0, 1, ""), write("a", 0, 1, "")];
    batch[0].outbox = vec![message("SFO", 300), message("SFO", 2), message("OAK", 3)];
    batch[1].outbox = vec![message("SFO", 10), message("SFO", 9)];
    commit_all(store, &batch);
    let ids = |loaded: Loaded| -> Vec<RowId> { loaded.inbox.into_iter().map(|(id, _)| id).collect() };
    let all = vec![id("a", 9), id("a", 10), id("b", 2), id("b", 300)];
    assert_eq!(ids(load(store, "SFO")), all);
    for inbox_max in [0, 1, 3, 4] {
        let request = LoadRequest::new(address("SFO"), 0, inbox_max);
        let loaded = store.load(&[request]).unwrap().remove(0);
        assert_eq!(ids(loaded), all[..inbox_max]);
    }
}

fn pending_targets_are_listed_in_pages(store: &dyn Store) {
    let targets: Vec<Address> = [(1, "a"), (1, "aa"), (1, "b"), (2, "a"), (10, "")]
        .map(|(kind, key)| Address { kind: StoredKind(kind), key: key.into() })
        .to_vec();
    let mut sender = write("OAK", 0, 1, "sent");
    for (target, sequence) in targets.iter().rev().cycle().take(15).zip(1..) {
        sender.outbox.push(OutboxRow { target: target.clone(), ..message("", sequence) });
    }
    commit_all(store, &[sender]);
    assert_eq!(store.pending_targets(None, 100).unwrap(), targets);
    assert_eq!(store.pending_targets(None, 2).unwrap(), targets[..2]);
    assert_eq!(store.pending_targets(Some(&targets[1]), 2).unwrap(), targets[2..4]);
    assert_eq!(store.pending_targets(Some(&address("ab")), 1).unwrap(), targets[2..3]);
    assert_eq!(store.pending_targets(targets.last(), 2).unwrap(), vec![]);
}

fn free_keys_are_forgotten(store: &dyn Store) {
    let mut batch = vec![write("SFO", 0, 1, ""), write("OAK", 0, 1, "")];
    batch[0].marks = vec![mark(key("a"), 0, 10), mark(key("b"), 0, 20), mark(key("c"), 0, 30)];
    batch[1].marks = vec![mark(key("a"), 0, 15), mark(MarkSource::Producer("p".into()), 1, 0)];
    commit_all(store, &batch);
    assert_eq!(store.expire_marks(9, 100).unwrap(), 0);
    assert_eq!(store.expire_marks(20, 2).unwrap(), 2);
    assert_eq!(store.expire_marks(20, 2).unwrap(), 1);
    assert_eq!(store.expire_marks(20, 2).unwrap(), 0);
    assert_eq!(load(store, "SFO").marks, vec![mark(key("c"), 0, 30)]);
    assert_eq!(load(store, "OAK").marks.len(), 1);
    assert_eq!(store.expire_marks(u64::MAX, usize::MAX).unwrap(), 1);
}

fn a_producers_gap_is_skipped(store: &dyn Store) {
    let source = MarkSource::Producer("p".into());
    let skip = |sequence, lost| store.decisions().skip(&address("a"), "p", sequence, lost).unwrap();
    let held = || store.load_mark(&address("a"), &source).unwrap();
    assert!(!skip(1, false) && held().is_none(), "nothing was sent");
    let mut record = write("a", 0, 1, "s");
    record.marks = vec![Mark { gap: 5, ..Mark::new(source.clone(), 3, b"reply"[..].into(), 0) }];
    commit_one(store, record).unwrap();
    assert!(!skip(4, false) && !skip(0, true), "5 is the gap");
    assert!(skip(5, false) && !skip(5, false));
    let mark = held().unwrap();
    assert!((mark.sequence, mark.gap, mark.reply.len()) == (5, 0, 0) && mark.is_skipped(), "{mark:?}");
    assert_eq!(load(store, "a").revision, 1);
    // One that the store knows nothing of, with a mark and without.
    assert!(skip(7, true) && held().unwrap().sequence == 7);
    let other = address("never written");
    assert!(store.decisions().skip(&other, "p", 2, true).unwrap());
    let mark = store.load_mark(&other, &source).unwrap().unwrap();
    assert!(mark.sequence == 2 && mark.is_skipped(), "{mark:?}");
    // A gap behind what was handled meanwhile leaves the newest number and its reply.
    let mut record = write("a", 1, 1, "t");
    record.marks = vec![Mark { gap: 8, ..Mark::new(source.clone(), 9, b"nine"[..].into(), 0) }];
    commit_one(store, record).unwrap();
    assert!(skip(8, false));
    let mark = held().unwrap();
    assert!(
        (mark.sequence, mark.gap, &*mark.reply) == (9, 0, &b"nine"[..]) && !mark.is_skipped(),
        "{mark:?}"
    );
}

fn keys_are_any_text(store: &dyn Store) {
    let long = "x".repeat(2_000);
    let keys = ["a", "A", "a ", "a\0b", "\0", "ä", "a\u{308}", "𝄞", "'; DROP TABLE actor; --", &long];
    for (name, n) in keys.iter().zip(0..) {
        commit_all(store, &[write(name, 0, 1, &format!("state {n}"))]);
    }
    for (name, n) in keys.iter().zip(0..) {
        assert_eq!(load(store, name).state, Some(format!("state {n}").into_bytes()), "key {name:?}");
    }
    let other = LoadRequest::new(Address { kind: StoredKind(2), key: "a".into() }, 0, 0);
    assert_eq!(store.load(&[other]).unwrap()[0].revision, 0);
}

fn many_actors_are_read_in_one_call(store: &dyn Store) {
    let batch: Vec<Record> = (0..500).map(|n| write(&n.to_string(), 0, 1, &n.to_string())).collect();
    commit_all(store, &batch);
    let keys = (0..600).rev().chain([3, 3]);
    let requests: Vec<LoadRequest> =
        keys.clone().map(|n| LoadRequest::new(address(&n.to_string()), 1, 1)).collect();
    for (loaded, n) in store.load(&requests).unwrap().into_iter().zip(keys) {
        assert_eq!(loaded.state, (n < 500).then(|| n.to_string().into_bytes()));
    }
}

fn a_large_state_is_kept(store: &dyn Store) {
    let large: String = "0123456789".repeat(300_000);
    commit_all(store, &[write("SFO", 0, 1, &large)]);
    assert_eq!(load(store, "SFO").state, Some(large.into_bytes()));
    commit_all(store, &[write("SFO", 1, 1, "small")]);
    assert_eq!(load(store, "SFO").state, Some(b"small".to_vec()));
}

fn a_number_too_large_is_refused(store: &dyn Store) {
    let mut record = write("SFO", 0, 1, "first");
    record.next = u64::MAX;
    let refused = store.commit(&[write("OAK", 0, 1, "first"), record]);
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert_eq!(load(store, "OAK").revision, 0);
    commit_all(store, &[write("OAK", 0, i64::MAX as u64, "first")]);
    assert_eq!(load(store, "OAK").epoch, i64::MAX as u64);
}

fn a_closed_store_is_unavailable(store: &dyn Store) {
    commit_all(store, &[write("SFO", 0, 1, "first")]);
    store.close().unwrap();
    store.close().unwrap();
    let request = LoadRequest::new(address("SFO"), 0, 0);
    assert!(matches!(store.load(&[request]), Err(StoreError::Unavailable(_))));
    assert!(matches!(store.commit(&[write("SFO", 1, 1, "")]), Err(StoreError::Unavailable(_))));
    assert!(matches!(store.declare_kinds(&["k"]), Err(StoreError::Unavailable(_))));
    assert!(matches!(store.reopen(), Err(StoreError::Unavailable(_))));
}
