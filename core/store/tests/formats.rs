//! Data of other formats, and of other hands: what earlier builds left, later builds made, and tools touched.

use std::fs;
use std::path::Path;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{MarkSource, Record};
use everact_store::sqlite::restore;
use everact_store::{LoadRequest, Loaded, SqliteOptions, SqliteStore, Store, StoreError};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const DATABASE: &str = "everact.db";
const LOG: &str = "everact.db-wal";
/// What the files were called when the kept folder was written.
const FORMER: [&str; 2] = ["reenact.db", "reenact.db-wal"];

fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder, SqliteOptions::default())
}

fn address(n: u64) -> Address {
    Address { kind: StoredKind(1), key: format!("key-{n:02}").into() }
}

fn load(store: &SqliteStore, n: u64) -> Loaded {
    let request = LoadRequest { address: address(n), marks_max: 10, inbox_max: 10 };
    store.load(&[request]).expect("loads").remove(0)
}

fn write(store: &SqliteStore, n: u64, expected: u64) -> Result<(), StoreError> {
    let mut record = Record::new(address(n), expected, 1, 0);
    record.next = expected + 1;
    record.state = Some(vec![n as u8; 500]);
    store.commit(&[record]).map(|answers| assert_eq!(answers, [Ok(())]))
}

/// The folder that a build of format 1 left, under today's file names.
fn format_1() -> TempDir {
    format_1_as([DATABASE, LOG])
}

fn format_1_as(names: [&str; 2]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-1");
    for (kept_name, name) in FORMER.into_iter().zip(names) {
        fs::copy(kept.join(kept_name), folder.path().join(name)).expect("the kept folder is there");
    }
    folder
}

#[test]
fn a_folder_of_the_former_name_gets_todays_names() {
    let folder = format_1_as(FORMER);
    check_format_1(&open(folder.path()).expect("opens"));
    let names: Vec<_> = fs::read_dir(folder.path())
        .expect("there")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| !name.contains("reenact")), "{names:?}");
    check_format_1(&open(folder.path()).expect("opens again"));
}

#[test]
fn a_renaming_that_was_broken_off_goes_on() {
    let folder = format_1_as([FORMER[0], LOG]);
    check_format_1(&open(folder.path()).expect("opens"));
}

#[test]
fn databases_of_both_names_are_refused() {
    let folder = format_1_as(FORMER);
    fs::copy(folder.path().join(FORMER[0]), folder.path().join(DATABASE)).expect("copied");
    let Err(StoreError::Invalid(text)) = open(folder.path()) else { panic!("opened") };
    assert!(text.contains("both reenact.db and everact.db"), "{text}");
}

/// As the folder's README says.
fn check_format_1(store: &SqliteStore) {
    assert_eq!(store.declare_kinds(&["carrier", "airport"]).expect("kinds"), [StoredKind(2), StoredKind(1)]);
    for n in 0..20 {
        let revision = if n < 3 { 2 } else { 1 };
        let loaded = load(store, n);
        assert_eq!((loaded.revision, loaded.epoch, loaded.outbox_sequence), (revision, 1, 1), "key {n}");
        assert_eq!(loaded.state, Some(vec![(n + revision - 1) as u8; 100 * n as usize]), "key {n}");
        let sender = (n + 19) % 20;
        let [(id, message)] = &loaded.inbox[..] else { panic!("key {n}: {:?}", loaded.inbox) };
        assert_eq!((&id.sender, id.sequence), (&address(sender), 1));
        assert_eq!((&*message.handler, &*message.payload), ("landed", &[sender as u8; 10][..]));
        let [mark] = &loaded.marks[..] else { panic!("key {n}: {:?}", loaded.marks) };
        assert_eq!((&mark.source, mark.sequence), (&MarkSource::Producer("rows".into()), n));
    }
}

/// The database, as the store's own connections see it.
fn checked(folder: &Path) -> Connection {
    let name = everact_sqlite::register(None).expect("a file system");
    Connection::open_with_flags_and_vfs(folder.join(DATABASE), OpenFlags::default(), name).expect("opens")
}

/// What a kill would leave of a store at this moment.
fn image(folder: &Path) -> TempDir {
    let image = tempfile::tempdir().expect("a folder");
    for file in [DATABASE, LOG] {
        fs::copy(folder.join(file), image.path().join(file)).expect("copied");
    }
    image
}

#[test]
fn data_of_format_1_is_brought_to_this_one() {
    let folder = format_1();
    for _ in 0..2 {
        let store = open(folder.path()).expect("opens");
        check_format_1(&store);
    }
    let head = fs::read(folder.path().join(DATABASE)).expect("there");
    assert_eq!(usize::from(head[20]), everact_sqlite::STAMP_BYTES, "its pages carry checksums");
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("there").map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("rebuilt")), "{names:?}");
}

#[test]
fn a_backup_of_format_1_is_restored() {
    let (folder, restored) = (format_1(), tempfile::tempdir().expect("a folder"));
    let plain = Connection::open(folder.path().join(DATABASE)).expect("opens");
    plain.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).expect("without a log");
    drop(plain);
    let into = restored.path().join("restored");
    restore(folder.path(), &into).expect("restores");
    check_format_1(&open(&into).expect("opens"));
}

#[test]
fn a_format_1_that_somebody_reads_waits_for_him() {
    let folder = format_1();
    let reader = Connection::open(folder.path().join(DATABASE)).expect("opens");
    reader.execute_batch("BEGIN; SELECT count(*) FROM actor").expect("reads");
    let Err(StoreError::Unavailable(text)) = open(folder.path()) else { panic!("opened under a reader") };
    assert!(text.contains("another program reads"), "{text}");
    drop(reader);
    check_format_1(&open(folder.path()).expect("opens"));
}

#[test]
fn damage_to_a_format_1_is_reported() {
    let folder = format_1();
    let path = folder.path().join(DATABASE);
    let mut bytes = fs::read(&path).expect("there");
    bytes[3 * 4_096..4 * 4_096].fill(0xA5);
    fs::write(&path, bytes).expect("written");
    assert!(matches!(open(folder.path()), Err(StoreError::Corrupted(_))));
}

#[test]
fn data_of_format_0_is_brought_to_this_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = Connection::open(folder.path().join(DATABASE)).expect("opens");
    old.execute_batch(
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    )
    .expect("creates");
    drop(old);
    let store = open(folder.path()).expect("opens");
    write(&store, 1, 0).expect("commits");
    assert_eq!(load(&store, 1).revision, 1);
}

#[test]
fn data_of_a_newer_format_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()).expect("opens"));
    let newer = checked(folder.path());
    newer
        .execute_batch("PRAGMA journal_mode = DELETE; UPDATE meta SET value = 9 WHERE name = 'format'")
        .expect("changes");
    drop(newer);
    let database = folder.path().join(DATABASE);
    let before = fs::read(&database).expect("there");
    let Err(error) = open(folder.path()) else { panic!("a newer format was opened") };
    assert_eq!(error, StoreError::UnsupportedFormat { found: 9, supported: 2 });
    assert_eq!(fs::read(&database).expect("there"), before);
}

#[test]
fn a_head_that_denies_the_checksums_is_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()).expect("opens"));
    let path = folder.path().join(DATABASE);
    let mut bytes = fs::read(&path).expect("there");
    bytes[20] = 0;
    fs::write(&path, bytes).expect("written");
    assert!(matches!(open(folder.path()), Err(StoreError::Corrupted(_))));
}

#[test]
fn a_tool_reads_and_copies_the_log_and_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opens");
    (0..50).for_each(|n| write(&store, n, 0).expect("commits"));
    let image = image(folder.path());
    // Its closing copies the log into the database and removes it.
    let tool = Connection::open(image.path().join(DATABASE)).expect("opens");
    let count: i64 = tool.query_row("SELECT count(*) FROM actor", [], |row| row.get(0)).expect("reads");
    assert_eq!(count, 50);
    drop(tool);
    assert!(!image.path().join(LOG).exists());
    let after = open(image.path()).expect("opens");
    (0..50).for_each(|n| assert_eq!(load(&after, n).revision, 1));
    // And beside the running store.
    let tool = Connection::open(folder.path().join(DATABASE)).expect("opens");
    tool.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("copies");
    (0..50).for_each(|n| assert_eq!(load(&store, n).revision, 1));
    (0..50).for_each(|n| write(&store, n, 1).expect("commits"));
}

#[test]
fn what_a_tool_changes_is_damage_and_costs_no_later_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opens");
    store.declare_kinds(&["airport"]).expect("kinds");
    (0..10).for_each(|n| write(&store, n, 0).expect("commits"));
    let tool = Connection::open(folder.path().join(DATABASE)).expect("opens");
    tool.execute("UPDATE kind SET name = 'seaport'", []).expect("changes");
    (10..20).for_each(|n| write(&store, n, 0).expect("commits"));
    assert!(matches!(store.declare_kinds(&["airport"]), Err(StoreError::Corrupted(_))));
    let image = image(folder.path());
    let after = open(image.path()).expect("opens");
    (0..20).for_each(|n| assert_eq!(load(&after, n).revision, 1, "key {n}"));
}
