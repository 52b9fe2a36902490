//! How fast the embedded store commits, beside the two limits that explain it: a bare log with the same group
//! commit, and stock SQLite.
//!
//! `cargo bench -p everact-store` runs all; `cargo bench -p everact-store -- log sqlite stock` chooses.
//! `EVERACT_BENCH_KEYS` (1,000,000), `EVERACT_BENCH_STATE_BYTES` (200), `EVERACT_BENCH_SECONDS` (10),
//! `EVERACT_BENCH_COMMITTERS` (all of 1, 64 and 1,000) and `EVERACT_BENCH_FOLDER` change the load.
//! Every commit is synced before it is acknowledged, in all three.

mod committers;
mod figure;
mod log;
mod opening;
mod stock;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use everact_kernel::commit::Record;
use everact_store::{LoadRequest, SqliteOptions, SqliteStore, Store};

use committers::Keys;
use figure::figure;

/// How many commits are open at the same time.
const COMMITTERS: [usize; 3] = [1, 64, 1_000];
/// How many actors are read in one call.
const LOADS: usize = 64;
/// How large an actor's state is.
const STATE_BYTES: usize = 200;
/// How many new actors a commit holds while the keys are loaded.
const LOAD_BATCH_RECORDS: usize = 1_000;

fn main() {
    if opening::be_child() {
        return;
    }
    let chosen: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|choice| choice == name);
    let keys_count = setting("EVERACT_BENCH_KEYS", 1_000_000);
    let seconds = Duration::from_secs(setting("EVERACT_BENCH_SECONDS", 10) as u64);
    let base = std::env::var_os("EVERACT_BENCH_FOLDER")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = tempfile::tempdir_in(base).expect("a folder for the data");

    if is_chosen("sqlite") {
        let store = SqliteStore::open(&folder.path().join("sqlite"), options()).expect("open");
        let mut keys = run("store", keys_count, seconds, |records| {
            let answers = store.commit(records).expect("commit");
            assert!(answers.iter().all(Result::is_ok), "a commit was refused");
        });
        read(&store, &mut keys, seconds);
        store.close().expect("close");
        opening::measure(&folder.path().join("sqlite"));
    }
    if is_chosen("stock") {
        let mut stock = stock::Stock::open(&folder.path().join("stock.db"));
        run("stock_sqlite", keys_count, seconds, |records| stock.commit(records));
    }
    if is_chosen("log") {
        let mut log = log::Log::open(&folder.path().join("log"));
        run("bare_log", keys_count, seconds, |records| log.commit(records));
    }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn options() -> SqliteOptions {
    let default = SqliteOptions::default();
    SqliteOptions {
        cache_kib: setting("EVERACT_BENCH_CACHE_KIB", default.cache_kib as usize) as u32,
        page_bytes: setting("EVERACT_BENCH_PAGE_BYTES", default.page_bytes as usize) as u32,
        checkpoint_pages: setting("EVERACT_BENCH_CHECKPOINT_PAGES", default.checkpoint_pages as usize) as u32,
        ..default
    }
}

fn run(name: &str, keys_count: usize, seconds: Duration, mut commit: impl FnMut(&[Record]) + Send) -> Keys {
    let mut keys = Keys::new(keys_count, setting("EVERACT_BENCH_STATE_BYTES", STATE_BYTES));
    let start = Instant::now();
    for first in (0..keys_count).step_by(LOAD_BATCH_RECORDS) {
        let records: Vec<Record> =
            (first..keys_count.min(first + LOAD_BATCH_RECORDS)).map(|key| keys.next_record(key)).collect();
        commit(&records);
    }
    figure(&format!("{name}.load_per_s"), keys_count as f64 / start.elapsed().as_secs_f64(), "1/s");
    let only = setting("EVERACT_BENCH_COMMITTERS", 0);
    for committers in COMMITTERS.into_iter().filter(|committers| only == 0 || *committers == only) {
        let outcome = committers::drive(&mut keys, committers, seconds, &mut commit);
        figure(&format!("{name}.commits_per_s.{committers}"), outcome.per_second, "1/s");
        figure(&format!("{name}.commit_p50_us.{committers}"), outcome.p50_us, "us");
        figure(&format!("{name}.commit_p99_us.{committers}"), outcome.p99_us, "us");
        figure(&format!("{name}.commit_max_us.{committers}"), outcome.max_us, "us");
    }
    keys
}

/// Random actors, as many in a call as the engine asks for at a time.
fn read(store: &SqliteStore, keys: &mut Keys, seconds: Duration) {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < seconds {
        let request = |address| LoadRequest::new(address, 64, 0);
        let requests: Vec<LoadRequest> = (0..LOADS).map(|_| request(keys.any())).collect();
        count += store.load(&requests).expect("load").len();
    }
    figure("store.loads_per_s", count as f64 / start.elapsed().as_secs_f64(), "1/s");
}
