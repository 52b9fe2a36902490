//! How actors, marks and messages lie in their rows: read back, each is checked against its checksum.

use std::sync::Arc;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{DeadLetter, Mark, MarkSource, OutboxRow, RowId};
use everact_kernel::metadata::Metadata;
use rusqlite::Row;
use rusqlite::types::Type;

use super::checksum::{Checksum, of_attempts, of_beside, of_form, of_numbers, of_reply, of_state};
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
        ^ of_reply(mark.metadata.as_bytes(), mark.gap)
}

pub(super) fn outbox_checksum(id: &RowId, row: &OutboxRow) -> i64 {
    Checksum::new()
        .address(&row.target)
        .address(&id.sender)
        .number(id.sequence)
        .bytes(row.handler.as_bytes())
        .bytes(&row.payload)
        .finish()
        ^ of_beside(row.partition, row.metadata.as_bytes(), row.trace.as_bytes())
        ^ of_attempts(row.attempts, row.next_at_ms)
}

pub(super) fn dead_checksum(dead: &DeadLetter) -> i64 {
    let (sender, sequence) = sender_of(dead);
    Checksum::new()
        .address(&dead.target)
        .address(&sender)
        .number(sequence)
        .bytes(dead.handler.as_bytes())
        .number(dead.code.into())
        .bytes(dead.text.as_bytes())
        .number(dead.failed_at_ms)
        .number(u64::from(dead.held))
        .bytes(&dead.payload)
        .finish()
        ^ of_beside(dead.partition, dead.metadata.as_bytes(), dead.trace.as_bytes())
        ^ of_attempts(dead.attempts, 0)
}

/// The sender's columns: kind 0 is nobody's, and stands for a message from outside.
pub(super) fn sender_of(dead: &DeadLetter) -> (Address, u64) {
    match &dead.sender {
        Some(row) => (row.sender.clone(), row.sequence),
        None => (Address { kind: StoredKind(0), key: "".into() }, 0),
    }
}

/// The columns that `read_dead` reads, in its order.
pub(super) const DEAD_COLUMNS: &str =
    "id, target_kind, target_key, sender_kind, sender_key, sequence, partition,
     handler, code, text, failed_at_ms, attempts, held, checksum, payload, metadata, trace";

/// Reads `DEAD_COLUMNS`.
pub(super) fn read_dead(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let sender = RowId { sender: read_address(row, 3)?, sequence: number(row, 5)? };
    let outside = sender.sender.kind.0 == 0 && sender.sender.key.is_empty();
    let dead = DeadLetter {
        id: number(row, 0)?,
        target: read_address(row, 1)?,
        sender: (!outside).then_some(sender),
        partition: row.get(6)?,
        handler: row.get_ref(7)?.as_str()?.into(),
        code: row.get(8)?,
        text: row.get_ref(9)?.as_str()?.into(),
        failed_at_ms: number(row, 10)?,
        attempts: row.get(11)?,
        held: row.get(12)?,
        payload: row.get_ref(14)?.as_blob()?.into(),
        metadata: metadata(row, 15)?,
        trace: metadata(row, 16)?,
    };
    verify(row.get(13)?, dead_checksum(&dead), "a dead letter")?;
    Ok(dead)
}

fn metadata(row: &Row<'_>, column: usize) -> rusqlite::Result<Metadata> {
    let bytes = row.get_ref(column)?.as_blob()?;
    if bytes.is_empty() {
        return Ok(Metadata::default());
    }
    match Metadata::read(bytes) {
        Ok((metadata, read)) if read == bytes.len() => Ok(metadata),
        _ => Err(damaged("metadata")),
    }
}

/// Reads (revision, epoch, outbox_sequence, checksum, state, partition, state_version, codec).
pub(super) fn read_actor(address: &Address, row: &Row<'_>) -> rusqlite::Result<Loaded> {
    let loaded = Loaded {
        revision: number(row, 0)?,
        epoch: number(row, 1)?,
        outbox_sequence: number(row, 2)?,
        state: row.get(4)?,
        state_version: row.get(6)?,
        codec: row.get(7)?,
        ..Loaded::default()
    };
    let sum = of_numbers(loaded.revision, loaded.epoch, loaded.outbox_sequence)
        ^ of_state(address, loaded.state.as_deref())
        ^ of_form(row.get(5)?, loaded.state_version, loaded.codec);
    verify(row.get(3)?, sum, "an actor")?;
    Ok(loaded)
}

/// The columns that `read_mark` reads, in its order.
pub(super) const MARK_COLUMNS: &str =
    "source_type, source_kind, source_name, sequence, expires_at_ms, checksum, reply, metadata, gap";

/// Reads `MARK_COLUMNS`.
pub(super) fn read_mark(address: &Address, row: &Row<'_>) -> rusqlite::Result<Mark> {
    let name = row.get_ref(2)?.as_str()?;
    let source = Source::read(row.get(0)?, row.get(1)?, name).ok_or_else(|| damaged("a mark"))?;
    let mark = Mark {
        source,
        sequence: number(row, 3)?,
        expires_at_ms: number(row, 4)?,
        reply: row.get_ref(6)?.as_blob()?.into(),
        metadata: metadata(row, 7)?,
        gap: number(row, 8)?,
    };
    verify(row.get(5)?, mark_checksum(address, &mark), "a mark")?;
    Ok(mark)
}

/// The columns that `read_message` reads, in its order.
pub(super) const MESSAGE_COLUMNS: &str = "sender_kind, sender_key, sequence, checksum, handler, payload,
     partition, metadata, trace, attempts, next_at_ms";

/// Reads `MESSAGE_COLUMNS`.
pub(super) fn read_message(target: &Address, row: &Row<'_>) -> rusqlite::Result<(RowId, OutboxRow)> {
    let id = RowId { sender: read_address(row, 0)?, sequence: number(row, 2)? };
    let message = OutboxRow {
        sequence: id.sequence,
        target: target.clone(),
        handler: row.get_ref(4)?.as_str()?.into(),
        payload: row.get_ref(5)?.as_blob()?.into(),
        partition: row.get(6)?,
        metadata: metadata(row, 7)?,
        trace: metadata(row, 8)?,
        attempts: row.get(9)?,
        next_at_ms: number(row, 10)?,
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
