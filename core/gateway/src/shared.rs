//! What all connections share: the engine, the contract, who may call, and shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use everact::Engine;
use everact::json::JsonBounds;
use tokio::sync::watch;

use crate::auth::Auth;
use crate::config::LimitsConfig;
use crate::contract::Contract;
use crate::http::Routes;
use crate::reflection::Files;

/// Shared by all connections.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) contract: Contract,
    pub(crate) limits: LimitsConfig,
    /// Bytes of a message at most: the engine's bound.
    pub(crate) message_bytes_max: usize,
    /// How deep and how rich JSON may be: the engine's bounds.
    pub(crate) json: JsonBounds,
    /// Which data this is, for clients with several addresses.
    pub(crate) data_identity: u64,
    pub(crate) auth: Option<Auth>,
    pub(crate) routes: Routes,
    pub(crate) files: Option<Files>,
    /// Whether dead letters and producers may be looked at and decided without credentials.
    pub(crate) control: bool,
    /// Whether calls are taken; false from the moment that closing begins.
    serving: watch::Sender<bool>,
    open_calls: Arc<AtomicUsize>,
}

/// What a gateway is made of.
pub(crate) struct Parts {
    pub(crate) engine: Arc<Engine>,
    pub(crate) contract: Contract,
    pub(crate) limits: LimitsConfig,
    pub(crate) message_bytes_max: usize,
    pub(crate) json: JsonBounds,
    /// Which data this is, for clients with several addresses.
    pub(crate) data_identity: u64,
    pub(crate) auth: Option<Auth>,
    pub(crate) routes: Routes,
    pub(crate) files: Option<Files>,
    /// Whether dead letters and producers may be looked at and decided without credentials.
    pub(crate) control: bool,
}

/// A call that is being worked on; closing waits for it.
#[derive(Debug)]
pub(crate) struct OpenCall(Arc<AtomicUsize>);

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            engine: parts.engine,
            contract: parts.contract,
            limits: parts.limits,
            message_bytes_max: parts.message_bytes_max,
            json: parts.json,
            data_identity: parts.data_identity,
            auth: parts.auth,
            routes: parts.routes,
            files: parts.files,
            control: parts.control,
            serving: watch::Sender::new(true),
            open_calls: Arc::default(),
        }
    }

    /// Whether calls are taken.
    pub(crate) fn is_serving(&self) -> bool {
        *self.serving.borrow()
    }

    /// To hear when closing begins.
    pub(crate) fn serving(&self) -> watch::Receiver<bool> {
        self.serving.subscribe()
    }

    /// From now on no call is taken.
    pub(crate) fn stop_serving(&self) {
        // Once: closing asks more than once, and watchers hear of changes only.
        self.serving.send_if_modified(std::mem::take);
    }

    /// Counts a call until it is dropped.
    pub(crate) fn open_call(&self) -> OpenCall {
        self.open_calls.fetch_add(1, Ordering::Relaxed);
        OpenCall(self.open_calls.clone())
    }

    /// Calls that are being worked on.
    pub(crate) fn open_calls(&self) -> usize {
        self.open_calls.load(Ordering::Relaxed)
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
