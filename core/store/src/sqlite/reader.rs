//! Reading beside the writer: a few connections, opened as they are needed, each read in one consistent view.

use std::path::{Path, PathBuf};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{DeadLetter, Mark, MarkSource, OutboxRow, RowId};
use parking_lot::{Condvar, Mutex, RwLock, RwLockWriteGuard};
use rusqlite::{Connection, OptionalExtension};

use super::connection::open_reader;
use super::error::store_error;
use super::options::SqliteOptions;
use super::row::{
    DEAD_COLUMNS, MARK_COLUMNS, MESSAGE_COLUMNS, Source, read_actor, read_address, read_dead, read_mark,
    read_message,
};
use crate::contract::{DeadQuery, LoadRequest, Loaded, ProducerNewest, StoreError};

/// The connections that read.
pub(super) struct Readers {
    path: PathBuf,
    options: SqliteOptions,
    pool: Mutex<Pool>,
    returned: Condvar,
    /// Held by each read; the writer takes it whole when it starts the log anew.
    gate: RwLock<()>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    opened: usize,
}

impl Readers {
    pub(super) fn new(path: &Path, options: &SqliteOptions) -> Self {
        Self {
            path: path.to_owned(),
            options: options.clone(),
            pool: Mutex::default(),
            returned: Condvar::new(),
            gate: RwLock::new(()),
        }
    }

    /// Waits for the reads under way and holds off new ones until the guard is dropped.
    pub(super) fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.gate.write()
    }

    pub(super) fn load(&self, requests: &[LoadRequest]) -> Result<Vec<Loaded>, StoreError> {
        self.read("loading", |connection| requests.iter().map(|request| load(connection, request)).collect())
    }

    pub(super) fn load_mark(
        &self,
        address: &Address,
        source: &MarkSource,
    ) -> Result<Option<Mark>, StoreError> {
        let columns = Source::of(source);
        self.read("loading a mark", |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {MARK_COLUMNS} FROM mark WHERE kind = ?1 AND key = ?2
                     AND source_type = ?3 AND source_kind = ?4 AND source_name = ?5"
                ))?
                .query_row(
                    (address.kind.0, &*address.key, columns.number, columns.kind, columns.name),
                    |row| read_mark(address, row),
                )
                .optional()
        })
    }

    pub(super) fn pending_targets(
        &self,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, StoreError> {
        self.read("listing pending targets", |connection| {
            let mut targets = Vec::new();
            // One step of the index a target, however many messages wait there.
            while targets.len() < limit {
                match next_target(connection, targets.last().or(after))? {
                    Some(target) => targets.push(target),
                    None => break,
                }
            }
            Ok(targets)
        })
    }

    pub(super) fn dead_letters(&self, query: &DeadQuery) -> Result<Vec<DeadLetter>, StoreError> {
        self.read("listing dead letters", |connection| dead_letters(connection, query))
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &'static str) -> Result<u64, StoreError> {
        self.read("counting rows", |connection| {
            let mut count = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?;
            count.query_row([], |row| row.get(0)).map(|count: i64| count as u64)
        })
    }

    pub(super) fn producer(&self, producer: &str) -> Result<ProducerNewest, StoreError> {
        self.read("looking for a producer", |connection| newest(connection, producer))
    }

    pub(super) fn kind_names(&self) -> Result<Vec<(StoredKind, String)>, StoreError> {
        self.read("reading the kinds", |connection| {
            connection
                .prepare_cached("SELECT id, name FROM kind ORDER BY id")?
                .query_map([], |row| Ok((StoredKind(row.get(0)?), row.get(1)?)))?
                .collect()
        })
    }

    fn read<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let _gate = self.gate.read();
        let connection = self.take()?;
        let result = in_one_view(&connection, work);
        let error = match result {
            Ok(value) => {
                self.put_back(Some(connection));
                return Ok(value);
            }
            Err(error) => error,
        };
        // After an error the view may still be open: the connection is not used again.
        drop(connection);
        self.put_back(None);
        Err(store_error(error, doing))
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let mut pool = self.pool.lock();
        loop {
            if let Some(connection) = pool.idle.pop() {
                return Ok(connection);
            }
            if pool.opened < self.options.readers_max.max(1) {
                break;
            }
            self.returned.wait(&mut pool);
        }
        pool.opened += 1;
        drop(pool);
        open_reader(&self.path, &self.options).inspect_err(|_| self.put_back(None))
    }

    fn put_back(&self, connection: Option<Connection>) {
        let mut pool = self.pool.lock();
        match connection {
            Some(connection) => pool.idle.push(connection),
            None => pool.opened -= 1,
        }
        self.returned.notify_one();
    }
}

fn in_one_view<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let value = work(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(value)
}

pub(super) fn load(connection: &Connection, request: &LoadRequest) -> rusqlite::Result<Loaded> {
    let address = &request.address;
    let mut loaded = connection
        .prepare_cached(
            "SELECT revision, epoch, outbox_sequence, checksum, state, partition, state_version, codec FROM actor
             WHERE kind = ?1 AND key = ?2",
        )?
        .query_row((address.kind.0, &*address.key), |row| read_actor(address, row))
        .optional()?
        .unwrap_or_default();
    loaded.marks = marks(connection, address, request.marks_max.saturating_add(1))?;
    loaded.marks_complete = loaded.marks.len() <= request.marks_max;
    loaded.marks.truncate(request.marks_max);
    if request.inbox_max > 0 {
        loaded.inbox = inbox(connection, address, request.inbox_after.as_ref(), request.inbox_max)?;
    }
    Ok(loaded)
}

fn marks(connection: &Connection, address: &Address, limit: usize) -> rusqlite::Result<Vec<Mark>> {
    connection
        .prepare_cached(&format!(
            "SELECT {MARK_COLUMNS} FROM mark WHERE kind = ?1 AND key = ?2
             ORDER BY source_type, source_kind, source_name LIMIT ?3"
        ))?
        .query_map((address.kind.0, &*address.key, bound(limit)), |row| read_mark(address, row))?
        .collect()
}

fn inbox(
    connection: &Connection,
    target: &Address,
    after: Option<&RowId>,
    limit: usize,
) -> rusqlite::Result<Vec<(RowId, OutboxRow)>> {
    // No kind has the number -1, so that it stands before all.
    let (kind, key, sequence) = after
        .map_or((-1, "", 0), |row| (i64::from(row.sender.kind.0), &*row.sender.key, row.sequence as i64));
    connection
        .prepare_cached(&format!(
            "SELECT {MESSAGE_COLUMNS} FROM outbox WHERE target_kind = ?1 AND target_key = ?2
             AND (sender_kind, sender_key, sequence) > (?4, ?5, ?6)
             ORDER BY sender_kind, sender_key, sequence LIMIT ?3"
        ))?
        .query_map((target.kind.0, &*target.key, bound(limit), kind, key, sequence), |row| {
            read_message(target, row)
        })?
        .collect()
}

fn dead_letters(connection: &Connection, query: &DeadQuery) -> rusqlite::Result<Vec<DeadLetter>> {
    let (kind, key) = (query.kind.map(|kind| kind.0), query.key.as_deref());
    connection
        .prepare_cached(&format!(
            "SELECT {DEAD_COLUMNS} FROM dead WHERE id > ?1 AND (?2 IS NULL OR target_kind = ?2)
             AND (?3 IS NULL OR target_key = ?3) ORDER BY id LIMIT ?4"
        ))?
        .query_map((query.after as i64, kind, key, bound(query.limit)), read_dead)?
        .collect()
}

fn newest(connection: &Connection, producer: &str) -> rusqlite::Result<ProducerNewest> {
    connection
        .prepare_cached(
            "SELECT count(*), coalesce(max(sequence), 0), coalesce(min(nullif(gap, 0)), 0) FROM mark
             WHERE source_type = 1 AND source_name = ?1",
        )?
        .query_row([producer], |row| {
            let number = |column| row.get::<_, i64>(column).map(|number| number as u64);
            Ok(ProducerNewest { actors: number(0)?, sequence: number(1)?, gap: number(2)? })
        })
}

fn next_target(connection: &Connection, after: Option<&Address>) -> rusqlite::Result<Option<Address>> {
    // No kind has the number -1, so that it stands before all.
    let (kind, key) = after.map_or((-1, ""), |address| (i64::from(address.kind.0), &*address.key));
    connection
        .prepare_cached(
            "SELECT target_kind, target_key FROM outbox WHERE (target_kind, target_key) > (?1, ?2)
             ORDER BY target_kind, target_key LIMIT 1",
        )?
        .query_row((kind, key), |row| read_address(row, 0))
        .optional()
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
