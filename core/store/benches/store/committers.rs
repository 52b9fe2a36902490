//! Committers in a closed loop: each has one commit open and starts the next when that one is acknowledged.
//!
//! One thread plays them all, so that no thread per committer is woken; the writer takes whatever is at hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use parking_lot::{Condvar, Mutex};

/// The actors: their keys, and the revision that each one's next commit expects.
pub(crate) struct Keys {
    names: Vec<Arc<str>>,
    revisions: Vec<u64>,
    busy: Vec<bool>,
    random: u64,
    state_bytes: usize,
}

/// What a run measured.
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) max_us: f64,
}

impl Keys {
    pub(crate) fn new(count: usize, state_bytes: usize) -> Self {
        Self {
            names: (0..count).map(|key| format!("key-{key:09}").into()).collect(),
            revisions: vec![0; count],
            busy: vec![false; count],
            random: 0x9E37_79B9_7F4A_7C15,
            state_bytes,
        }
    }

    /// The key's next commit: fenced by its revision, with a state that differs from the last.
    pub(crate) fn next_record(&mut self, key: usize) -> Record {
        let expected = self.revisions[key];
        self.revisions[key] += 1;
        let address = Address { kind: StoredKind(1), key: Arc::clone(&self.names[key]) };
        let mut record = Record::new(address, expected, 1, 0);
        record.next = expected + 1;
        record.state = Some(vec![expected as u8; self.state_bytes]);
        record
    }

    /// A random key's address.
    pub(crate) fn any(&mut self) -> Address {
        let key = self.pick();
        self.busy[key] = false;
        Address { kind: StoredKind(1), key: Arc::clone(&self.names[key]) }
    }

    /// A random key without an open commit.
    fn pick(&mut self) -> usize {
        loop {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            let key = (self.random % self.names.len() as u64) as usize;
            if !self.busy[key] {
                self.busy[key] = true;
                return key;
            }
        }
    }
}

/// An open commit.
struct Open {
    key: usize,
    since: Instant,
}

/// What goes to the writer and what comes back.
#[derive(Default)]
struct Desk {
    records: Vec<Record>,
    opened: Vec<Open>,
    done: Vec<Open>,
    finished: bool,
}

#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    submitted: Condvar,
    acknowledged: Condvar,
}

/// Keeps `committers` commits open for the time and measures each from submission to acknowledgement.
pub(crate) fn drive(
    keys: &mut Keys,
    committers: usize,
    time: Duration,
    commit: &mut (impl FnMut(&[Record]) + Send),
) -> Outcome {
    let shared = Shared::default();
    std::thread::scope(|scope| {
        scope.spawn(|| write(&shared, commit));
        let start = Instant::now();
        let mut latencies: Vec<Duration> = Vec::with_capacity(1 << 20);
        submit(&shared, keys, committers);
        let mut open = committers;
        while open > 0 {
            let mut desk = shared.desk.lock();
            while desk.done.is_empty() {
                shared.acknowledged.wait(&mut desk);
            }
            let done = std::mem::take(&mut desk.done);
            drop(desk);
            let now = Instant::now();
            for commit in &done {
                latencies.push(now - commit.since);
                keys.busy[commit.key] = false;
            }
            match start.elapsed() < time {
                true => submit(&shared, keys, done.len()),
                false => open -= done.len(),
            }
        }
        let elapsed = start.elapsed();
        shared.desk.lock().finished = true;
        shared.submitted.notify_one();
        outcome(latencies, elapsed)
    })
}

fn submit(shared: &Shared, keys: &mut Keys, count: usize) {
    let since = Instant::now();
    let mut records = Vec::with_capacity(count);
    let mut opened = Vec::with_capacity(count);
    for _ in 0..count {
        let key = keys.pick();
        records.push(keys.next_record(key));
        opened.push(Open { key, since });
    }
    let mut desk = shared.desk.lock();
    desk.records.append(&mut records);
    desk.opened.append(&mut opened);
    shared.submitted.notify_one();
}

fn write(shared: &Shared, commit: &mut impl FnMut(&[Record])) {
    loop {
        let mut desk = shared.desk.lock();
        while desk.records.is_empty() && !desk.finished {
            shared.submitted.wait(&mut desk);
        }
        if desk.records.is_empty() {
            return;
        }
        let records = std::mem::take(&mut desk.records);
        let mut opened = std::mem::take(&mut desk.opened);
        drop(desk);
        commit(&records);
        shared.desk.lock().done.append(&mut opened);
        shared.acknowledged.notify_one();
    }
}

fn outcome(mut latencies: Vec<Duration>, elapsed: Duration) -> Outcome {
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    Outcome {
        per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
        p50_us: at(0.50),
        p99_us: at(0.99),
        max_us: at(1.0),
    }
}
