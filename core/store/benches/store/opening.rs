//! From opening to the first durable answer: on a store of many actors, after a tidy end and after a kill under load.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use everact_store::{LoadRequest, SqliteStore, Store};

use super::figure::figure;
use super::{options, setting};

/// Tells a process of this program to load a folder until it is killed.
const CHILD: &str = "EVERACT_BENCH_CHILD";
const BATCH_RECORDS: u64 = 64;
const LOAD_TIME: Duration = Duration::from_secs(3);

/// Opens, reads an actor and commits it: what the first durable answer takes.
fn first_answer(folder: &Path) -> f64 {
    let start = Instant::now();
    let store = SqliteStore::open(folder, options()).expect("open");
    commit(&store, &[7]);
    start.elapsed().as_secs_f64() * 1e3
}

fn commit(store: &SqliteStore, keys: &[u64]) {
    let address = |key: &u64| Address { kind: StoredKind(1), key: format!("key-{key:09}").into() };
    let requests: Vec<LoadRequest> = keys.iter().map(|key| LoadRequest::new(address(key), 64, 0)).collect();
    let loaded = store.load(&requests).expect("load");
    let records: Vec<Record> = keys
        .iter()
        .zip(loaded)
        .map(|(key, loaded)| {
            let mut record = Record::new(address(key), loaded.revision, 1, 0);
            record.next += 1;
            record.state = Some(vec![loaded.revision as u8; 200]);
            record
        })
        .collect();
    let answers = store.commit(&records).expect("commit");
    assert!(answers.iter().all(Result::is_ok), "a commit was refused");
}

/// The child's whole work; false where this process is none.
pub(crate) fn be_child() -> bool {
    let Some(folder) = std::env::var_os(CHILD) else { return false };
    let store = SqliteStore::open(Path::new(&folder), options()).expect("open");
    let count = setting("EVERACT_BENCH_KEYS", 1_000_000) as u64;
    for first in (0_u64..).map(|batch| batch.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) {
        let keys: Vec<u64> = (0..BATCH_RECORDS).map(|index| (first + index * 7_919) % count).collect();
        commit(&store, &keys);
    }
    true
}

/// Measures both on a store that was closed.
pub(crate) fn measure(folder: &Path) {
    figure("open.million_ms", first_answer(folder), "ms");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the child starts");
    std::thread::sleep(LOAD_TIME);
    child.kill().expect("killed");
    child.wait().expect("dead");
    let log_bytes = std::fs::metadata(folder.join("everact.db-wal")).map_or(0, |log| log.len());
    figure("recover.kill9_ms", first_answer(folder), "ms");
    figure("recover.kill9_log_mb", log_bytes as f64 / 1e6, "MB");
}
