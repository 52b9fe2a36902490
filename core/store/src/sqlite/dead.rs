//! What a person decides: about a dead letter, and about a producer's record that failed. Each is one commit.

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{DeadLetter, OutboxRow};
use everact_kernel::metadata::{Metadata, SENDER};
use rusqlite::{Connection, OptionalExtension, params};

use super::row::{DEAD_COLUMNS, MARK_COLUMNS, damaged, read_dead, read_mark};
use super::writer::{Statements, Writer};
use crate::contract::{StoreError, skipped};

impl Writer {
    /// Puts a dead letter back into its actor's inbox.
    pub(super) fn dead_retry(
        &mut self,
        id: u64,
        payload: Option<&[u8]>,
    ) -> Result<Option<DeadLetter>, StoreError> {
        self.transaction("sending a dead letter again", |connection| {
            let Some(dead) = take(connection, id)? else { return Ok(None) };
            let mut row = OutboxRow::new(id, dead.target.clone(), dead.handler.clone(), dead.payload.clone());
            if let Some(payload) = payload {
                row.payload = payload.into();
            }
            row.partition = dead.partition;
            row.metadata = dead.metadata.clone();
            row.trace = dead.trace.clone();
            let mut statements = Statements::prepare(connection)?;
            let sender = match (&dead.sender, dead.held) {
                // It still stands in its sender's outbox, and is there what it was.
                (Some(sender), true) => {
                    row.sequence = sender.sequence;
                    sender.sender.clone()
                }
                (sender, _) => {
                    // Marks of its sender have passed it by: it comes under a name of its own.
                    let names = sender.as_ref().map(|row| names(connection, &row.sender)).transpose()?;
                    row.metadata = with_sender(&row.metadata, names.flatten().as_deref());
                    Address { kind: StoredKind(0), key: id.to_string().into() }
                }
            };
            statements.send(&sender, &row)?;
            Ok(Some(dead))
        })
    }

    /// Forgets a dead letter.
    pub(super) fn dead_drop(&mut self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.transaction("dropping a dead letter", |connection| {
            let Some(dead) = take(connection, id)? else { return Ok(None) };
            if let (Some(row), true) = (&dead.sender, dead.held) {
                Statements::prepare(connection)?.consume(&dead.target, row)?;
            }
            Ok(Some(dead))
        })
    }

    /// Lets an actor go on without a producer's number.
    pub(super) fn skip(
        &mut self,
        address: &Address,
        producer: &str,
        sequence: u64,
        lost: bool,
    ) -> Result<bool, StoreError> {
        self.transaction("skipping a producer's record", |connection| {
            let held = connection
                .prepare_cached(&format!(
                    "SELECT {MARK_COLUMNS} FROM mark WHERE kind = ?1 AND key = ?2 AND source_type = 1
                     AND source_kind = 0 AND source_name = ?3"
                ))?
                .query_row(params![address.kind.0, address.key, producer], |row| read_mark(address, row))
                .optional()?;
            let Some(mark) = skipped(held, producer, sequence, lost) else { return Ok(false) };
            Statements::prepare(connection)?.mark(address, &mark)?;
            Ok(true)
        })
    }
}

/// Reads a dead letter and removes its row.
fn take(connection: &Connection, id: u64) -> rusqlite::Result<Option<DeadLetter>> {
    let Ok(id) = i64::try_from(id) else { return Ok(None) };
    let dead = connection
        .prepare_cached(&format!("SELECT {DEAD_COLUMNS} FROM dead WHERE id = ?1"))?
        .query_row([id], read_dead)
        .optional()?;
    if dead.is_some() && connection.prepare_cached("DELETE FROM dead WHERE id = ?1")?.execute([id])? != 1 {
        return Err(damaged("a dead letter"));
    }
    Ok(dead)
}

/// The sender's `kind/key`; nothing if it stands for a dead letter that was sent again, whose metadata names it already.
fn names(connection: &Connection, sender: &Address) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM kind WHERE id = ?1")?
        .query_row([sender.kind.0], |row| row.get::<_, String>(0))
        .optional()
        .map(|kind| kind.map(|kind| format!("{kind}/{}", sender.key)))
}

fn with_sender(metadata: &Metadata, sender: Option<&str>) -> Metadata {
    let Some(sender) = sender else { return metadata.clone() };
    let entry = Metadata::of([(SENDER, sender.as_bytes())]).unwrap_or_default();
    // Metadata that fills its bound goes without the sender's name.
    entry.with(metadata).unwrap_or_else(|_| metadata.clone())
}
