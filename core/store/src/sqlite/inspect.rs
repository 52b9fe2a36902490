//! Looking into a data folder from outside of an engine: kinds, keys, states, a check of every row, a copy.
//!
//! If no engine holds the folder it is opened (and brought forward) as an engine would; else a connection that only
//! reads goes beside the engine's own.

use std::path::Path;

use everact_kernel::address::{Address, StoredKind};
use rusqlite::{Connection, OptionalExtension};

use super::backup;
use super::connection::{checked_over, open_reader};
use super::error::store_error;
use super::options::SqliteOptions;
use super::reader;
use super::{DATABASE_FILE, SqliteStore};
use crate::contract::{LoadRequest, StoreError};

/// Marks and messages read with one actor by `check`; what lies beyond is read in further pages by the engine too.
const CHECK_PAGE: usize = 1_000_000;

/// A data folder, open for looking.
pub struct Inspection {
    /// Closed before the store that may have opened the folder for it.
    connection: Connection,
    _store: Option<SqliteStore>,
}

/// A kind as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindRow {
    /// Its name.
    pub name: String,
    /// How many actors of it are stored.
    pub actors: u64,
}

/// An actor in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRow {
    /// Its key.
    pub key: String,
    /// Its revision.
    pub revision: u64,
    /// Bytes of its state.
    pub state_bytes: u64,
}

/// A stored actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredActor {
    /// Its revision.
    pub revision: u64,
    /// Its state as its kind's codec wrote it; `None` if it has none.
    pub state: Option<Vec<u8>>,
    /// Messages that wait for it in outboxes, up to a page.
    pub waiting: usize,
}

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Actors whose rows were read.
    pub actors: u64,
    /// Undelivered messages read.
    pub messages: u64,
    /// Marks read.
    pub marks: u64,
    /// What cannot be trusted, a sentence each.
    pub problems: Vec<String>,
}

impl Inspection {
    /// Opens the data in `folder`, which must hold some.
    ///
    /// # Errors
    /// `Invalid` if there is no database, else as `SqliteStore::open`, but never `Locked`.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let options = SqliteOptions::default();
        let folder = &super::absolute(folder)?;
        let held = super::former_name::database_in(&*options.file_system, folder)
            .map_err(|error| StoreError::Invalid(format!("cannot read {}: {error}", folder.display())))?;
        if !held.exists() {
            return Err(StoreError::Invalid(format!("{} holds no data of Everact", folder.display())));
        }
        let store = match SqliteStore::open(folder, options.clone()) {
            Ok(store) => Some(store),
            Err(StoreError::Locked(_)) => None,
            Err(error) => return Err(error),
        };
        let connection = open_reader(&folder.join(DATABASE_FILE), &options)?;
        Ok(Self { connection, _store: store })
    }

    /// All kinds that were ever declared, by name.
    ///
    /// # Errors
    /// As reading does.
    pub fn kinds(&self) -> Result<Vec<KindRow>, StoreError> {
        self.read("listing kinds", |connection| {
            connection
                .prepare(
                    "SELECT name, (SELECT count(*) FROM actor WHERE actor.kind = kind.id) FROM kind ORDER BY name",
                )?
                .query_map([], |row| Ok(KindRow { name: row.get(0)?, actors: count(row.get(1)?) }))?
                .collect()
        })
    }

    /// Up to `limit` actors of a kind whose keys begin with `prefix` and come after `after`, by key.
    ///
    /// # Errors
    /// `Invalid` if the kind was never declared here.
    pub fn actors(
        &self,
        kind: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ActorRow>, StoreError> {
        let kind = self.kind(kind)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read("listing actors", |connection| {
            connection
                .prepare(
                    "SELECT key, revision, coalesce(length(state), 0) FROM actor
                     WHERE kind = ?1 AND key > ?2 AND key >= ?3 AND substr(key, 1, length(?3)) = ?3
                     ORDER BY key LIMIT ?4",
                )?
                .query_map((kind.0, after, prefix, limit), |row| {
                    let (revision, state_bytes) = (count(row.get(1)?), count(row.get(2)?));
                    Ok(ActorRow { key: row.get(0)?, revision, state_bytes })
                })?
                .collect()
        })
    }

    /// One actor; `None` if nothing was ever stored of it.
    ///
    /// # Errors
    /// `Invalid` if the kind was never declared here, `Corrupted` if its rows cannot be trusted.
    pub fn actor(&self, kind: &str, key: &str) -> Result<Option<StoredActor>, StoreError> {
        let address = Address { kind: self.kind(kind)?, key: key.into() };
        let request = LoadRequest::new(address, 0, CHECK_PAGE);
        let loaded = self.read("reading an actor", |connection| reader::load(connection, &request))?;
        let waiting = loaded.inbox.len();
        let nothing = loaded.revision == 0 && loaded.state.is_none() && waiting == 0;
        Ok((!nothing).then_some(StoredActor { revision: loaded.revision, state: loaded.state, waiting }))
    }

    /// Reads everything: SQLite's own structures, each page's and each row's checksum. `seen` hears of the actors read.
    ///
    /// # Errors
    /// If the database cannot be read at all; what is damaged inside is in the report.
    pub fn check(&self, mut seen: impl FnMut(u64)) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let answers = self.read("checking the database", |connection| {
            connection
                .prepare("PRAGMA integrity_check(100)")?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        match answers {
            Ok(answers) => report.problems.extend(answers.into_iter().filter(|answer| answer != "ok")),
            Err(StoreError::Corrupted(why)) => report.problems.push(why),
            Err(error) => return Err(error),
        }
        let mut after = Address { kind: StoredKind(0), key: "".into() };
        loop {
            let next = match self.read("listing addresses", |connection| next_address(connection, &after)) {
                Ok(Some(next)) => next,
                Ok(None) => return Ok(report),
                Err(StoreError::Corrupted(why)) => {
                    report.problems.push(format!("the list of actors ends early: {why}"));
                    return Ok(report);
                }
                Err(error) => return Err(error),
            };
            let request = LoadRequest::new(next.clone(), CHECK_PAGE, CHECK_PAGE);
            match self.read("reading an actor", |connection| reader::load(connection, &request)) {
                Ok(loaded) => {
                    report.actors += 1;
                    report.messages += loaded.inbox.len() as u64;
                    report.marks += loaded.marks.len() as u64;
                }
                Err(error) => {
                    report.problems.push(format!("kind {} key {:?}: {error}", next.kind.0, next.key));
                }
            }
            seen(report.actors);
            after = next;
        }
    }

    /// Copies a consistent state of all data into the new folder `into`, beside a running engine too.
    ///
    /// # Errors
    /// `Invalid` if `into` holds data already or cannot be made.
    pub fn backup(&self, into: &Path) -> Result<(), StoreError> {
        backup::copy(&self.connection, into, Some(checked_over(None)?))
    }

    fn kind(&self, name: &str) -> Result<StoredKind, StoreError> {
        let found = self.read("looking up a kind", |connection| {
            connection.query_row("SELECT id FROM kind WHERE name = ?1", [name], |row| row.get(0)).optional()
        })?;
        found.map(StoredKind).ok_or_else(|| {
            let names = self.kinds().unwrap_or_default();
            let known = names.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>().join(", ");
            StoreError::Invalid(format!("no kind {name:?} was ever stored here; there are: {known}"))
        })
    }

    fn read<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(&self.connection).map_err(|error| store_error(error, doing))
    }
}

/// The first address after this one that has an actor or a waiting message.
fn next_address(connection: &Connection, after: &Address) -> rusqlite::Result<Option<Address>> {
    connection
        .prepare_cached(
            "SELECT kind, key FROM (
                 SELECT * FROM (SELECT kind, key FROM actor WHERE (kind, key) > (?1, ?2) ORDER BY kind, key LIMIT 1)
                 UNION
                 SELECT * FROM (SELECT target_kind, target_key FROM outbox
                     WHERE (target_kind, target_key) > (?1, ?2) ORDER BY target_kind, target_key LIMIT 1)
             ) ORDER BY 1, 2 LIMIT 1",
        )?
        .query_row((after.kind.0, &*after.key), |row| super::row::read_address(row, 0))
        .optional()
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
