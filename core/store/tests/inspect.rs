//! A data folder seen from outside of an engine: at rest, and beside an engine that holds it.

use std::fs;
use std::path::Path;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use everact_store::sqlite::{Inspection, KindRow};
use everact_store::{SqliteOptions, SqliteStore, Store, StoreError};

fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, SqliteOptions::default()).expect("opens")
}

fn write(store: &SqliteStore, kind: StoredKind, key: &str, state: &[u8]) {
    let mut record = Record::new(Address { kind, key: key.into() }, 0, 1, 0);
    record.next = 1;
    record.state = Some(state.to_vec());
    assert_eq!(store.commit(&[record]).expect("commits"), [Ok(())]);
}

fn filled(folder: &Path) -> SqliteStore {
    let store = store(folder);
    let kinds = store.declare_kinds(&["airport", "carrier"]).expect("kinds");
    for key in ["AMS", "SFO", "SJC"] {
        write(&store, kinds[0], key, format!("{{\"name\":\"{key}\"}}").as_bytes());
    }
    store
}

fn check(folder: &Path) {
    let inspection = Inspection::open(folder).expect("opens");
    let kinds = inspection.kinds().expect("kinds");
    let row = |name: &str, actors| KindRow { name: name.to_owned(), actors };
    assert_eq!(kinds, [row("airport", 3), row("carrier", 0)]);
    let keys = |prefix: &str, after: &str, limit| -> Vec<String> {
        let rows = inspection.actors("airport", prefix, after, limit).expect("actors");
        rows.into_iter().map(|row| row.key).collect()
    };
    assert_eq!(keys("", "", 10), ["AMS", "SFO", "SJC"]);
    assert_eq!(keys("S", "", 10), ["SFO", "SJC"]);
    assert_eq!(keys("S", "SFO", 10), ["SJC"]);
    assert_eq!(keys("", "", 1), ["AMS"]);
    let actor = inspection.actor("airport", "SFO").expect("reads").expect("is there");
    assert_eq!((actor.revision, actor.state.as_deref()), (1, Some(&b"{\"name\":\"SFO\"}"[..])));
    assert_eq!(inspection.actor("airport", "LAX").expect("reads"), None);
    let Err(StoreError::Invalid(text)) = inspection.actor("plane", "a") else { panic!("a kind of no store") };
    assert!(text.contains("airport, carrier"), "{text}");
    let report = inspection.check(|_| {}).expect("checks");
    assert_eq!((report.actors, report.problems), (3, Vec::new()));
    let into = tempfile::tempdir().expect("a folder");
    let copy = into.path().join("copy");
    inspection.backup(&copy).expect("copies");
    assert_eq!(Inspection::open(&copy).expect("opens").kinds().expect("kinds").len(), 2);
}

#[test]
fn a_folder_at_rest_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path()));
    check(folder.path());
    drop(store(folder.path()));
}

#[test]
fn a_folder_that_an_engine_holds_is_read_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let held = filled(folder.path());
    check(folder.path());
    write(&held, StoredKind(1), "ZRH", b"{}");
    assert_eq!(Inspection::open(folder.path()).expect("opens").kinds().expect("kinds")[0].actors, 4);
}

#[test]
fn damage_is_listed_and_the_rest_is_read() {
    const ACTORS: usize = 100;
    let folder = tempfile::tempdir().expect("a folder");
    let written = store(folder.path());
    let kinds = written.declare_kinds(&["airport"]).expect("kinds");
    // Some pages full, so that one of them may be damaged alone.
    let state = |n: usize| format!("{{\"name\":\"state {n:03}\",\"filled\":\"{}\"}}", "x".repeat(1_000));
    for n in 0..ACTORS {
        write(&written, kinds[0], &format!("a{n:03}"), state(n).as_bytes());
    }
    drop(written);
    let path = folder.path().join("everact.db");
    let mut bytes = fs::read(&path).expect("there");
    let at = bytes.windows(9).position(|nine| nine == b"state 050").expect("the state is in the file");
    bytes[at + 8] ^= 1;
    fs::write(&path, bytes).expect("written");
    let inspection = Inspection::open(folder.path()).expect("opens");
    let report = inspection.check(|_| {}).expect("checks");
    assert!(!report.problems.is_empty(), "the changed byte was not seen");
    let mut damaged = Vec::new();
    for n in 0..ACTORS {
        match inspection.actor("airport", &format!("a{n:03}")) {
            Ok(actor) => {
                let held = actor.and_then(|actor| actor.state).expect("it has a state");
                assert_eq!(held, state(n).into_bytes(), "{n}");
            }
            Err(StoreError::Corrupted(_)) => damaged.push(n),
            Err(other) => panic!("{n}: {other}"),
        }
    }
    assert!(damaged.contains(&50) && damaged.len() < ACTORS / 4, "{damaged:?}");
}

#[test]
fn a_folder_without_data_stays_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(Inspection::open(folder.path()), Err(StoreError::Invalid(_))));
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 0);
}
