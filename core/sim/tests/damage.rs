//! Bytes that change on the disk by themselves, in any place: what is read is right, or the damage is reported.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use everact_sim::checker::Ledger;
use everact_sim::disk::{Crash, Disk};
use everact_sim::seed::Random;
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_sim::workload;
use everact_store::{SqliteOptions, SqliteStore, Store, StoreError};
use parking_lot::Mutex;

/// Each is damaged ten times in the database and, where there is one, twice in the log.
const LIVES: u64 = 1_000;
const DATABASE: &str = "everact.db";
const LOG: &str = "everact.db-wal";
/// Beside the kinds of `Found`.
const SAME: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Reported,
    Unharmed,
}

fn options() -> SqliteOptions {
    SqliteOptions {
        checkpoint_pages: 40,
        checkpoint_thread: false,
        file_system: Arc::new(SimulatedFiles),
        ..SqliteOptions::default()
    }
}

/// Works and ends; half of the time with a log that holds commits.
fn work(random: &mut Random, disk: &Disk, folder: &Path) -> Ledger {
    let mut ledger = Ledger::default();
    let store = SqliteStore::open(folder, options()).expect("opens");
    for _ in 0..10 + random.below(40) {
        let records = workload::batch(random, ledger.held());
        let (after, _) = ledger.expect(&records);
        store.commit(&records).expect("commits");
        ledger.acknowledged(after);
    }
    if random.chance(500) {
        store.close().expect("closes");
    }
    disk.crash(Crash::Kill);
    drop(store);
    disk.restart();
    ledger
}

/// Changes some bytes of a file; says whether they are others now.
fn damage(random: &mut Random, disk: &Disk, name: &str) -> bool {
    let before = disk.bytes_of(name).expect("there");
    let at = random.below(before.len());
    let count = random.pick(&[1, 1, 16, 512, 4_096]).min(before.len() - at);
    let kind = random.below(3);
    disk.damage(name, |bytes| {
        for byte in &mut bytes[at..at + count] {
            *byte = match kind {
                0 => *byte ^ (1 << random.below(8)),
                1 => 0,
                _ => random.number() as u8,
            };
        }
    });
    disk.bytes_of(name).expect("there") != before
}

/// What a reader learns.
fn look(seed: u64, name: &str, folder: &Path, ledger: &mut Ledger) -> Found {
    match SqliteStore::open(folder, options()) {
        Ok(store) => match ledger.check(&store) {
            Ok(()) => Found::Unharmed,
            Err(why) if why.starts_with("reading back: Corrupted") => Found::Reported,
            Err(why) => panic!("seed {seed}: damage to {name} was not seen: {why}"),
        },
        Err(StoreError::Corrupted(_)) => Found::Reported,
        Err(error) => panic!("seed {seed}: damage to {name}: {error}"),
    }
}

/// One life, and then each damage on a copy of what it left.
fn live(seed: u64, folder: &Path, found: &Mutex<BTreeMap<&'static str, [u64; 3]>>) {
    let mut random = Random::new(seed);
    let disk = Disk::new(seed);
    let mounted = mount(folder, Arc::clone(&disk));
    let mut ledger = work(&mut random, &disk, folder);
    drop(mounted);
    let files: Vec<(String, Vec<u8>)> = disk
        .list()
        .into_iter()
        .filter_map(|(name, _)| disk.bytes_of(&name).map(|bytes| (name, bytes)))
        .collect();
    for name in [DATABASE; 10].into_iter().chain([LOG; 2]) {
        if !files.iter().any(|(file, bytes)| file == name && !bytes.is_empty()) {
            continue;
        }
        let copy = Disk::new(seed);
        files.iter().for_each(|(name, bytes)| copy.put(name, bytes));
        let _mounted = mount(folder, Arc::clone(&copy));
        let kind = match damage(&mut random, &copy, name) {
            true => look(seed, name, folder, &mut ledger) as usize,
            false => SAME,
        };
        found.lock().entry(name).or_default()[kind] += 1;
    }
}

#[test]
fn damage_is_reported() {
    let next = AtomicU64::new(0);
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let folder = tempfile::tempdir().expect("a folder for the lock");
                loop {
                    match next.fetch_add(1, Ordering::Relaxed) {
                        seed if seed < LIVES => live(seed, folder.path(), &found),
                        _ => return,
                    }
                }
            });
        }
    });
    for (name, [reported, unharmed, same]) in found.into_inner() {
        println!(
            "{name}: {reported} damages reported, {unharmed} where nothing is read, {same} changed nothing"
        );
        assert!(reported > LIVES / 8, "hardly anything was read of {name}");
    }
}
