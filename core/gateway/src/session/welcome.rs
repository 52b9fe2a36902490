//! What a client is told at first: kinds, handlers and bounds.

use everact::Codec;
use everact_protocol::wire;

use crate::contract::{Contract, KindEntry};
use crate::door::Door;

/// The first frame of a session.
pub(super) fn welcome(door: &Door) -> wire::SessionResponse {
    let welcome = wire::Welcome {
        kinds: kinds(&door.contract),
        message_bytes_max: door.message_bytes_max as u64,
        open_asks_max: door.limits.open_asks_max,
    };
    wire::SessionResponse { welcome: Some(welcome), replies: Vec::new(), going_away: !door.is_serving() }
}

/// What the engine declares, and what it holds at the moment.
pub(super) fn describe(door: &Door) -> wire::DescribeResponse {
    let stats = door.engine.stats();
    wire::DescribeResponse {
        kinds: kinds(&door.contract),
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
        handlers: entry
            .handlers
            .iter()
            .map(|handler| wire::Handler { name: handler.name.clone(), read_only: handler.read_only })
            .collect(),
    }
}
