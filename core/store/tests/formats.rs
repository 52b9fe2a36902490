//! Data of other formats, and of other hands: what earlier builds left, later builds made, and tools touched.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use everact_kernel::address::{Address, StoredKind, partition};
use everact_kernel::commit::{MarkSource, Record};
use everact_store::sqlite::{Progress, ProgressReport, restore};
use everact_store::{LoadRequest, Loaded, SqliteOptions, SqliteStore, Store, StoreError};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const DATABASE: &str = "everact.db";
const LOG: &str = "everact.db-wal";
/// What the files were called when the kept folders were written.
const FORMER: [&str; 3] = ["reenact.db", "reenact.db-wal", "reenact.db-synced"];

fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder, SqliteOptions::default())
}

fn address(n: u64) -> Address {
    Address { kind: StoredKind(1), key: format!("key-{n:02}").into() }
}

fn load(store: &SqliteStore, n: u64) -> Loaded {
    let request = LoadRequest::new(address(n), 10, 10);
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
    kept("format-1", &[DATABASE, LOG])
}

fn format_1_as(names: [&str; 2]) -> TempDir {
    kept("format-1", &names)
}

/// A copy of a kept folder with these names for its files.
fn kept(kept: &str, names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kept);
    for (kept_name, name) in FORMER.into_iter().zip(names) {
        fs::copy(kept.join(kept_name), folder.path().join(name)).expect("the kept folder is there");
    }
    folder
}

/// The folder that a build of format 2 left.
fn format_2() -> TempDir {
    kept("format-2", &FORMER)
}

#[test]
fn a_folder_of_the_former_name_gets_todays_names() {
    let folder = format_1_as([FORMER[0], FORMER[1]]);
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
    let folder = format_1_as([FORMER[0], FORMER[1]]);
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

/// As the folder's README says, in today's format.
fn check_format_2(folder: &Path, store: &SqliteStore) {
    let kinds =
        [(StoredKind(1), "airport"), (StoredKind(2), "carrier")].map(|(id, name)| (id, name.to_owned()));
    assert_eq!(store.decisions().kind_names().expect("kinds"), kinds);
    let at = |n: u64| Address { kind: StoredKind(1 + (n % 2) as u32), ..address(n) };
    for n in 0..20 {
        let revision = if n < 3 { 2 } else { 1 };
        let loaded = store.load(&[LoadRequest::new(at(n), 10, 10)]).expect("loads").remove(0);
        assert_eq!(
            (loaded.revision, loaded.epoch, loaded.outbox_sequence),
            (revision, 1, revision),
            "key {n}"
        );
        assert_eq!(loaded.state, Some(vec![(n + revision - 1) as u8; 100 * n as usize]), "key {n}");
        assert_eq!((loaded.state_version, loaded.codec), (0, 0));
        let sender = (n + 19) % 20;
        let sequences = if n == 4 {
            0
        } else if sender < 3 {
            2
        } else {
            1
        };
        let partition = partition(if n % 2 == 0 { "airport" } else { "carrier" }, &address(n).key);
        for (index, (id, message)) in loaded.inbox.iter().enumerate() {
            assert_eq!((&id.sender, id.sequence), (&at(sender), index as u64 + 1));
            assert_eq!((&*message.handler, &*message.payload), ("landed", &[sender as u8; 10][..]));
            assert_eq!((message.partition, message.attempts, message.next_at_ms), (partition, 0, 0));
            assert!(message.metadata.is_empty() && message.trace.is_empty());
        }
        assert_eq!(loaded.inbox.len(), sequences, "key {n}");
        let [rows, request] = &loaded.marks[..] else { panic!("key {n}: {:?}", loaded.marks) };
        assert_eq!((&rows.source, rows.sequence), (&MarkSource::Producer("rows".into()), n));
        assert_eq!((&*rows.reply, rows.gap, rows.metadata.is_empty()), (&[n as u8, 1][..], 0, true));
        assert_eq!(request.source, MarkSource::Key(format!("request-{n}").into()));
        assert_eq!((&*request.reply, request.expires_at_ms), (&[n as u8, 2][..], 4_102_444_800_000));
    }
    let rows = checked(folder);
    let mut rows = rows.prepare("SELECT kind, key, partition FROM actor").expect("reads");
    let partitions: Vec<(u32, String, u16)> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("reads")
        .collect::<Result<_, _>>()
        .expect("reads");
    assert_eq!(partitions.len(), 20);
    for (kind, key, found) in partitions {
        assert_eq!(found, partition(["airport", "carrier"][kind as usize - 1], &key), "{kind} {key}");
    }
}

#[test]
fn data_of_format_2_is_brought_to_this_one() {
    let folder = format_2();
    for _ in 0..2 {
        let store = open(folder.path()).expect("opens");
        check_format_2(folder.path(), &store);
    }
    // And the data lives on.
    let store = open(folder.path()).expect("opens");
    let mut record = Record::new(Address { kind: StoredKind(1), ..address(8) }, 1, 1, 1);
    record.next = 2;
    record.state = Some(b"new".to_vec());
    assert_eq!(store.commit(&[record]).expect("commits"), [Ok(())]);
    check_loaded(&store, 8, b"new");
}

fn check_loaded(store: &SqliteStore, n: u64, state: &[u8]) {
    let request = LoadRequest::new(Address { kind: StoredKind(1), ..address(n) }, 10, 10);
    let loaded = store.load(&[request]).expect("loads").remove(0);
    assert_eq!(loaded.state.as_deref(), Some(state));
}

#[test]
fn a_backup_of_format_2_is_restored() {
    let (folder, restored) = (kept("format-2", &[DATABASE, LOG]), tempfile::tempdir().expect("a folder"));
    let old = checked(folder.path());
    old.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).expect("without a log");
    drop(old);
    let into = restored.path().join("restored");
    restore(folder.path(), &into).expect("restores");
    check_format_2(&into, &open(&into).expect("opens"));
}

#[test]
fn a_row_that_was_damaged_in_format_2_stays_damaged() {
    let folder = kept("format-2", &[DATABASE, LOG]);
    let tool = checked(folder.path());
    tool.execute("UPDATE actor SET state = x'00' WHERE key = 'key-06'", []).expect("changes");
    tool.execute("UPDATE outbox SET payload = x'00' WHERE sender_key = 'key-09'", []).expect("changes");
    drop(tool);
    let store = open(folder.path()).expect("opens");
    for (kind, n) in [(1, 6), (1, 10)] {
        let request = LoadRequest::new(Address { kind: StoredKind(kind), ..address(n) }, 10, 10);
        assert!(matches!(store.load(&[request]), Err(StoreError::Corrupted(_))), "key {n}");
    }
    check_loaded(&store, 8, &[8; 800]);
}

#[test]
fn a_large_folder_of_format_2_says_how_far_it_is() {
    let folder = kept("format-2", &[DATABASE, LOG]);
    let tool = checked(folder.path());
    tool.execute_batch(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 25000)
         INSERT INTO actor (kind, key, revision, epoch, outbox_sequence, checksum, state)
         SELECT 1, 'more-' || n, 1, 1, 0, 0, x'01' FROM n",
    )
    .expect("fills");
    drop(tool);
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let into = seen.clone();
    let report = ProgressReport(Arc::new(move |progress| into.lock().unwrap().push(progress)));
    drop(
        SqliteStore::open(folder.path(), SqliteOptions { report, ..SqliteOptions::default() })
            .expect("opens"),
    );
    check_told(&seen.lock().unwrap(), 2, 25_082);
}

#[test]
fn data_of_format_1_says_how_far_it_is_on_the_whole_way() {
    let folder = format_1();
    let rows = {
        let plain = Connection::open(folder.path().join(DATABASE)).expect("opens");
        let count = "SELECT (SELECT count(*) FROM actor) + (SELECT count(*) FROM outbox)
            + (SELECT count(*) FROM mark WHERE source_type <> 0)";
        plain.query_row(count, [], |row| row.get::<_, i64>(0)).expect("counts").unsigned_abs()
    };
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let into = seen.clone();
    let report = ProgressReport(Arc::new(move |progress| into.lock().unwrap().push(progress)));
    let options = SqliteOptions { report, ..SqliteOptions::default() };
    drop(SqliteStore::open(folder.path(), options.clone()).expect("opens"));
    check_told(&seen.lock().unwrap(), 1, rows);
    let told = seen.lock().unwrap().len();
    drop(SqliteStore::open(folder.path(), options).expect("opens"));
    assert_eq!(seen.lock().unwrap().len(), told, "data of this format needs no bringing forward");
}

/// One beginning with no row done, one end with all of them, and no step back between.
fn check_told(seen: &[Progress], from: u32, rows_total: u64) {
    assert!(rows_total > 0 && seen.len() >= 2, "{seen:?}");
    assert!(
        seen.iter().all(|told| (told.from, told.to, told.rows_total) == (from, 3, rows_total)),
        "{seen:?}"
    );
    assert!(seen.is_sorted_by_key(|told| told.rows), "{seen:?}");
    let ends = seen.iter().filter(|told| told.rows == rows_total).count();
    assert_eq!((seen[0].rows, ends), (0, 1), "{seen:?}");
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
    assert_eq!(error, StoreError::UnsupportedFormat { found: 9, supported: 3 });
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

/// What happens to a database, and how.
type Loss = (&'static str, fn(&Path));

#[test]
fn a_database_that_was_lost_is_damage_and_not_a_new_one() {
    let lose: [Loss; 3] = [
        ("is missing", |database| fs::remove_file(database).expect("there")),
        ("is empty", |database| fs::write(database, b"").expect("written")),
        ("holds nothing", |database| {
            fs::remove_file(database).expect("there");
            let new = Connection::open(database).expect("opens");
            new.execute_batch("CREATE TABLE a (b); DROP TABLE a").expect("a database without a table");
        }),
    ];
    for (what, lose) in lose {
        for with_log in [false, true] {
            let folder = tempfile::tempdir().expect("a folder");
            let store = open(folder.path()).expect("opens");
            (0..10).for_each(|n| write(&store, n, 0).expect("commits"));
            let log = fs::read(folder.path().join(LOG)).expect("there");
            drop(store);
            lose(&folder.path().join(DATABASE));
            if with_log && what != "holds nothing" {
                fs::write(folder.path().join(LOG), log).expect("written");
            }
            let Err(StoreError::Corrupted(text)) = open(folder.path()) else { panic!("{what}: opened") };
            assert!(text.contains(what), "{text}");
            assert!(matches!(open(folder.path()), Err(StoreError::Corrupted(_))), "and still");
        }
    }
}

#[test]
fn a_folder_without_a_name_is_refused_and_one_like_a_uri_is_a_folder() {
    let Err(StoreError::Invalid(text)) = open(Path::new("")) else { panic!("opened") };
    assert!(text.contains("empty"), "{text}");
    assert!(!Path::new(DATABASE).exists() && !Path::new("everact.lock").exists());
    let inside = tempfile::tempdir_in(".").expect("a folder");
    let name = Path::new(inside.path().file_name().expect("a name")).join("file:x?mode=ro");
    let store = open(&name).expect("opens by a relative name");
    write(&store, 1, 0).expect("commits");
    store.backup(&name.join("file:copy")).expect("copies");
    drop(store);
    assert_eq!(load(&open(&name).expect("opens"), 1).revision, 1);
    let relative = Path::new("file:").join("nothing");
    assert!(restore(&relative, &name.join("other")).is_err());
}
