//! From format 2 to 3: new columns and their part of each row's checksum, the actors' partitions, the table of dead letters.
//!
//! States, payloads and replies are not read: what a checksum gains is joined to it by exclusive or, so a row that was
//! damaged stays damaged. All of it is one transaction; the log needs about as much room as the rows that change.

use std::collections::HashMap;

use everact_kernel::address::partition;
use rusqlite::{Connection, params};

use super::checksum::{of_attempts, of_beside, of_form, of_reply};
use super::migration::Migration;

const COLUMNS: &str = "
ALTER TABLE actor ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actor ADD COLUMN state_version INTEGER NOT NULL DEFAULT 0;
-- 0 JSON, 1 protobuf.
ALTER TABLE actor ADD COLUMN codec INTEGER NOT NULL DEFAULT 0;

-- The target's partition.
ALTER TABLE outbox ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN metadata BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN trace BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN next_at_ms INTEGER NOT NULL DEFAULT 0;

ALTER TABLE mark ADD COLUMN metadata BLOB NOT NULL DEFAULT x'';
ALTER TABLE mark ADD COLUMN gap INTEGER NOT NULL DEFAULT 0;

CREATE TABLE dead (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_kind INTEGER NOT NULL,
    target_key TEXT NOT NULL,
    sender_kind INTEGER NOT NULL,
    sender_key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    handler TEXT NOT NULL,
    code INTEGER NOT NULL,
    text TEXT NOT NULL,
    failed_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    held INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL,
    metadata BLOB NOT NULL,
    trace BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX dead_held ON dead (target_kind, target_key, sender_kind, sender_key, sequence) WHERE held = 1;

-- A message and its mark went in one commit, so no mark of an actor is needed after the process that made it (ADR 0010).
DELETE FROM mark WHERE source_type = 0;
";

/// The step.
pub(super) fn from_format_2(connection: &Connection, migration: &Migration) -> rusqlite::Result<()> {
    connection.execute_batch(COLUMNS)?;
    let kinds: HashMap<i64, String> = connection
        .prepare("SELECT id, name FROM kind")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    actors(connection, &kinds, migration)?;
    messages(connection, &kinds, migration)?;
    let change = of_reply(&[], 0);
    let marks =
        connection.execute("UPDATE mark SET checksum = (checksum | ?1) - (checksum & ?1)", [change])?;
    migration.rows(marks);
    Ok(())
}

fn actors(
    connection: &Connection,
    kinds: &HashMap<i64, String>,
    migration: &Migration,
) -> rusqlite::Result<()> {
    let mut next =
        connection.prepare("SELECT id, kind, key FROM actor WHERE id > ?1 ORDER BY id LIMIT 1000")?;
    let mut update = connection.prepare(
        "UPDATE actor SET partition = ?2, checksum = (checksum | ?3) - (checksum & ?3) WHERE id = ?1",
    )?;
    let mut after = i64::MIN;
    loop {
        let page: Vec<(i64, i64, String)> = next
            .query_map([after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (id, kind, key) in &page {
            let partition = partition_of(kinds, *kind, key);
            update.execute(params![id, partition, of_form(partition, 0, 0)])?;
            migration.rows(1);
        }
    }
}

fn messages(
    connection: &Connection,
    kinds: &HashMap<i64, String>,
    migration: &Migration,
) -> rusqlite::Result<()> {
    let mut next = connection.prepare(
        "SELECT target_kind, target_key FROM outbox WHERE (target_kind, target_key) > (?1, ?2)
         ORDER BY target_kind, target_key LIMIT 1",
    )?;
    let mut update = connection.prepare(
        "UPDATE outbox SET partition = ?3, checksum = (checksum | ?4) - (checksum & ?4)
         WHERE target_kind = ?1 AND target_key = ?2",
    )?;
    let mut after = (-1, String::new());
    loop {
        let mut found = next.query(params![after.0, after.1])?;
        let Some(row) = found.next()? else { return Ok(()) };
        let target: (i64, String) = (row.get(0)?, row.get(1)?);
        drop(found);
        let partition = partition_of(kinds, target.0, &target.1);
        let change = of_beside(partition, &[], &[]) ^ of_attempts(0, 0);
        let changed = update.execute(params![target.0, target.1, partition, change])?;
        migration.rows(changed);
        after = target;
    }
}

/// A kind that has no name has no partition either; its rows are kept all the same.
fn partition_of(kinds: &HashMap<i64, String>, kind: i64, key: &str) -> u16 {
    kinds.get(&kind).map_or(0, |kind| partition(kind, key))
}
