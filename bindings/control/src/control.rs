//! An engine under control: its life cycle, what it holds, and copies of its data.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blocking::unblock;
use everact_boundary::calls;
use everact_boundary::engine::{Engine, Failure, HostEvent};

use crate::error::EveractException;
use crate::options::Options;

/// How long a look for the end of closing waits at a time.
const CLOSING_POLL: Duration = Duration::from_millis(50);
/// What closing may take beyond its deadline: the store's last sync.
const CLOSING_GRACE: Duration = Duration::from_secs(10);

/// What an engine holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Stats {
    /// Activations in memory.
    pub activations: u64,
    /// Turns handed out and not completed.
    pub open_turns: u64,
    /// Asks without an answer.
    pub open_asks: u64,
    /// Bytes of encoded state of activations.
    pub state_bytes: u64,
    /// Turns completed since the start.
    pub turns: u64,
    /// Turns that failed since the start.
    pub failed_turns: u64,
    /// Activations that left memory since the start.
    pub passivations: u64,
}

/// An open engine.
#[derive(uniffi::Object)]
pub struct Control {
    engine: Arc<Engine>,
}

#[uniffi::export]
impl Control {
    /// Opens an engine.
    ///
    /// # Errors
    /// `InvalidConfiguration`, `DataLocked`, `Corrupted`, `UnsupportedFormat`, `Unavailable`.
    #[uniffi::constructor]
    pub fn open(options: Options) -> Result<Arc<Self>, EveractException> {
        let engine = Engine::open(options.config()?, None)?;
        Ok(Arc::new(Self { engine: Arc::new(engine) }))
    }

    /// What the engine holds at the moment.
    pub fn stats(&self) -> Stats {
        let held = self.engine.stats();
        Stats {
            activations: held.activations as u64,
            open_turns: held.open_turns as u64,
            open_asks: held.open_asks as u64,
            state_bytes: held.state_bytes as u64,
            turns: held.turns,
            failed_turns: held.failed_turns,
            passivations: held.passivations,
        }
    }

    /// Names of the kinds it knows.
    pub fn kinds(&self) -> Vec<String> {
        self.engine.kinds().iter().map(|(_, kind)| kind.name.to_string()).collect()
    }

    /// Whether it takes no more calls.
    pub fn is_closed(&self) -> bool {
        self.engine.is_closed()
    }

    /// Copies a consistent state of all data into a new folder while work goes on.
    ///
    /// # Errors
    /// `InvalidArgument` where the folder cannot be made, `Unavailable` where copying fails.
    pub async fn backup(&self, into: String) -> Result<(), EveractException> {
        let engine = self.engine.clone();
        Ok(unblock(move || engine.backup(&PathBuf::from(into))).await?)
    }

    /// Takes no new messages, finishes what is accepted within the deadline (milliseconds), and lets the data go.
    ///
    /// # Errors
    /// `Unavailable` where the store does not come to its end.
    pub async fn shut_down(&self, deadline_ms: u32) -> Result<(), EveractException> {
        let engine = self.engine.clone();
        let deadline = Duration::from_millis(u64::from(deadline_ms));
        Ok(unblock(move || close(&engine, deadline)).await?)
    }
}

fn close(engine: &Engine, deadline: Duration) -> Result<(), Failure> {
    let started = Instant::now();
    engine.close(deadline);
    let mut events = Vec::new();
    while !engine.is_closed() {
        if started.elapsed() > deadline + CLOSING_GRACE {
            let code = everact_boundary::engine::ErrorCode::Unavailable;
            return Err(Failure::new(code, "the store does not come to its end"));
        }
        events.clear();
        engine.poll(&mut events, 64, CLOSING_POLL);
        if events.iter().any(|event| matches!(event, HostEvent::Closed)) {
            break;
        }
    }
    Ok(())
}

/// Makes a data folder from a backup.
///
/// # Errors
/// `InvalidArgument` where `into` holds data already, `Corrupted` where the backup cannot be trusted.
#[uniffi::export]
pub async fn restore(from: String, into: String) -> Result<(), EveractException> {
    Ok(unblock(move || Engine::restore(&PathBuf::from(from), &PathBuf::from(into))).await?)
}

/// The boundary's version: the same number as the SDKs of this release expect.
#[uniffi::export]
pub fn abi_version() -> u32 {
    calls::abi_version()
}
