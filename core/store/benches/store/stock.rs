//! SQLite as it comes: the log with full sync, its own checkpoints, the plainest table, the same fence.

use std::path::Path;

use everact_kernel::commit::Record;
use rusqlite::Connection;

pub(crate) struct Stock {
    connection: Connection,
}

impl Stock {
    pub(crate) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("open");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE actor (key TEXT PRIMARY KEY, revision INTEGER, state BLOB) WITHOUT ROWID",
            )
            .expect("create");
        Self { connection }
    }

    pub(crate) fn commit(&mut self, records: &[Record]) {
        let transaction = self.connection.transaction().expect("begin");
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO actor VALUES (?1, ?2, ?3)").expect("prepare");
            let mut update = transaction
                .prepare_cached("UPDATE actor SET revision = ?2, state = ?3 WHERE key = ?1 AND revision = ?4")
                .expect("prepare");
            for record in records {
                let (key, next, state) = (&*record.address.key, record.next as i64, &record.state);
                let written = match record.expected {
                    0 => insert.execute((key, next, state)),
                    expected => update.execute((key, next, state, expected as i64)),
                };
                assert_eq!(written.expect("write"), 1, "a commit was refused");
            }
        }
        transaction.commit().expect("commit");
    }
}
