//! How actors, marks and messages lie in their rows: read back, each is checked against its checksum.

use std::sync::Arc;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Mark, MarkSource, OutboxRow, RowId};
use rusqlite::Row;
use rusqlite::types::Type;

use super::checksum::{Checksum, of_numbers, of_state};
use crate::contract::Loaded;

/// A mark's source as three columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Source<'s> {
    pub(super) number: u8,
    pub(super) kind: u32,
    pub(super) name: &'s str,
}

const ACTOR: u8 = 0;
const PRODUCER: u8 = 1;
const KEY: u8 = 2;

impl<'s> Source<'s> {
    pub(super) fn of(source: &'s MarkSource) -> Self {
        match source {
            MarkSource::Actor(address) => Self { number: ACTOR, kind: address.kind.0, name: &address.key },
            MarkSource::Producer(name) => Self { number: PRODUCER, kind: 0, name },
            MarkSource::Key(key) => Self { number: KEY, kind: 0, name: key },
        }
    }

    fn read(number: u8, kind: u32, name: &str) -> Option<MarkSource> {
        match number {
            ACTOR => Some(MarkSource::Actor(Address { kind: StoredKind(kind), key: name.into() })),
            PRODUCER => Some(MarkSource::Producer(name.into())),
            KEY => Some(MarkSource::Key(name.into())),
            _ => None,
        }
    }
}

pub(super) fn mark_checksum(address: &Address, mark: &Mark) -> i64 {
    let source = Source::of(&mark.source);
    Checksum::new()
        .address(address)
        .number(u64::from(source.number))
        .number(u64::from(source.kind))
        .bytes(source.name.as_bytes())
        .number(mark.sequence)
        .number(mark.expires_at_ms)
        .bytes(&mark.reply)
        .finish()
}

pub(super) fn outbox_checksum(id: &RowId, row: &OutboxRow) -> i64 {
    Checksum::new()
        .address(&row.target)
        .address(&id.sender)
        .number(id.sequence)
        .bytes(row.handler.as_bytes())
        .bytes(&row.payload)
        .finish()
}

/// Reads (revision, epoch, outbox_sequence, checksum, state).
pub(super) fn read_actor(address: &Address, row: &Row<'_>) -> rusqlite::Result<Loaded> {
    let loaded = Loaded {
        revision: number(row, 0)?,
        epoch: number(row, 1)?,
        outbox_sequence: number(row, 2)?,
        state: row.get(4)?,
        ..Loaded::default()
    };
    let sum = of_numbers(loaded.revision, loaded.epoch, loaded.outbox_sequence)
        ^ of_state(address, loaded.state.as_deref());
    verify(row.get(3)?, sum, "an actor")?;
    Ok(loaded)
}

/// Reads (source_type, source_kind, source_name, sequence, expires_at_ms, checksum, reply).
pub(super) fn read_mark(address: &Address, row: &Row<'_>) -> rusqlite::Result<Mark> {
    let name = row.get_ref(2)?.as_str()?;
    let source = Source::read(row.get(0)?, row.get(1)?, name).ok_or_else(|| damaged("a mark"))?;
    let mark = Mark {
        source,
        sequence: number(row, 3)?,
        expires_at_ms: number(row, 4)?,
        reply: row.get_ref(6)?.as_blob()?.into(),
    };
    verify(row.get(5)?, mark_checksum(address, &mark), "a mark")?;
    Ok(mark)
}

/// Reads (sender_kind, sender_key, sequence, checksum, handler, payload).
pub(super) fn read_message(target: &Address, row: &Row<'_>) -> rusqlite::Result<(RowId, OutboxRow)> {
    let id = RowId { sender: read_address(row, 0)?, sequence: number(row, 2)? };
    let message = OutboxRow {
        sequence: id.sequence,
        target: target.clone(),
        handler: row.get_ref(4)?.as_str()?.into(),
        payload: row.get_ref(5)?.as_blob()?.into(),
    };
    verify(row.get(3)?, outbox_checksum(&id, &message), "a message")?;
    Ok((id, message))
}

/// Reads (kind, key) from column `first` on.
pub(super) fn read_address(row: &Row<'_>, first: usize) -> rusqlite::Result<Address> {
    let key: Arc<str> = row.get_ref(first + 1)?.as_str()?.into();
    Ok(Address { kind: StoredKind(row.get(first)?), key })
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)? as u64)
}

fn verify(stored: i64, computed: i64, what: &str) -> rusqlite::Result<()> {
    if stored == computed { Ok(()) } else { Err(damaged(what)) }
}

/// The error for a row that cannot be trusted.
pub(super) fn damaged(what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, format!("{what} is damaged").into())
}
