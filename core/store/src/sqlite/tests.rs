//! What the SQLite store promises beyond the contract: lock, copies, formats, reopening, the log's length.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::contract::suite;

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path(), SqliteOptions::default()).unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn address(key: &str) -> Address {
    Address { kind: StoredKind(1), key: key.into() }
}

fn write(store: &SqliteStore, key: &str, expected: u64, state: &[u8]) {
    let mut record = Record::new(address(key), expected, 1, 0);
    record.next = expected + 1;
    record.state = Some(state.to_vec());
    assert_eq!(store.commit(&[record]), Ok(vec![Ok(())]));
}

fn load(store: &SqliteStore, key: &str) -> Result<Loaded, StoreError> {
    let request = LoadRequest::new(address(key), 10, 10);
    store.load(&[request]).map(|mut loaded| loaded.remove(0))
}

fn revision(store: &SqliteStore, key: &str) -> u64 {
    load(store, key).unwrap().revision
}

#[test]
fn data_has_an_identity_that_stays_and_is_its_own() {
    let (one, other) = (folder(), folder());
    let store = open(&one);
    let identity = store.identity().unwrap();
    assert_eq!(store.identity(), Ok(identity));
    store.close().unwrap();
    assert_eq!(open(&one).identity(), Ok(identity), "it outlives the process");
    assert_ne!(open(&other).identity(), Ok(identity));
}

#[test]
fn the_contract_is_kept() {
    let folders = std::cell::RefCell::new(Vec::new());
    suite::check(|| {
        let folder = folder();
        let store = open(&folder);
        folders.borrow_mut().push(folder);
        store
    });
}

#[test]
fn data_outlives_its_store() {
    let folder = folder();
    let kinds = {
        let store = open(&folder);
        write(&store, "SFO", 0, b"first");
        store.declare_kinds(&["a", "b"]).unwrap()
    };
    let store = open(&folder);
    assert_eq!(load(&store, "SFO").unwrap().state, Some(b"first".to_vec()));
    assert_eq!(store.declare_kinds(&["a", "b"]).unwrap(), kinds);
}

#[test]
fn a_second_store_is_refused_and_told_the_holder() {
    let folder = folder();
    let store = open(&folder);
    let Err(StoreError::Locked(text)) = SqliteStore::open(folder.path(), SqliteOptions::default()) else {
        panic!("the folder was opened twice");
    };
    assert!(text.contains(&format!("pid {} on host ", std::process::id())), "{text}");
    store.close().unwrap();
    open(&folder);
}

#[test]
fn a_folder_that_cannot_be_made_is_invalid() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = SqliteStore::open(&file.join("data"), SqliteOptions::default());
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
}

#[test]
fn reopening_keeps_all_that_was_acknowledged() {
    let folder = folder();
    let store = open(&folder);
    write(&store, "SFO", 0, b"first");
    store.reopen().unwrap();
    write(&store, "SFO", 1, b"second");
    assert_eq!(revision(&store, "SFO"), 2);
}

#[test]
fn the_log_starts_anew_while_commits_and_reads_go_on() {
    for checkpoint_thread in [true, false] {
        let folder = folder();
        let options = SqliteOptions { checkpoint_pages: 100, checkpoint_thread, ..SqliteOptions::default() };
        let store = SqliteStore::open(folder.path(), options).unwrap();
        let log = folder.path().join("everact.db-wal");
        let mut longest = 0;
        for n in 0..3_000 {
            write(&store, &(n % 40).to_string(), n / 40, &[7; 3_000]);
            assert_eq!(revision(&store, &(n % 40).to_string()), n / 40 + 1);
            longest = longest.max(fs::metadata(&log).unwrap().len());
        }
        // 3,000 commits write more than 6,000 pages: without an end the log would hold 24 MB.
        assert!(longest < 12_000_000, "the log grew to {longest} bytes");
    }
}

#[test]
fn a_backup_is_restored_as_it_was() {
    let (folder, copies) = (folder(), self::folder());
    let (copy, restored) = (copies.path().join("copy"), copies.path().join("restored"));
    let store = open(&folder);
    write(&store, "SFO", 0, b"first");
    store.backup(&copy).unwrap();
    write(&store, "SFO", 1, b"second");
    assert!(matches!(store.backup(&copy), Err(StoreError::Invalid(_))), "a backup is never overwritten");

    restore(&copy, &restored).unwrap();
    let again = SqliteStore::open(&restored, SqliteOptions::default()).unwrap();
    assert_eq!(load(&again, "SFO").unwrap().state, Some(b"first".to_vec()));
    assert!(matches!(restore(&copy, &restored), Err(StoreError::Invalid(_))), "data is never overwritten");
    assert_eq!(revision(&store, "SFO"), 2);
}

#[test]
fn what_is_restored_has_an_identity_of_its_own() {
    let (folder, copies) = (folder(), self::folder());
    let (copy, once, twice) =
        (copies.path().join("copy"), copies.path().join("once"), copies.path().join("twice"));
    let store = open(&folder);
    let identity = store.identity().unwrap();
    store.backup(&copy).unwrap();
    let restored = |into: &std::path::Path| {
        restore(&copy, into).unwrap();
        let identity = SqliteStore::open(into, SqliteOptions::default()).unwrap().identity().unwrap();
        let again = SqliteStore::open(into, SqliteOptions::default()).unwrap().identity();
        assert_eq!(again, Ok(identity), "it stays");
        identity
    };
    let (once, twice) = (restored(&once), restored(&twice));
    assert!(once != identity && twice != identity && once != twice, "{identity} {once} {twice}");
    assert_eq!(store.identity(), Ok(identity), "the original keeps its own");
    let backup = SqliteStore::open(&copy, SqliteOptions::default()).unwrap();
    assert_eq!(backup.identity(), Ok(identity), "a backup is the data as it was");
}

#[test]
fn a_backup_is_one_moment_while_commits_go_on() {
    let (folder, copies) = (folder(), self::folder());
    let store = open(&folder);
    write(&store, "a", 0, b"");
    write(&store, "b", 0, b"");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..300 {
                write(&store, "a", n, &[1; 2_000]);
                write(&store, "b", n, &[2; 2_000]);
            }
        });
        for n in 0..5 {
            let copy = copies.path().join(n.to_string());
            store.backup(&copy).unwrap();
            let copied = SqliteStore::open(&copy, SqliteOptions::default()).unwrap();
            let (a, b) = (revision(&copied, "a"), revision(&copied, "b"));
            assert!(a == b || a == b + 1, "the copy holds a at {a} and b at {b}");
        }
    });
}

#[test]
fn readers_and_the_writer_do_not_wait_for_each_other() {
    let folder = folder();
    let store = open(&folder);
    write(&store, "SFO", 0, b"first");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 200 {
                    let now = revision(&store, "SFO");
                    assert!(now >= last, "a read went back from {last} to {now}");
                    last = now;
                }
            });
        }
        (1..200).for_each(|n| write(&store, "SFO", n, b"next"));
    });
}

#[test]
fn small_commits_find_room_in_the_log_and_a_kill_leaves_them_readable() {
    let (folder, copied) = (folder(), folder());
    let store = open(&folder);
    write(&store, "SFO", 0, b"first");
    let length = || fs::metadata(folder.path().join("everact.db-wal")).unwrap().len();
    let with_room = length();
    for expected in 1..20 {
        write(&store, "SFO", expected, b"later");
    }
    assert_eq!(length(), with_room);
    for file in ["everact.db", "everact.db-wal", "everact.db-synced"] {
        fs::copy(folder.path().join(file), copied.path().join(file)).unwrap();
    }
    assert_eq!(revision(&open(&copied), "SFO"), 20);
}
