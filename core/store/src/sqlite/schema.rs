//! The tables, their format number, and the steps from each older format to this one.
//!
//! An actor's state row is found by one index and then changed in place. A message waits under its target:
//! one tree serves the target's inbox, the list of targets and the removal of what was consumed.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::store_error;
use super::format_3;
use super::migration::Migration;
use super::options::ProgressReport;
use crate::contract::StoreError;

/// A step from one format to the next.
#[derive(Clone, Copy)]
enum Step {
    Sql(&'static str),
    Work(fn(&Connection, &Migration) -> rusqlite::Result<()>),
}

/// Steps forward. The step at index n leads from format n to format n + 1; format 0 is an empty database.
const MIGRATIONS: &[Step] = &[Step::Sql(FORMAT_1), Step::Sql(FORMAT_2), Step::Work(format_3::from_format_2)];

const FORMAT_1: &str = "
CREATE TABLE IF NOT EXISTS meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO meta (name, value) VALUES ('format', 0), ('reopened', 0);

CREATE TABLE kind (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE actor (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    outbox_sequence INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    state BLOB,
    UNIQUE (kind, key)
) STRICT;

CREATE TABLE outbox (
    target_kind INTEGER NOT NULL,
    target_key TEXT NOT NULL,
    sender_kind INTEGER NOT NULL,
    sender_key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    handler TEXT NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (target_kind, target_key, sender_kind, sender_key, sequence)
) STRICT, WITHOUT ROWID;

-- source_type: 0 an actor (kind and key), 1 a producer, 2 a free key.
CREATE TABLE mark (
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    source_type INTEGER NOT NULL,
    source_kind INTEGER NOT NULL,
    source_name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    reply BLOB NOT NULL,
    PRIMARY KEY (kind, key, source_type, source_kind, source_name)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_expiry ON mark (expires_at_ms) WHERE expires_at_ms > 0;
";

/// The same tables in a file whose pages carry checksums: `rebuild` has made it.
const FORMAT_2: &str = "";

/// The first format with a checksum on each page. Later ones keep it, so that their number can be read.
pub(super) const FORMAT_WITH_STAMPS: u32 = 2;

/// Refuses data of a newer format without a change to it.
pub(super) fn check_format(connection: &Connection) -> Result<(), StoreError> {
    let found = format_of(connection).map_err(|error| store_error(error, "reading the data's format"))?;
    let supported = MIGRATIONS.len() as u32;
    if found > supported { Err(StoreError::UnsupportedFormat { found, supported }) } else { Ok(()) }
}

/// Brings the data to this build's format, in one transaction.
pub(super) fn migrate(connection: &mut Connection, report: &ProgressReport) -> Result<(), StoreError> {
    if format_of(connection).map_err(damaged)? as usize == MIGRATIONS.len() {
        return Ok(());
    }
    let migration = begin(connection, report)?;
    go_on(connection, &migration)
}

/// Begins to tell of bringing this data forward.
pub(super) fn begin(connection: &Connection, report: &ProgressReport) -> Result<Migration, StoreError> {
    let begin = |from| Migration::begin(connection, [from, MIGRATIONS.len() as u32], report);
    format_of(connection).and_then(begin).map_err(damaged)
}

/// The rest of what was begun, where an older file has been made anew.
pub(super) fn go_on(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    let steps = |connection: &mut Connection| migrate_by(connection, MIGRATIONS, migration);
    migration.watched(connection, steps).map_err(damaged)?;
    migration.end();
    Ok(())
}

fn damaged(error: rusqlite::Error) -> StoreError {
    match error {
        // A step that does not fit what it finds: the format's number is not that of the tables.
        rusqlite::Error::SqlInputError { msg, .. } => {
            StoreError::Corrupted(format!("the data's format is damaged: {msg}"))
        }
        error => store_error(error, "bringing the data to this format"),
    }
}

fn migrate_by(connection: &mut Connection, steps: &[Step], migration: &Migration) -> rusqlite::Result<()> {
    if format_of(connection)? as usize == steps.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = format_of(&transaction)? as usize;
    for step in &steps[found..] {
        match step {
            Step::Sql(text) => transaction.execute_batch(text)?,
            Step::Work(work) => work(&transaction, migration)?,
        }
    }
    transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'format'", [steps.len() as i64])?;
    transaction.commit()
}

pub(super) fn format_of(connection: &Connection) -> rusqlite::Result<u32> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    let format = "SELECT value FROM meta WHERE name = 'format'";
    Ok(connection.query_row(format, [], |row| row.get(0)).optional()?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_runs_once_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = [
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER); INSERT INTO meta VALUES ('format', 0);",
            "CREATE TABLE thing (a INTEGER); INSERT INTO thing VALUES (1);",
            "ALTER TABLE thing ADD COLUMN b INTEGER; UPDATE thing SET b = a + 1;",
        ]
        .map(Step::Sql);
        let migration = begin(&connection, &ProgressReport::silent()).unwrap();
        migrate_by(&mut connection, &steps[..2], &migration).unwrap();
        migrate_by(&mut connection, &steps, &migration).unwrap();
        migrate_by(&mut connection, &steps, &migration).unwrap();
        let row = connection
            .query_row("SELECT count(*), sum(b) FROM thing", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(row, (1, 2));
        assert_eq!(format_of(&connection).unwrap(), 3);
    }

    #[test]
    fn a_step_that_fails_leaves_the_older_format_whole() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &ProgressReport::silent()).unwrap();
        let mut steps = MIGRATIONS.to_vec();
        steps.push(Step::Sql("CREATE TABLE thing (a INTEGER); SELECT * FROM nothing;"));
        let migration = begin(&connection, &ProgressReport::silent()).unwrap();
        migrate_by(&mut connection, &steps, &migration).unwrap_err();
        assert_eq!(format_of(&connection).unwrap() as usize, MIGRATIONS.len());
        assert!(connection.execute("INSERT INTO thing VALUES (1)", []).is_err());
    }
}
