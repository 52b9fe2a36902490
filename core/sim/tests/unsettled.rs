//! A log that opening could not make durable is not copied into the database when the refused opening ends.
//!
//! | step | the log | the database |
//! | --- | --- | --- |
//! | a kill in the middle of a commit's sync | its last commit is visible, not durable | whole |
//! | opening writes that commit again, and the sync fails | the system forgets the writes: a later sync does nothing | whole |
//! | the connection closes | the same | SQLite would copy the commit here now |
//! | the power is cut | without its last commit | torn pages, with nothing left to mend them |

use std::path::Path;
use std::sync::Arc;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use everact_sim::checker::Ledger;
use everact_sim::disk::{Crash, Disk};
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_store::{LoadRequest, SqliteOptions, SqliteStore, Store, StoreError};

const DATABASE: &str = "everact.db";
const LOG: &str = "everact.db-wal";

fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
    let options = SqliteOptions {
        checkpoint_pages: 10,
        checkpoint_thread: false,
        file_system: Arc::new(SimulatedFiles),
        ..SqliteOptions::default()
    };
    SqliteStore::open(folder, options)
}

/// All lie on the same few pages, so that a copy changes what the database holds already.
fn record(number: u64, revision: u64) -> Record {
    let address = Address { kind: StoredKind(1), key: format!("key-{number}").into() };
    let mut record = Record::new(address, revision, 1, 0);
    record.next = revision + 1;
    record.state = Some(vec![revision as u8; 1_000]);
    record
}

fn bytes_of(disk: &Disk, name: &str) -> Vec<u8> {
    disk.bytes_of(name).unwrap_or_default()
}

#[test]
fn a_log_that_could_not_be_made_durable_is_not_copied() {
    let mut refused = 0;
    for seed in 0..100 {
        let folder = tempfile::tempdir().expect("a folder for the lock");
        let disk = Disk::new(seed);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        let store = open(folder.path()).expect("opens");
        let mut ledger = Ledger::default();
        for revision in 0..6 {
            let records: Vec<_> = (0..5).map(|number| record(number, revision)).collect();
            let (after, expected) = ledger.expect(&records);
            if revision == 5 {
                // The last step of a commit is its sync; the log has started anew just before.
                disk.plan(4 + seed % 4, Crash::Kill);
            }
            match store.commit(&records) {
                Ok(answers) if answers == expected => ledger.acknowledged(after),
                Err(StoreError::Unavailable(_)) => ledger.failed(after),
                other => panic!("seed {seed}: {other:?}"),
            }
        }
        disk.crash(Crash::Kill);
        drop(store);
        disk.restart();
        let before = (bytes_of(&disk, DATABASE), bytes_of(&disk, LOG));
        disk.fail_next_sync(LOG);
        if let Err(error) = open(folder.path()).map(drop) {
            assert!(matches!(error, StoreError::Unavailable(_)), "seed {seed}: {error}");
            assert!(
                before == (bytes_of(&disk, DATABASE), bytes_of(&disk, LOG)),
                "seed {seed}: a copy was made"
            );
            refused += 1;
        }
        disk.crash(Crash::PowerCut);
        disk.restart();
        let store = open(folder.path()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        ledger.check(&store).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    assert!(refused > 50, "the sync failed in {refused} openings only");
}

#[test]
fn neither_is_the_log_of_an_older_format() {
    const OLD: (&[u8], &[u8]) = (
        include_bytes!("../../store/tests/format-1/reenact.db"),
        include_bytes!("../../store/tests/format-1/reenact.db-wal"),
    );
    for seed in 0..20 {
        let folder = tempfile::tempdir().expect("a folder for the lock");
        let disk = Disk::new(seed);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        disk.put(DATABASE, OLD.0);
        disk.put(LOG, OLD.1);
        disk.fail_next_sync(LOG);
        let refused = open(folder.path()).map(drop);
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert!((&*bytes_of(&disk, DATABASE), &*bytes_of(&disk, LOG)) == OLD, "seed {seed}: a copy was made");
        disk.crash(Crash::PowerCut);
        disk.restart();
        let store = open(folder.path()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let address = Address { kind: StoredKind(1), key: "key-01".into() };
        let loaded = store.load(&[LoadRequest::new(address, 10, 10)]).expect("loads");
        assert_eq!(loaded[0].revision, 2, "seed {seed}");
    }
}
