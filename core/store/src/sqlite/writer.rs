//! The one connection that writes: a batch of records is one transaction and one sync.
//!
//! A record is fenced by the statement that writes its row, so a record that does not fit has written nothing
//! yet when that is seen and the rest of the batch goes on.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::{Attempt, DeadLetter, Mark, OutboxRow, Record, RowId};

use super::checksum::{of_attempts, of_form, of_numbers, of_state};
use super::error::{poisons, store_error};
use super::row::{Source, damaged, dead_checksum, mark_checksum, outbox_checksum, sender_of};
use crate::contract::{Refusal, StoreError, drawn_identity, fence};

/// A batch's answers, record by record.
pub(super) type Answers = Vec<Result<(), Refusal>>;

/// The writing connection and whether its disk can still be trusted.
pub(super) struct Writer {
    connection: Connection,
    /// Why nothing more may be acknowledged, once that is so.
    poison: Option<String>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, poison: None }
    }

    /// Fails where an earlier commit left the disk's content unknown.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match &self.poison {
            Some(why) => Err(StoreError::Unavailable(format!("the store must be reopened: {why}"))),
            None => Ok(()),
        }
    }

    /// Nothing more is acknowledged until the store has been reopened.
    pub(super) fn poison(&mut self, why: &str) {
        self.poison.get_or_insert_with(|| why.into());
    }

    /// For work between two commits.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn commit(&mut self, records: &[Record]) -> Result<Answers, StoreError> {
        self.transaction("committing", |connection| {
            let mut statements = Statements::prepare(connection)?;
            records.iter().map(|record| statements.write(record)).collect()
        })
    }

    pub(super) fn declare_kinds(&mut self, names: &[&str]) -> Result<Vec<StoredKind>, StoreError> {
        self.transaction("declaring kinds", |connection| {
            let mut add = connection.prepare_cached("INSERT OR IGNORE INTO kind (name) VALUES (?1)")?;
            let mut find = connection.prepare_cached("SELECT id FROM kind WHERE name = ?1")?;
            let mut number = |name: &&str| {
                add.execute([name])?;
                find.query_row([name], |row| Ok(StoredKind(row.get(0)?)))
            };
            names.iter().map(&mut number).collect()
        })
    }

    pub(super) fn identity(&mut self) -> Result<u64, StoreError> {
        self.transaction("reading the data's identity", |connection| {
            let find = "SELECT value FROM meta WHERE name = 'identity'";
            let known = connection.query_row(find, [], |row| row.get::<_, i64>(0)).optional()?;
            if let Some(known) = known {
                return Ok(known.unsigned_abs());
            }
            let drawn = drawn_identity();
            let add = "INSERT INTO meta (name, value) VALUES ('identity', ?1)";
            connection.execute(add, [drawn as i64])?;
            Ok(drawn)
        })
    }

    pub(super) fn expire_marks(&mut self, now_ms: u64, limit: usize) -> Result<usize, StoreError> {
        let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.transaction("expiring marks", |connection| {
            let mut delete = connection.prepare_cached(
                "DELETE FROM mark WHERE (kind, key, source_type, source_kind, source_name) IN (
                     SELECT kind, key, source_type, source_kind, source_name FROM mark
                     WHERE expires_at_ms > 0 AND expires_at_ms <= ?1 ORDER BY expires_at_ms LIMIT ?2)",
            )?;
            delete.execute((now_ms, limit))
        })
    }

    /// Makes sure that a batch whose sync failed can never come back from the log: one synced commit in its
    /// place breaks the chain of checksums that would lead to it.
    pub(super) fn bury_the_unacknowledged(&mut self) -> Result<(), StoreError> {
        if self.poison.take().is_none() {
            return Ok(());
        }
        self.transaction("reopening", |connection| {
            connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'reopened'", [])
        })
        .inspect_err(|error| {
            self.poison.get_or_insert_with(|| error.to_string());
        })
        .map(drop)
    }

    pub(super) fn transaction<T>(
        &mut self,
        doing: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.check()?;
        match run(&self.connection, work) {
            Ok(value) => Ok(value),
            Err(error) => {
                let rolled_back = roll_back(&self.connection);
                let poisoned = poisons(&error) || rolled_back.is_err();
                let error = store_error(error, doing);
                if poisoned {
                    self.poison = Some(error.to_string());
                }
                Err(error)
            }
        }
    }
}

fn run<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let value = work(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(value)
}

/// SQLite rolls back by itself after some errors and not after others.
fn roll_back(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") }
}

/// The statements of a batch, fetched from the cache once.
pub(super) struct Statements<'c> {
    create: CachedStatement<'c>,
    replace: CachedStatement<'c>,
    renumber: CachedStatement<'c>,
    held: CachedStatement<'c>,
    send: CachedStatement<'c>,
    consume: CachedStatement<'c>,
    mark: CachedStatement<'c>,
    connection: &'c Connection,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            create: connection.prepare_cached(
                "INSERT INTO actor (kind, key, revision, epoch, outbox_sequence, checksum, state,
                 partition, state_version, codec)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (kind, key) DO NOTHING",
            )?,
            replace: connection.prepare_cached(
                "UPDATE actor SET revision = ?3, epoch = ?4, outbox_sequence = ?5, checksum = ?6, state = ?7,
                 partition = ?9, state_version = ?10, codec = ?11
                 WHERE kind = ?1 AND key = ?2 AND revision = ?8 AND epoch <= ?4",
            )?,
            renumber: connection.prepare_cached(
                "UPDATE actor SET revision = ?3, epoch = ?4, outbox_sequence = ?5, checksum = ?6
                 WHERE kind = ?1 AND key = ?2",
            )?,
            held: connection.prepare_cached(
                "SELECT revision, epoch, outbox_sequence, checksum FROM actor WHERE kind = ?1 AND key = ?2",
            )?,
            send: connection.prepare_cached(
                "INSERT OR REPLACE INTO outbox (target_kind, target_key, sender_kind, sender_key, sequence,
                 checksum, handler, payload, partition, metadata, trace, attempts, next_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?,
            consume: connection.prepare_cached(
                "DELETE FROM outbox WHERE target_kind = ?1 AND target_key = ?2
                 AND sender_kind = ?3 AND sender_key = ?4 AND sequence = ?5",
            )?,
            mark: connection.prepare_cached(
                "INSERT OR REPLACE INTO mark (kind, key, source_type, source_kind, source_name, sequence,
                 expires_at_ms, checksum, reply, metadata, gap)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?,
            connection,
        })
    }

    /// Writes a record whole, or refuses it before anything of it is written.
    fn write(&mut self, record: &Record) -> rusqlite::Result<Result<(), Refusal>> {
        let fits = match &record.state {
            Some(state) => self.write_state(record, state)?,
            None => self.write_numbers(record)?,
        };
        if fits.is_err() {
            return Ok(fits);
        }
        for row in &record.outbox {
            self.send(&record.address, row)?;
        }
        for mark in &record.marks {
            self.mark(&record.address, mark)?;
        }
        for id in &record.consumed {
            self.consume(&record.address, id)?;
        }
        for attempt in &record.attempts {
            self.attempt(&record.address, attempt)?;
        }
        for dead in &record.dead {
            self.bury(dead)?;
        }
        Ok(Ok(()))
    }

    fn write_state(&mut self, record: &Record, state: &[u8]) -> rusqlite::Result<Result<(), Refusal>> {
        let sum = of_numbers(record.next, record.epoch, record.outbox_sequence)
            ^ of_state(&record.address, Some(state))
            ^ of_form(record.partition, record.state_version, record.codec);
        if record.expected == 0 && self.create_row(record, sum, Some(state))? {
            return Ok(Ok(()));
        }
        let Record { address, next, epoch, outbox_sequence, expected, .. } = record;
        let row = params![
            address.kind.0,
            address.key,
            *next as i64,
            *epoch as i64,
            *outbox_sequence as i64,
            sum,
            state,
            *expected as i64,
            record.partition,
            record.state_version,
            record.codec,
        ];
        if self.replace.execute(row)? == 1 {
            return Ok(Ok(()));
        }
        self.refuse(record)
    }

    /// Where the state stays as it is, its part of the checksum has to stay as well, so the row is read first.
    fn write_numbers(&mut self, record: &Record) -> rusqlite::Result<Result<(), Refusal>> {
        let held = self.held(&record.address)?.unwrap_or_default();
        if let Err(refusal) = fence(record, held.revision, held.epoch) {
            return Ok(Err(refusal));
        }
        let old = of_numbers(held.revision, held.epoch, held.outbox_sequence);
        let new = of_numbers(record.next, record.epoch, record.outbox_sequence);
        if !held.exists {
            let form = of_form(record.partition, record.state_version, record.codec);
            self.create_row(record, new ^ of_state(&record.address, None) ^ form, None)?;
        } else if new != old {
            self.renumber.execute((
                record.address.kind.0,
                &*record.address.key,
                record.next as i64,
                record.epoch as i64,
                record.outbox_sequence as i64,
                held.checksum ^ old ^ new,
            ))?;
        }
        Ok(Ok(()))
    }

    fn create_row(&mut self, record: &Record, sum: i64, state: Option<&[u8]>) -> rusqlite::Result<bool> {
        let created = self.create.execute((
            record.address.kind.0,
            &*record.address.key,
            record.next as i64,
            record.epoch as i64,
            record.outbox_sequence as i64,
            sum,
            state,
            record.partition,
            record.state_version,
            record.codec,
        ))?;
        Ok(created == 1)
    }

    fn refuse(&mut self, record: &Record) -> rusqlite::Result<Result<(), Refusal>> {
        let held = self.held(&record.address)?.unwrap_or_default();
        match fence(record, held.revision, held.epoch) {
            Err(refusal) => Ok(Err(refusal)),
            // The update missed a row that fits: index and table tell different stories.
            Ok(()) => Err(damaged("an actor's index")),
        }
    }

    fn held(&mut self, address: &Address) -> rusqlite::Result<Option<Held>> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Held {
                exists: true,
                revision: row.get::<_, i64>(0)? as u64,
                epoch: row.get::<_, i64>(1)? as u64,
                outbox_sequence: row.get::<_, i64>(2)? as u64,
                checksum: row.get(3)?,
            })
        };
        self.held.query_row((address.kind.0, &*address.key), read).optional()
    }

    pub(super) fn send(&mut self, sender: &Address, row: &OutboxRow) -> rusqlite::Result<()> {
        let id = RowId { sender: sender.clone(), sequence: row.sequence };
        self.send.execute((
            row.target.kind.0,
            &*row.target.key,
            sender.kind.0,
            &*sender.key,
            row.sequence as i64,
            outbox_checksum(&id, row),
            &*row.handler,
            &*row.payload,
            row.partition,
            row.metadata.as_bytes(),
            row.trace.as_bytes(),
            row.attempts,
            row.next_at_ms as i64,
        ))?;
        Ok(())
    }

    pub(super) fn mark(&mut self, address: &Address, mark: &Mark) -> rusqlite::Result<()> {
        let source = Source::of(&mark.source);
        self.mark.execute((
            address.kind.0,
            &*address.key,
            source.number,
            source.kind,
            source.name,
            mark.sequence as i64,
            mark.expires_at_ms as i64,
            mark_checksum(address, mark),
            &*mark.reply,
            mark.metadata.as_bytes(),
            mark.gap as i64,
        ))?;
        Ok(())
    }

    /// The row's other columns stay unread: their part of the checksum stays as well. A row that is gone is no error.
    fn attempt(&mut self, target: &Address, attempt: &Attempt) -> rusqlite::Result<()> {
        let (row, before) = (&attempt.row, (attempt.attempts_before, attempt.next_at_ms_before));
        let change = of_attempts(before.0, before.1) ^ of_attempts(attempt.attempts, attempt.next_at_ms);
        // SQL has no exclusive or: it is what both have together less what they share.
        let mut update = self.connection.prepare_cached(
            "UPDATE outbox SET attempts = ?6, next_at_ms = ?7, checksum = (checksum | ?8) - (checksum & ?8)
             WHERE target_kind = ?1 AND target_key = ?2 AND sender_kind = ?3 AND sender_key = ?4
             AND sequence = ?5 AND attempts = ?9 AND next_at_ms = ?10",
        )?;
        update.execute(params![
            target.kind.0,
            target.key,
            row.sender.kind.0,
            row.sender.key,
            row.sequence as i64,
            attempt.attempts,
            attempt.next_at_ms as i64,
            change,
            before.0,
            before.1 as i64,
        ])?;
        Ok(())
    }

    fn bury(&mut self, dead: &DeadLetter) -> rusqlite::Result<()> {
        let (sender, sequence) = sender_of(dead);
        let mut insert = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO dead (target_kind, target_key, sender_kind, sender_key, sequence, partition,
             handler, code, text, failed_at_ms, attempts, held, checksum, payload, metadata, trace)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        insert.execute(params![
            dead.target.kind.0,
            dead.target.key,
            sender.kind.0,
            sender.key,
            sequence as i64,
            dead.partition,
            dead.handler,
            dead.code,
            dead.text,
            dead.failed_at_ms as i64,
            dead.attempts,
            dead.held,
            dead_checksum(dead),
            &*dead.payload,
            dead.metadata.as_bytes(),
            dead.trace.as_bytes(),
        ])?;
        Ok(())
    }

    pub(super) fn consume(&mut self, target: &Address, id: &RowId) -> rusqlite::Result<()> {
        let Ok(sequence) = i64::try_from(id.sequence) else { return Ok(()) };
        self.consume.execute((target.kind.0, &*target.key, id.sender.kind.0, &*id.sender.key, sequence))?;
        Ok(())
    }
}

/// An actor's numbers as the store holds them; all zero where it has no row.
#[derive(Default)]
struct Held {
    exists: bool,
    revision: u64,
    epoch: u64,
    outbox_sequence: u64,
    checksum: i64,
}
