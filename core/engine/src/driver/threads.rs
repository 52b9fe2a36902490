//! The driver of ordinary engines: a thread each for commits, for reads and for time.
//!
//! | thread | sleeps until | may wait for the disk |
//! | --- | --- | --- |
//! | `everact-commit` | records or chores wait | yes: commits, deleting expired keys, closing the store |
//! | `everact-load` | reads wait, or recovery is due | yes: reads |
//! | `everact-tick` | the alarm rings | never: while a commit hangs, deadlines still pass |
//!
//! Usually the writer is the first thread; a caller that waits for its own result and finds the writer free leads the commit
//! itself, which saves two hops.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use everact_kernel::error::{ErrorCode, Failure};

use crate::diagnostics::within;
use crate::machine::Machine;
use crate::machine::life::Phase;
use crate::sync::Mutex;

/// The engine's threads; they end with this.
pub(crate) struct Threads {
    machine: Arc<Machine>,
    handles: Mutex<Vec<thread::JoinHandle<()>>>, // bound: made once
}

impl Threads {
    /// Starts them.
    pub(crate) fn start(machine: &Arc<Machine>) -> Result<Self, Failure> {
        let handles = vec![
            spawn("everact-commit", machine, run_commits)?,
            spawn("everact-load", machine, run_loads)?,
            spawn("everact-tick", machine, run_time)?,
        ];
        Ok(Self { machine: machine.clone(), handles: Mutex::new(handles) })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if self.machine.life().phase() != Phase::Closed {
            self.machine.end();
        }
        let handles = std::mem::take(&mut *self.handles.lock());
        for handle in handles {
            if handle.thread().id() != thread::current().id() {
                // A panicking engine thread has reported itself already.
                let _ = handle.join();
            }
        }
    }
}

fn spawn(name: &str, machine: &Arc<Machine>, run: fn(&Machine)) -> Result<thread::JoinHandle<()>, Failure> {
    let machine = machine.clone();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || within(machine.host().bridge.as_ref(), || run(&machine)))
        .map_err(|error| Failure::new(ErrorCode::Unavailable, format!("no thread for {name}: {error}")))
}

/// What waits for the writer: commits first, then chores.
pub(crate) fn run_commits(machine: &Machine) {
    while machine.work().commits.wait() {
        let mut events = Vec::new();
        if let Some(_writer) = machine.writer().wait() {
            machine.guarded(&mut events, |sink| machine.commit(sink));
            for chore in machine.chores().take() {
                machine.guarded(&mut events, |sink| machine.do_chore(chore, sink));
            }
        }
        machine.host().lane.push(&mut events);
        machine.work().loads.wake();
        if machine.chores().is_closed() {
            return;
        }
    }
}

/// What is asked for, and page by page what an earlier run left.
fn run_loads(machine: &Machine) {
    loop {
        let pause = machine.recovery_pause_ms().map(Duration::from_millis);
        if !machine.work().loads.wait_for(pause) {
            return;
        }
        machine.load_and_tell();
        machine.work().commits.wake();
    }
}

fn run_time(machine: &Machine) {
    while machine.work().alarm.sleep(machine.clock().now().monotonic_ms) {
        if machine.pass_time() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use everact_kernel::address::{Address, HandlerId, KindId};
    use everact_kernel::commit::{Mark, MarkSource, Record};
    use everact_kernel::metadata::Metadata;
    use everact_store::{LoadRequest, MemoryStore, Store};

    use crate::config::Config;
    use crate::engine::Engine;
    use crate::local_caller::Request;

    use super::*;

    /// The thread that watches deadlines asks for the deletion of expired keys while another has the store's writer.
    #[test]
    fn deleting_expired_keys_holds_up_no_deadline() {
        let json = r#"{"kinds":[{"name":"cache","durable":false,"handlers":[{"name":"add"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let engine = Engine::open_on(config, Arc::new(MemoryStore::new()), false, None).expect("opens");
        let writing = engine.machine().writer().wait();
        assert!(writing.is_some());
        engine.machine().work().alarm.marks_are_due();
        let (heard, hearing) = mpsc::channel();
        let metadata = Metadata::default();
        let request = Request {
            kind: KindId(0),
            handler: HandlerId(0),
            key: "a",
            payload: b"1",
            metadata: &metadata,
            deadline_ms: 50,
            recognition: None,
            tell: false,
        };
        // The turn is never run, so only the clock can end the ask.
        engine.ask(request, move |outcome| heard.send(outcome.map(drop)).expect("the test hears"));
        let outcome = hearing.recv_timeout(Duration::from_secs(10)).expect("the deadline passes");
        assert_eq!(outcome.expect_err("late").code, ErrorCode::DeadlineExceeded);
        drop(writing);
    }

    #[test]
    fn more_than_a_page_of_expired_keys_is_deleted_at_once() {
        const KEYS: usize = 2_500;
        let json = r#"{"kinds":[{"name":"account","durable":true,"handlers":[{"name":"add"}]}]}"#;
        let config = Config::read(json.as_bytes(), |_| None).expect("right");
        let store = Arc::new(MemoryStore::new());
        let kind = store.declare_kinds(&["account"]).expect("numbers")[0];
        let address = Address { kind, key: "a".into() };
        let mut record = Record::new(address.clone(), 0, 1, 0);
        for n in 0..KEYS {
            record.set_mark(Mark::new(MarkSource::Key(format!("key {n}").into()), 0, b""[..].into(), 1));
        }
        record.set_mark(Mark::new(MarkSource::Key("kept".into()), 0, b""[..].into(), i64::MAX as u64));
        assert_eq!(store.commit(&[record]).expect("written"), [Ok(())]);
        let engine = Engine::open_on(config, store.clone(), false, None).expect("opens");
        // The clock has them deleted as it begins, and comes again a minute later.
        let began = Instant::now();
        let left =
            || store.load(&[LoadRequest::new(address.clone(), 3_000, 0)]).expect("read")[0].marks.len();
        while left() > 1 {
            assert!(began.elapsed() < Duration::from_secs(20), "{} keys are left", left());
            thread::yield_now();
        }
        assert_eq!(left(), 1, "one has not expired");
        drop(engine);
    }
}
