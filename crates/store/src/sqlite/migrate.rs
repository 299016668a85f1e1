//! Brings a file's tables up to this version, and refuses files that another version made.

use super::columns::failed;
use handover_core::port::store::{Result, StoreError};
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

/// In the order in which they are applied. One that was released is never changed.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_begin", include_str!("../../migrations/0001_begin.sql")),
    ("0002_links", include_str!("../../migrations/0002_links.sql")),
    ("0003_operators", include_str!("../../migrations/0003_operators.sql")),
    ("0004_ended", include_str!("../../migrations/0004_ended.sql")),
];

/// Applies what the file lacks: all of it or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, migrations: &[(&str, &str)]) -> Result<()> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let applied = applied(&transaction)?;
    for (index, (name, checksum)) in applied.iter().enumerate() {
        match migrations.get(index) {
            Some((known, sql)) if known == name && checksum_of(sql) == *checksum => {}
            Some((known, _)) if known == name => {
                return Err(StoreError(format!(
                    "the migration {name} that made this database is not the one in this version of Handover"
                )));
            }
            _ => {
                return Err(StoreError(format!(
                    "a newer version of Handover made this database: this version does not know its migration {name}"
                )));
            }
        }
    }
    for (name, sql) in migrations.iter().skip(applied.len()) {
        transaction
            .execute_batch(sql)
            .map_err(|error| StoreError(format!("migration {name}: {error}")))?;
        transaction
            .execute(
                "INSERT INTO migrations (name, checksum) VALUES (?1, ?2)",
                [*name, &checksum_of(sql)],
            )
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// What was applied, by name, with checksums.
fn applied(connection: &Connection) -> Result<Vec<(String, String)>> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    if tables == 0 {
        connection
            .execute_batch(
                "CREATE TABLE migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL) WITHOUT ROWID",
            )
            .map_err(failed)?;
    }
    let mut select = connection
        .prepare("SELECT name, checksum FROM migrations ORDER BY name")
        .map_err(|_| StoreError("it is not a database of Handover".into()))?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(failed)
}

fn checksum_of(sql: &str) -> String {
    hex::encode(Sha256::digest(sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: (&str, &str) = ("0001_one", "CREATE TABLE one (a);");
    const TWO: (&str, &str) =
        ("0002_two", "ALTER TABLE one ADD COLUMN b; UPDATE one SET b = a + 1;");

    fn refused(migrations: &[(&str, &str)], then: &[(&str, &str)]) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, migrations).unwrap();
        apply(&mut connection, then).unwrap_err().to_string()
    }

    #[test]
    fn each_is_applied_once_and_meets_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[ONE]).unwrap();
        connection.execute("INSERT INTO one (a) VALUES (1)", []).unwrap();
        apply(&mut connection, &[ONE, TWO]).unwrap();
        apply(&mut connection, &[ONE, TWO]).unwrap();
        let b: i64 = connection.query_row("SELECT b FROM one", [], |row| row.get(0)).unwrap();
        assert_eq!(b, 2);
    }

    #[test]
    fn a_newer_database_is_refused_by_name() {
        let said = refused(&[ONE, TWO], &[ONE]);
        assert!(said.contains("newer version") && said.contains("0002_two"), "{said}");
    }

    #[test]
    fn a_changed_migration_is_refused_by_name() {
        let said = refused(&[ONE], &[("0001_one", "CREATE TABLE one (b);")]);
        assert!(said.contains("0001_one") && said.contains("not the one"), "{said}");
    }

    #[test]
    fn one_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let said = apply(&mut connection, &[ONE, ("0002_bad", "CREATE TABLE two (a); NONSENSE;")]);
        assert!(said.unwrap_err().to_string().contains("0002_bad"));
        apply(&mut connection, &[ONE]).unwrap();
    }

    #[test]
    fn deliveries_that_were_given_up_before_there_were_lists_are_listed_by_their_end() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &MIGRATIONS[..2]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO deliveries (conversation, n, side, state, attempts, created_at, next_at, body)
                 VALUES (1, 1, 'desk', 'dead', 2, 5, 6, '{}'), (1, 2, 'desk', 'pending', 0, 5, 6, '{}');
                 INSERT INTO attempts (conversation, delivery, attempt, at, note)
                 VALUES (1, 1, 1, 7, 'no'), (1, 1, 2, 8, 'never');",
            )
            .unwrap();
        apply(&mut connection, MIGRATIONS).unwrap();
        let ends = |sql: &str| -> Vec<i64> {
            let mut select = connection.prepare(sql).unwrap();
            select.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
        };
        assert_eq!(ends("SELECT next_at FROM deliveries ORDER BY n"), [8, 6]);
        assert_eq!(ends("SELECT count(*) FROM attempts WHERE calls IS NULL"), [2]);
    }

    #[test]
    fn another_programs_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE songs (title)").unwrap();
        let said = apply(&mut connection, &[ONE]).unwrap_err().to_string();
        assert!(said.contains("not a database of Handover"), "{said}");
    }
}
