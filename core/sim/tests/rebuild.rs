//! Data of format 1 on its way to this one, on a disk that fails: afterwards it is the old or the new, whole.

use std::path::Path;
use std::sync::Arc;

use everact_kernel::address::{Address, StoredKind};
use everact_sim::disk::{Crash, Disk, Faults};
use everact_sim::seed::Random;
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_store::{LoadRequest, Loaded, SqliteOptions, SqliteStore, Store, StoreError};

const RUNS: u64 = 1_000;
const DATABASE: &[u8] = include_bytes!("../../store/tests/format-1/reenact.db");
const LOG: &[u8] = include_bytes!("../../store/tests/format-1/reenact.db-wal");

fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
    let options = SqliteOptions {
        checkpoint_thread: false,
        file_system: Arc::new(SimulatedFiles),
        ..SqliteOptions::default()
    };
    SqliteStore::open(folder, options)
}

fn contents(store: &SqliteStore) -> Vec<Loaded> {
    let request =
        |n| LoadRequest::new(Address { kind: StoredKind(1), key: format!("key-{n:02}").into() }, 10, 10);
    store.load(&(0..20).map(request).collect::<Vec<_>>()).expect("loads")
}

fn old_disk(seed: u64) -> Arc<Disk> {
    let disk = Disk::new(seed);
    disk.put("everact.db", DATABASE);
    disk.put("everact.db-wal", LOG);
    disk
}

#[test]
fn a_crash_while_the_data_is_brought_to_this_format_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder for the lock");
    let (expected, operations) = {
        let disk = old_disk(0);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        let store = open(folder.path()).expect("opens");
        (contents(&store), disk.counts().operations as usize)
    };
    assert_eq!((expected.len(), expected[1].revision), (20, 2));
    let mut broken_off = 0;
    for seed in 0..RUNS {
        let mut random = Random::new(seed);
        let disk = old_disk(seed);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        for _ in 0..1 + random.below(3) {
            match random.below(4) {
                0 => disk.set_faults(Faults { failed_syncs: 200, failed_writes: 50, ..Faults::default() }),
                1 => {
                    let room = random.below(120_000);
                    disk.set_faults(Faults { capacity_bytes: disk.bytes() + room, ..Faults::default() });
                }
                _ => {
                    let crash = random.pick(&[Crash::Kill, Crash::PowerCut, Crash::PowerCut]);
                    disk.plan(1 + random.below(operations) as u64, crash);
                }
            }
            match open(folder.path()) {
                Ok(_) => {}
                Err(StoreError::Unavailable(_)) => broken_off += 1,
                Err(_) if disk.is_down() => broken_off += 1,
                Err(error) => panic!("seed {seed}: {error}"),
            }
            disk.set_faults(Faults::default());
            disk.crash(Crash::PowerCut);
            disk.restart();
        }
        let store = open(folder.path()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(contents(&store) == expected, "seed {seed}: something is missing");
    }
    println!("{RUNS} runs, broken off {broken_off} times");
    assert!(broken_off > RUNS / 2, "hardly anything went wrong");
}
