//! What a client is told at first: kinds, handlers and bounds.

use everact::Codec;
use everact_protocol::wire;

use crate::contract::{Contract, HandlerEntry, KindEntry};
use crate::shared::Shared;

/// The first frame of a session.
pub(super) fn welcome(shared: &Shared) -> wire::SessionResponse {
    let welcome = wire::Welcome {
        kinds: kinds(&shared.contract),
        message_bytes_max: shared.message_bytes_max as u64,
        open_asks_max: shared.limits.open_asks_max,
        data_identity: shared.data_identity,
    };
    wire::SessionResponse { welcome: Some(welcome), replies: Vec::new(), going_away: !shared.is_serving() }
}

/// What the engine declares, and what it holds at the moment.
pub(super) fn describe(shared: &Shared) -> wire::DescribeResponse {
    let stats = shared.engine.stats();
    wire::DescribeResponse {
        kinds: kinds(&shared.contract),
        stats: Some(wire::Stats {
            activations: stats.activations as u64,
            open_turns: stats.open_turns as u64,
            open_asks: stats.open_asks as u64,
            state_bytes: stats.state_bytes as u64,
            turns: stats.turns,
            failed_turns: stats.failed_turns,
            passivations: stats.passivations,
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn kinds(contract: &Contract) -> Vec<wire::Kind> {
    contract.kinds.iter().map(kind).collect()
}

fn kind(entry: &KindEntry) -> wire::Kind {
    let codec = match entry.codec {
        Codec::Json => "json",
        Codec::Protobuf => "protobuf",
    };
    wire::Kind {
        name: entry.name.clone(),
        durable: entry.durable,
        codec: codec.to_owned(),
        service: entry.service.clone().unwrap_or_default(),
        handlers: entry.handlers.iter().map(handler).collect(),
        doc: entry.doc.clone().unwrap_or_default(),
    }
}

fn handler(entry: &HandlerEntry) -> wire::Handler {
    wire::Handler {
        name: entry.name.clone(),
        read_only: entry.read_only,
        doc: entry.doc.clone().unwrap_or_default(),
        errors: entry.errors.clone(),
    }
}
