//! SQLite passes the list, and what only a file can do.

use handover_store::Sqlite;
use tempfile::TempDir;

fn open() -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Sqlite::open(folder.path().join("handover.db")).unwrap(), folder)
}

handover_store::conformance!(open(), futures_executor::block_on);
