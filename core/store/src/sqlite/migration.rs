//! Bringing data to this build's format, and telling how far that has come: at the start, about each second, at the end.
//!
//! Each time it is an event `store.migrate` and a call of the caller's report. One statement may take minutes, so SQLite
//! itself looks at the clock every so many of its instructions.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::options::{Progress, ProgressReport};

/// How much time passes between two reports.
const REPORT_EACH: Duration = Duration::from_secs(1);
/// Rows between two looks at the clock.
const LOOK_ROWS: u64 = 1_000;
/// Instructions of SQLite between two looks at the clock: some milliseconds.
const LOOK_INSTRUCTIONS: c_int = 100_000;

/// Rows that are changed; marks of actors are dropped (ADR 0010).
const ROWS: &str = "SELECT (SELECT count(*) FROM actor) + (SELECT count(*) FROM outbox)
    + (SELECT count(*) FROM mark WHERE source_type <> 0)";

/// One bringing forward, shared with the handler inside SQLite.
#[derive(Clone)]
pub(super) struct Migration(Arc<Shared>);

struct Shared {
    report: ProgressReport,
    from: u32,
    to: u32,
    rows: AtomicU64,
    rows_total: u64,
    told_at: Mutex<Instant>,
}

impl Migration {
    /// Begins with data of format `from`, which says how many rows there are; a database without tables is format 0.
    pub(super) fn begin(
        connection: &Connection,
        [from, to]: [u32; 2],
        report: &ProgressReport,
    ) -> rusqlite::Result<Self> {
        let rows_total: i64 = match from {
            0 => 0,
            _ => connection.query_row(ROWS, [], |row| row.get(0))?,
        };
        let migration = Self(Arc::new(Shared {
            report: report.clone(),
            from,
            to,
            rows: AtomicU64::new(0),
            rows_total: rows_total.unsigned_abs(),
            told_at: Mutex::new(Instant::now()),
        }));
        migration.tell();
        Ok(migration)
    }

    /// Does work with a connection whose long statements report too.
    pub(super) fn watched<T>(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let looking = self.clone();
        let look = move || {
            looking.look();
            false
        };
        connection.progress_handler(LOOK_INSTRUCTIONS, Some(look))?;
        let done = work(connection);
        connection.progress_handler(0, None::<fn() -> bool>)?;
        done
    }

    /// So many more rows are in the new format.
    pub(super) fn rows(&self, more: usize) {
        let before = self.0.rows.fetch_add(more as u64, Ordering::Relaxed);
        if (before + more as u64) / LOOK_ROWS > before / LOOK_ROWS {
            self.look();
        }
    }

    /// All of it is committed.
    pub(super) fn end(&self) {
        self.tell();
    }

    fn look(&self) {
        let mut told_at = self.0.told_at.lock();
        if told_at.elapsed() >= REPORT_EACH {
            *told_at = Instant::now();
            drop(told_at);
            self.tell();
        }
    }

    fn tell(&self) {
        let Shared { report, from, to, rows, rows_total, .. } = &*self.0;
        // A new database is made, not brought forward.
        if *from == 0 {
            return;
        }
        let (done_rows, total_rows) = (rows.load(Ordering::Relaxed), *rows_total);
        tracing::info!(target: "everact::store", from, to, done_rows, total_rows, "store.migrate");
        (report.0)(Progress { from: *from, to: *to, rows: done_rows, rows_total: total_rows });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_takes_long_reports_about_each_second() {
        let seen: Arc<Mutex<Vec<(Progress, Instant)>>> = Arc::default();
        let into = seen.clone();
        let report = ProgressReport(Arc::new(move |progress| into.lock().push((progress, Instant::now()))));
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE actor (id); CREATE TABLE outbox (id); CREATE TABLE mark (source_type);",
            )
            .unwrap();
        let migration = Migration::begin(&connection, [2, 3], &report).unwrap();
        let endless =
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";
        let interrupt = connection.get_interrupt_handle();
        let waiting = seen.clone();
        let stopper = std::thread::spawn(move || {
            while waiting.lock().len() < 3 {
                std::thread::sleep(Duration::from_millis(5));
            }
            interrupt.interrupt();
        });
        migration
            .watched(&mut connection, |connection| connection.query_row(endless, [], |_| Ok(())))
            .expect_err("it is interrupted");
        stopper.join().expect("no panic");
        let seen = seen.lock();
        assert!(seen.windows(2).all(|pair| pair[1].1 - pair[0].1 >= REPORT_EACH), "{seen:?}");
    }

    #[test]
    fn a_new_database_is_not_brought_forward() {
        let report = ProgressReport(Arc::new(|progress| panic!("{progress:?}")));
        let migration = Migration::begin(&Connection::open_in_memory().unwrap(), [0, 3], &report).unwrap();
        migration.rows(LOOK_ROWS as usize);
        migration.end();
    }
}
