//! Opening: configuration to kinds, a store for the data folder, the machine, its driver.

use std::path::Path;
use std::sync::Arc;

use everact_kernel::address::StoredKind;
use everact_kernel::error::Failure;
use everact_kernel::kind::{Handler, Kind, Kinds, Retry};
use everact_kernel::observation::Finding;
use everact_kernel::{Placement, Shard};
use everact_store::{MemoryStore, SqliteOptions, SqliteStore, Store};
use tracing::Dispatch;

use crate::apart::{failure, unanswered};
use crate::behaviour::BehaviourConfig;
use crate::clock::{Clock, SystemClock};
use crate::config::{Codec, Config, KindConfig};
use crate::diagnostics::{IN_MEMORY, Lines, ask_all_subscribers, bridge, within};
use crate::driver::threads::Threads;
use crate::engine::Engine;
use crate::lane::{Bell, Lane};
use crate::local_caller::LocalCallers;
use crate::machine::host::Host;
use crate::machine::shards::Shards;
use crate::machine::time::tick_ms;
use crate::machine::work::Work;
use crate::machine::{Admission, Machine};
use crate::retry::RetryConfig;

/// Where the engine's own diagnostics go, if anywhere.
fn channel(config: &Config) -> Option<(Dispatch, Arc<Lines>)> {
    ask_all_subscribers();
    config.log_level.map(|level| bridge(level.into(), config.data.as_deref()))
}

impl Engine {
    /// Opens an engine on the configured data folder, or in memory.
    ///
    /// # Errors
    /// `DataLocked` names the holder of the folder; `Corrupted`, `UnsupportedFormat` and `Unavailable` come from the store.
    pub fn open(config: Config, bell: Option<Bell>) -> Result<Self, Failure> {
        let channel = channel(&config);
        let store: Arc<dyn Store> = match &config.data {
            None => Arc::new(MemoryStore::new()),
            Some(folder) => {
                let cache_kib = u32::try_from(config.cache_bytes / 1024).unwrap_or(u32::MAX);
                let options = SqliteOptions { cache_kib, ..SqliteOptions::default() };
                let open = || SqliteStore::open(Path::new(folder), options);
                let opened = within(channel.as_ref().map(|(bridge, _)| bridge), open);
                Arc::new(opened.map_err(|error| failure(&error))?)
            }
        };
        let in_memory = config.data.is_none();
        Self::start(config, store, in_memory, bell, channel)
    }

    /// Opens an engine on a store of the caller's.
    ///
    /// # Errors
    /// What the store says when the kinds are declared.
    pub fn open_on(
        config: Config,
        store: Arc<dyn Store>,
        store_is_memory: bool,
        bell: Option<Bell>,
    ) -> Result<Self, Failure> {
        let channel = channel(&config);
        Self::start(config, store, store_is_memory, bell, channel)
    }

    fn start(
        mut config: Config,
        store: Arc<dyn Store>,
        store_is_memory: bool,
        bell: Option<Bell>,
        channel: Option<(Dispatch, Arc<Lines>)>,
    ) -> Result<Self, Failure> {
        let clock = Arc::new(SystemClock::new());
        let (data, warning) = (config.data.clone(), config.warning.take());
        let (bridge, lines) = channel.unzip();
        let host = Host { lane: Lane::new(bell), local_callers: LocalCallers::default(), bridge };
        let seed = fresh_seed();
        let machine = machine(config, (store, store_is_memory), host, (clock, seed), false)?;
        let machine = Arc::new(machine);
        if let Some(lines) = lines {
            let into = Arc::downgrade(&machine);
            lines.flow_to(&machine.host().lane, move |line| {
                if let Some(machine) = into.upgrade() {
                    machine.host().lane.push_log(line);
                }
            });
        }
        if let Some(warning) = warning {
            machine.notice(Finding::Warning { failure: warning });
        }
        machine.diagnose();
        machine.programs().run_on_a_thread(&machine);
        announce(&machine, data.as_deref());
        let threads = Threads::start(&machine)?;
        Ok(Self::new(machine, Some(threads)))
    }

    /// An engine whose machine somebody else drives.
    pub(crate) fn without_threads(
        config: Config,
        store: (Arc<dyn Store>, bool),
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, Failure> {
        let host = Host { lane: Lane::new(None), local_callers: LocalCallers::default(), bridge: None };
        let machine = machine(config, store, host, (clock, seed), true)?;
        Ok(Self::new(Arc::new(machine), None))
    }
}

/// Says what was opened, to whoever listens. The machine's clock began with its opening.
fn announce(machine: &Machine, data: Option<&str>) {
    within(machine.host().bridge.as_ref(), || {
        tracing::info!(
            target: "everact::engine",
            data = data.unwrap_or(IN_MEMORY),
            kinds = machine.kinds().iter().count(),
            shards = machine.shards().count(),
            took_us = machine.clock().now().monotonic_us,
            "engine.open"
        );
    });
}

/// Puts a machine together. With `stepped`, its driver carries messages between shards.
pub(crate) fn machine(
    config: Config,
    (store, store_is_memory): (Arc<dyn Store>, bool),
    host: Host,
    (clock, seed): (Arc<dyn Clock>, u64),
    stepped: bool,
) -> Result<Machine, Failure> {
    let kinds = Arc::new(declare(&config, &*store)?);
    let limits = config.limits();
    let count = config.shard_count();
    let shard = |index: usize| {
        let placement = Placement::new(index as u8, count as u16);
        let mut shard = Shard::new(placement, kinds.clone(), limits.clone(), seed ^ ((index as u64) << 32));
        shard.set_recovering(!store_is_memory);
        shard
    };
    let shards = Shards::new((0..count).map(shard).collect());
    let shortest = kinds.iter().map(|(_, kind)| kind.idle_timeout_ms).min().unwrap_or(u64::MAX);
    let work = Work::new(tick_ms(shortest), stepped);
    let admission =
        Admission { mode: config.lane, json: config.json(), caller_runs_max: config.caller_runs_max };
    Ok(Machine::new(kinds, shards, (host, work), clock, (store, store_is_memory), admission))
}

fn declare(config: &Config, store: &dyn Store) -> Result<Kinds, Failure> {
    let durable: Vec<&str> =
        config.kinds.iter().filter(|kind| kind.durable).map(|kind| kind.name.as_str()).collect();
    let stored = store.declare_kinds(&durable).map_err(|error| failure(&error))?;
    let numbers = stored.len();
    let mut stored = stored.into_iter();
    let kinds = config
        .kinds
        .iter()
        .map(|kind| {
            if !kind.durable {
                return Ok(declared(config, kind, StoredKind::default()));
            }
            let number = stored.next().ok_or_else(|| unanswered(numbers, durable.len()))?;
            Ok(declared(config, kind, number))
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Kinds::new(kinds))
}

fn declared(config: &Config, kind: &KindConfig, stored: StoredKind) -> Kind {
    Kind {
        name: kind.name.as_str().into(),
        role: kind.role.into(),
        behaviour: kind.behaviour(),
        stored,
        durable: kind.durable,
        handlers: kind
            .handlers
            .iter()
            .map(|handler| Handler {
                name: handler.name.as_str().into(),
                read_only: handler.read_only,
                reentrant: handler.reentrant,
                json: kind.codec == Codec::Json && !handler.bytes,
                retry: Arc::new(handler.retry.as_ref().map_or_else(Retry::default, RetryConfig::policy)),
            })
            .collect(),
        // What these begin with is a callback of theirs.
        activated: kind.activated
            || matches!(kind.behaviour, Some(BehaviourConfig::Server | BehaviourConfig::StateMachine)),
        passivating: kind.passivating,
        idle_timeout_ms: kind.idle_timeout_ms.unwrap_or(config.idle_timeout_ms),
        mailbox_capacity: kind.mailbox_capacity_messages.unwrap_or(config.mailbox_capacity_messages),
        overflow: kind.overflow.into(),
        state_version: 0,
        codec: kind.codec as u8,
    }
}

/// A seed nobody can guess: std's hasher keys come from the system.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
