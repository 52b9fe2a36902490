//! A store that says no: callers hear why, nothing that was acknowledged is lost, and work goes on.

mod host;
mod store;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use everact::address::Address;
use everact::commit::{OutboxRow, Record};
use everact::{Engine, ErrorCode};
use everact_store::{MemoryStore, Store, StoreError};
use host::{ADD, GET, Host, config};
use store::{Barrier, Odd};

fn over(store: &Arc<MemoryStore>) -> Host {
    Host::over(Engine::open_on(config(None), store.clone(), true, None).expect("opens"))
}

#[test]
fn while_the_store_fails_callers_hear_unavailable_and_afterwards_work_goes_on() {
    let store = Arc::new(MemoryStore::new());
    let mut host = over(&store);
    assert_eq!(host.ask(0, ADD, "a", 5), Ok(5));
    for _ in 0..3 {
        store.fail_commits(Some(StoreError::Unavailable("no space left".into())));
        assert_eq!(host.ask(0, ADD, "a", 1), Err(ErrorCode::Unavailable));
    }
    assert_eq!(host.ask(1, ADD, "a", 1), Ok(1), "transient actors need no store");
    assert_eq!(host.ask(0, GET, "a", 0), Ok(5), "only what was acknowledged counts");
    assert_eq!(host.ask(0, ADD, "a", 1), Ok(6));
    host.close();
}

#[test]
fn a_second_owner_is_found_out_by_the_revision_and_never_overwrites() {
    let store = Arc::new(MemoryStore::new());
    let (mut first, mut second) = (over(&store), over(&store));
    assert_eq!(first.ask(0, ADD, "a", 1), Ok(1));
    assert_eq!(second.ask(0, ADD, "a", 10), Ok(11));
    assert_eq!(first.ask(0, ADD, "a", 1), Err(ErrorCode::StaleOwner), "it has not seen the other's write");
    assert_eq!(first.ask(0, ADD, "a", 1), Ok(12), "it has read it now");
}

#[test]
fn a_store_that_leaves_a_record_without_an_answer_has_not_written_it() {
    let store = Arc::new(Odd::committing(|_, _| Ok(Vec::new())));
    let mut host = Host::over(Engine::open_on(config(None), store, true, None).expect("opens"));
    assert_eq!(host.ask(0, ADD, "a", 5), Err(ErrorCode::Internal), "nobody said that it is durable");
    assert_eq!(host.ask(0, GET, "a", 0), Ok(0));
}

#[test]
fn a_store_that_leaves_a_kind_without_a_number_cannot_be_used() {
    let odd = Odd { numbers_max: 0, ..Odd::committing(|inner, records| inner.commit(records)) };
    let failure = Engine::open_on(config(None), Arc::new(odd), true, None).err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Internal);
}

#[test]
fn while_a_commit_hangs_deadlines_pass() {
    let barrier = Arc::new(Barrier::default());
    let store = {
        let barrier = barrier.clone();
        Odd::committing(move |inner, records| {
            barrier.pass();
            inner.commit(records)
        })
    };
    let engine = Engine::open_on(config(None), Arc::new(store), false, None).expect("opens");
    let mut host = Host::over(engine);
    let hanging = host.submit(0, ADD, "a", 5);
    host.until(|_| barrier.waiting.load(Ordering::Relaxed) > 0);
    let started = Instant::now();
    for _ in 0..3 {
        let late = host.submit_until(50, 0, ADD, "b", 1);
        assert_eq!(host.outcome(late), Err(ErrorCode::DeadlineExceeded), "its commit waits behind the other");
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    barrier.open();
    assert_eq!(host.outcome(hanging), Ok(5));
    host.close();
}

#[test]
fn an_engine_that_closes_on_a_hanging_disk_answers_its_callers_first() {
    let barrier = Arc::new(Barrier::default());
    let store = {
        let barrier = barrier.clone();
        Odd::committing(move |inner, records| {
            barrier.pass();
            inner.commit(records)
        })
    };
    let engine = Engine::open_on(config(None), Arc::new(store), false, None).expect("opens");
    let mut host = Host::over(engine);
    let hanging = host.submit(0, ADD, "a", 5);
    host.until(|_| barrier.waiting.load(Ordering::Relaxed) > 0);
    host.engine.close(Duration::from_millis(20));
    assert_eq!(host.outcome(hanging), Err(ErrorCode::Closed));
    assert!(!host.closed, "the data is not released yet");
    barrier.open();
    host.until(|host| host.closed);
}

#[test]
fn a_damaged_actor_harms_none_that_is_read_with_it() {
    let odd = Odd { loading: Barrier::default(), ..Odd::committing(|inner, records| inner.commit(records)) };
    *odd.damaged.lock() = Some("3".to_owned());
    let store = Arc::new(odd);
    let mut host = Host::over(Engine::open_on(config(None), store.clone(), false, None).expect("opens"));
    // While one load is under way the others gather, so that they are read together.
    let first = host.submit(0, ADD, "first", 1);
    host.until(|_| store.loading.waiting.load(Ordering::Relaxed) > 0);
    let asks: Vec<_> = (0..8).map(|key| host.submit(0, ADD, &key.to_string(), 1)).collect();
    store.loading.open();
    assert_eq!(host.outcome(first), Ok(1));
    for (key, ask) in asks.into_iter().enumerate() {
        let expected = if key == 3 { Err(ErrorCode::Corrupted) } else { Ok(1) };
        assert_eq!(host.outcome(ask), expected, "{key}");
    }
    *store.damaged.lock() = None;
    assert_eq!(host.ask(0, ADD, "3", 1), Ok(1));
}

#[test]
fn a_damaged_actor_harms_none_that_is_committed_with_it() {
    let barrier = Arc::new(Barrier::default());
    let store = {
        let barrier = barrier.clone();
        Odd::committing(move |inner, records| {
            barrier.pass();
            if records.iter().any(|record| &*record.address.key == "3") {
                return Err(StoreError::Corrupted("an index entry is damaged".into()));
            }
            inner.commit(records)
        })
    };
    let mut host = Host::over(Engine::open_on(config(None), Arc::new(store), false, None).expect("opens"));
    let first = host.submit(0, ADD, "first", 1);
    host.until(|_| barrier.waiting.load(Ordering::Relaxed) > 0);
    let asks: Vec<_> = (0..8).map(|key| host.submit(0, ADD, &key.to_string(), 1)).collect();
    host.until(|host| host.engine.stats().turns >= 9);
    barrier.open();
    assert_eq!(host.outcome(first), Ok(1));
    for (key, ask) in asks.into_iter().enumerate() {
        let expected = if key == 3 { Err(ErrorCode::Corrupted) } else { Ok(1) };
        assert_eq!(host.outcome(ask), expected, "{key}");
    }
}

#[test]
fn a_batch_for_the_store_has_a_bound_of_bytes() {
    const STATE: usize = 15 * 1024 * 1024;
    let barrier = Arc::new(Barrier::default());
    let largest = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let store = {
        let (barrier, largest) = (barrier.clone(), largest.clone());
        Odd::committing(move |inner, records| {
            barrier.pass();
            largest.fetch_max(records.iter().map(|record| record.bytes()).sum(), Ordering::Relaxed);
            inner.commit(records)
        })
    };
    let mut host = Host::over(Engine::open_on(config(None), Arc::new(store), false, None).expect("opens"));
    host.state_bytes = STATE;
    let first = host.submit(0, ADD, "first", 1);
    host.until(|_| barrier.waiting.load(Ordering::Relaxed) > 0);
    let asks: Vec<_> = (0..10).map(|key| host.submit(0, ADD, &key.to_string(), 1)).collect();
    host.until(|host| host.engine.stats().turns >= 11);
    barrier.open();
    assert_eq!(host.outcome(first), Ok(1));
    for ask in asks {
        assert_eq!(host.outcome(ask), Ok(1));
    }
    let largest = largest.load(Ordering::Relaxed);
    assert!(largest < everact_kernel::limits::BATCH_BYTES_MAX + 2 * STATE, "{largest} bytes");
}

#[test]
fn a_store_that_does_not_say_who_is_owed_messages_is_asked_again() {
    let odd = Odd::committing(|inner, records| inner.commit(records));
    let kind = odd.declare_kinds(&["counter"]).expect("numbers")[0];
    let address = |key: &str| Address { kind, key: key.into() };
    let mut record = Record::new(address("sender"), 0, 1, 1);
    record.outbox.push(OutboxRow::new(1, address("receiver"), "add".into(), b"7"[..].into()));
    assert_eq!(odd.inner.commit(&[record]).expect("written"), [Ok(())]);
    odd.targets_failing.store(3, Ordering::Relaxed);
    let store = Arc::new(odd);
    let mut host = Host::over(Engine::open_on(config(None), store.clone(), false, None).expect("opens"));
    // Nothing is sent to the receiver, so that only the engine itself can wake it.
    host.until(|host| host.engine.stats().turns == 1);
    assert_eq!(store.targets_failing.load(Ordering::Relaxed), 0);
    let told: Vec<_> = host.notices.iter().map(|notice| (notice.code, &*notice.text)).collect();
    assert_eq!(told, [(ErrorCode::Unavailable, "messages of an earlier run wait: the disk is busy")]);
    assert_eq!(host.ask(0, GET, "receiver", 0), Ok(7));
    host.close();
}

#[test]
fn a_data_folder_that_is_removed_or_replaced_ends_commits_and_is_reported_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut host = Host::open(Some(&data));
    assert_eq!(host.ask(0, ADD, "a", 5), Ok(5));
    std::fs::remove_dir_all(&data).expect("removed");
    assert_eq!(host.ask(0, ADD, "a", 1), Err(ErrorCode::Corrupted), "it could not be read back");
    host.until(|host| !host.notices.is_empty());
    // Another engine begins anew at the same place, and the first one leaves its files alone.
    let mut second = Host::open(Some(&data));
    assert_eq!(second.ask(0, ADD, "a", 2), Ok(2));
    assert_eq!(host.ask(0, ADD, "b", 1), Err(ErrorCode::Corrupted));
    host.close();
    assert_eq!(second.ask(0, ADD, "a", 3), Ok(5));
    second.close();
    let mut third = Host::open(Some(&data));
    assert_eq!(third.ask(0, GET, "a", 0), Ok(5));
    third.close();
}

#[test]
fn a_data_folder_that_goes_while_nothing_is_committed_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut host = Host::open(Some(&data));
    assert_eq!(host.ask(0, ADD, "a", 5), Ok(5));
    std::fs::rename(&data, folder.path().join("elsewhere")).expect("moved");
    host.until(|host| !host.notices.is_empty());
    assert_eq!(host.notices[0].code, ErrorCode::Corrupted);
    assert!(host.notices[0].text.contains("removed or replaced"), "{}", host.notices[0].text);
    let since = Instant::now();
    host.until(|_| since.elapsed() > Duration::from_millis(2_500));
    assert_eq!(host.notices.len(), 1, "{:?}", host.notices);
    host.close();
    let mut moved = Host::open(Some(&folder.path().join("elsewhere")));
    assert_eq!(moved.ask(0, GET, "a", 0), Ok(5), "what was acknowledged is there");
    moved.close();
}
