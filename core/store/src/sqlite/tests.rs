//! What the SQLite store promises beyond the contract: locks, copies, formats, reopening, the log's length.

use tempfile::TempDir;

use super::*;
use crate::contract::suite;

/// A store in a folder of its own, which goes when the test ends.
struct Temporary {
    store: SqliteStore,
    _folder: TempDir,
}

impl Temporary {
    fn new(options: SqliteOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: SqliteStore::open(folder.path(), options).unwrap(), _folder: folder }
    }
}

#[test]
fn the_contract_is_kept() {
    let folders = std::cell::RefCell::new(Vec::new());
    suite::check(|| {
        let Temporary { store, _folder } = Temporary::new(SqliteOptions::default());
        folders.borrow_mut().push(_folder);
        store
    });
}
