//! Opening: configuration to kinds, a store for the data folder, the threads.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use everact_kernel::Shard;
use everact_kernel::action::HostEvent;
use everact_kernel::address::StoredKind;
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::{Handler, Kind, Kinds, Retry};
use everact_store::{MemoryStore, SqliteOptions, SqliteStore, Store};
use tracing::Dispatch;

use crate::apart::unanswered;
use crate::committer::failure;
use crate::config::{Codec, Config, KindConfig};
use crate::diagnostics::{IN_MEMORY, Lines, bridge, within};
use crate::engine::{Engine, Inner};
use crate::lane::Bell;
use crate::retry::RetryConfig;
use crate::ticker::tick_ms;

/// Where the engine's own diagnostics go, if anywhere.
fn channel(config: &Config) -> Option<(Dispatch, Arc<Lines>)> {
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

    /// Says what was opened, to whoever listens.
    fn announce(inner: &Inner, data: Option<&str>, began: Instant) {
        within(inner.bridge.as_ref(), || {
            tracing::info!(
                target: "everact::engine",
                data = data.unwrap_or(IN_MEMORY),
                kinds = inner.kinds.iter().count(),
                shards = inner.shards.len(),
                took_us = began.elapsed().as_micros() as u64,
                "engine.open"
            );
        });
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
        let (began, data, warning) = (Instant::now(), config.data.clone(), config.warning.take());
        let (bridge, lines) = channel.unzip();
        let kinds = Arc::new(declare(&config, &*store)?);
        let limits = config.limits();
        let seed = fresh_seed();
        let shards = (0..config.shard_count())
            .map(|index| {
                let index = index as u8;
                let mut shard =
                    Shard::new(index, kinds.clone(), limits.clone(), seed ^ (u64::from(index) << 32));
                shard.set_recovering(!store_is_memory);
                parking_lot::Mutex::new(shard)
            })
            .collect();
        let shortest = kinds.iter().map(|(_, kind)| kind.idle_timeout_ms).min().unwrap_or(u64::MAX);
        let mut inner = Inner::new(config, kinds, shards, store, store_is_memory, bell, tick_ms(shortest));
        inner.bridge = bridge;
        let inner = Arc::new(inner);
        if let Some(lines) = lines {
            lines.flow_to(&inner);
        }
        if let Some(warning) = warning {
            inner.lane.push(&mut vec![HostEvent::Notice(warning)]);
        }
        Self::announce(&inner, data.as_deref(), began);
        let threads = [
            spawn("everact-commit", &inner, Inner::run_committer)?,
            spawn("everact-load", &inner, Inner::run_loader)?,
            spawn("everact-tick", &inner, Inner::run_ticker)?,
        ];
        Ok(Self::new(inner, threads.into()))
    }
}

fn spawn(name: &str, inner: &Arc<Inner>, run: fn(&Inner)) -> Result<thread::JoinHandle<()>, Failure> {
    let inner = inner.clone();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || within(inner.bridge.as_ref(), || run(&inner)))
        .map_err(|error| Failure::new(ErrorCode::Unavailable, format!("no thread for {name}: {error}")))
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
        activated: kind.activated,
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
