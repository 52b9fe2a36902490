//! A process that commits what a seed decides and says after each commit that it was acknowledged: to be killed.
//!
//! `committer <folder> <seed>` prints `open`, then one line a commit, until it is killed or its input ends.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use everact_sim::checker::{Contents, Ledger};
use everact_sim::seed::Random;
use everact_sim::workload;
use everact_store::{SqliteOptions, SqliteStore, Store};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, seed] = &arguments[..] else { panic!("committer <folder> <seed>") };
    let mut random = Random::new(seed.parse().expect("a seed is a number"));
    // A short log, so that kills meet copying and starting anew.
    let options = SqliteOptions { checkpoint_pages: 200, ..SqliteOptions::default() };
    let store = SqliteStore::open(Path::new(folder), options).expect("opens");
    let addresses: BTreeSet<_> = (0..workload::ACTORS).map(workload::address).collect();
    let mut ledger = Ledger::default();
    ledger.acknowledged(Contents::read(&store, &addresses).expect("reads"));
    let mut out = std::io::stdout().lock();
    writeln!(out, "open").expect("somebody listens");
    for number in 1_u64.. {
        let records = workload::batch(&mut random, ledger.held());
        let (after, expected) = ledger.expect(&records);
        assert_eq!(store.commit(&records).expect("commits"), expected);
        ledger.acknowledged(after);
        writeln!(out, "{number}").expect("somebody listens");
    }
}
