//! Bytes that change on the disk by themselves, in any place: what is read is right, or the damage is reported.
//!
//! Two kinds of damage cannot be seen and are counted instead, so that they do not grow unnoticed
//! (docs/adr/0005-store-format.md): the log's last commit, which then looks like one that was never finished, and
//! a search tree of the database that leads past a row. All that is read is checked by checksums.

use std::path::Path;
use std::sync::Arc;

use reenact_sim::checker::Ledger;
use reenact_sim::disk::{Crash, Disk};
use reenact_sim::seed::Random;
use reenact_sim::vfs::{SimulatedFiles, mount};
use reenact_sim::workload;
use reenact_store::{SqliteOptions, SqliteStore, Store, StoreError};

const RUNS: u64 = 2_000;
const DATABASE: &str = "reenact.db";
/// How many commits at the log's end a damage of a page's size can make look unfinished: it may lie across two.
const LAST_COMMITS: usize = 2;
/// Damages of a database that may lead past a row, of a hundred.
const UNSEEN_PERCENT_MAX: u64 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Unharmed,
    Reported,
    Unseen,
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
    let mut before = Vec::new();
    for _ in 0..10 + random.below(40) {
        let records = workload::batch(random, ledger.held());
        let (after, _) = ledger.expect(&records);
        store.commit(&records).expect("commits");
        if after != *ledger.held() {
            before.push(ledger.held().clone());
        }
        ledger.acknowledged(after);
    }
    match random.chance(500) {
        true => store.close().expect("closes"),
        false => before.into_iter().rev().take(LAST_COMMITS).for_each(|before| ledger.failed(before)),
    }
    disk.crash(Crash::Kill);
    drop(store);
    disk.restart();
    ledger
}

/// Changes some bytes of one file and returns its name.
fn damage(random: &mut Random, disk: &Disk) -> String {
    let files: Vec<(String, usize)> = disk.list().into_iter().filter(|(_, len)| *len > 0).collect();
    let (name, len) = &files[random.below(files.len())];
    let at = random.below(*len);
    let count = random.pick(&[1, 1, 16, 512, 4_096]).min(len - at);
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
    name.clone()
}

/// What a reader learns.
fn look(seed: u64, folder: &Path, ledger: &mut Ledger) -> Found {
    match SqliteStore::open(folder, options()) {
        Ok(store) => match ledger.check(&store) {
            Ok(()) => Found::Unharmed,
            Err(why) if why.starts_with("reading back") => Found::Reported,
            Err(_) => Found::Unseen,
        },
        Err(StoreError::Corrupted(_) | StoreError::UnsupportedFormat { .. }) => Found::Reported,
        Err(error) => panic!("seed {seed}: {error}"),
    }
}

#[test]
fn damage_is_reported() {
    let folder = tempfile::tempdir().expect("a folder for the lock");
    let (mut reported, mut unharmed, mut unseen) = (0, 0, 0);
    for seed in 0..RUNS {
        let mut random = Random::new(seed);
        let disk = Disk::new(seed);
        let _mount = mount(folder.path(), Arc::clone(&disk));
        let mut ledger = work(&mut random, &disk, folder.path());
        let name = damage(&mut random, &disk);
        match look(seed, folder.path(), &mut ledger) {
            Found::Reported => reported += 1,
            Found::Unharmed => unharmed += 1,
            Found::Unseen => {
                assert_eq!(name, DATABASE, "seed {seed}: more than the log's end is missing");
                unseen += 1;
            }
        }
    }
    println!(
        "{RUNS} damages: {reported} reported, {unharmed} where nothing is read, {unseen} led past a row"
    );
    assert!(reported > RUNS / 4 && unseen * 100 <= RUNS * UNSEEN_PERCENT_MAX, "{reported} {unseen}");
}
