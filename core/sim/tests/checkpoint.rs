//! A sync of the database that fails while the log is copied into it, step by step.
//!
//! What was copied before the failure is no longer on its way to the disk, and SQLite does not know: pages that
//! a reader outside made it copy early are counted as done. If the log started anew now, they would be gone.

use std::sync::Arc;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use everact_sim::checker::Ledger;
use everact_sim::disk::{Crash, Disk, Faults};
use everact_sim::vfs::{FILE_SYSTEM, SimulatedFiles, mount};
use everact_store::{SqliteOptions, SqliteStore, Store, StoreError};
use rusqlite::{Connection, OpenFlags};

const DATABASE: &str = "everact.db";

fn record(number: u64) -> Record {
    let address = Address { kind: StoredKind(1), key: format!("key-{number:04}").into() };
    let mut record = Record::new(address, 0, 1, 0);
    record.next = 1;
    record.state = Some(vec![number as u8; 3_000]);
    record
}

struct Bench {
    ledger: Ledger,
    next: u64,
}

impl Bench {
    fn commit(&mut self, store: &SqliteStore) -> Result<(), StoreError> {
        let records = [record(self.next)];
        self.next += 1;
        let (after, expected) = self.ledger.expect(&records);
        assert_eq!(store.commit(&records)?, expected);
        self.ledger.acknowledged(after);
        Ok(())
    }
}

#[test]
fn a_failed_sync_of_the_database_does_not_end_the_log() {
    for disk_seed in 0..20 {
        let folder = tempfile::tempdir().expect("a folder for the lock");
        let disk = Disk::new(disk_seed);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        let options = SqliteOptions {
            checkpoint_pages: 60,
            checkpoint_thread: false,
            file_system: Arc::new(SimulatedFiles),
            ..SqliteOptions::default()
        };
        let store = SqliteStore::open(folder.path(), options.clone()).expect("opens");
        let mut bench = Bench { ledger: Ledger::default(), next: 0 };
        (0..12).for_each(|_| bench.commit(&store).expect("commits"));
        // A tool reads this far: what comes later cannot be copied while it does.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let reader = Connection::open_with_flags_and_vfs(folder.path().join(DATABASE), flags, FILE_SYSTEM);
        let reader = reader.expect("opens");
        reader.execute_batch("BEGIN; SELECT count(*) FROM actor").expect("reads");
        (0..20).for_each(|_| bench.commit(&store).expect("commits"));
        drop(reader);
        disk.set_faults(Faults { failed_syncs: 1_000, only_file: Some(DATABASE), ..Faults::default() });
        let refused = (0..40).find_map(|_| bench.commit(&store).err());
        assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{refused:?}");
        disk.set_faults(Faults::default());
        if disk_seed % 2 == 0 {
            // A tool that is open now keeps alive what says how much was copied.
            let tool = Connection::open_with_flags_and_vfs(folder.path().join(DATABASE), flags, FILE_SYSTEM);
            let tool = tool.expect("opens");
            tool.execute_batch("SELECT count(*) FROM actor").expect("reads");
            store.reopen().expect("the disk is well again");
        } else {
            store.reopen().expect("the disk is well again");
        }
        (0..60).for_each(|_| bench.commit(&store).expect("commits"));
        disk.crash(Crash::PowerCut);
        drop(store);
        disk.restart();
        let store = SqliteStore::open(folder.path(), options).expect("opens");
        bench.ledger.check(&store).unwrap_or_else(|why| panic!("disk {disk_seed}: {why}"));
    }
}
