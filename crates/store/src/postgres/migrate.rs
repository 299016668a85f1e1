//! Brings a database's tables up to this version. Nodes that start together take turns.
//!
//! Nodes of the version before keep running meanwhile: a migration says which is the last one that a program has to know
//! to work on what it makes. What old programs could not live with is taken away by a later migration, once none of them
//! runs any more: expand, then contract.

use super::connection::Connection;
use super::failure::{Failure, Tried};
use sha2::{Digest, Sha256};

/// One step.
pub(super) struct Migration {
    name: &'static str,
    sql: &'static str,
    /// The last migration that a program has to know so as to work on what this one makes: its own name where it is
    /// enough that nobody knows less.
    needs: &'static str,
}

/// In the order in which they are applied. One that was released is never changed.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_begin",
        sql: include_str!("migrations/0001_begin.sql"),
        needs: "0001_begin",
    },
    Migration {
        name: "0002_files",
        sql: include_str!("migrations/0002_files.sql"),
        needs: "0001_begin",
    },
];

/// The number of the lock: any that nobody else in the database uses.
const TURN: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
     SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock(5208183022510269772)";

const BOOK: &str = "CREATE TABLE migrations (
         name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, needs TEXT COLLATE \"C\" NOT NULL)";

const TABLES: &str = "SELECT c.relname::text FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
     ORDER BY c.relname";

const APPLIED: &str = "SELECT name, checksum, needs FROM migrations ORDER BY name";

const WRITE_DOWN: &str = "INSERT INTO migrations (name, checksum, needs) VALUES ($1, $2, $3)";

/// Applies what the database lacks: all of it or nothing.
pub(super) async fn migrate(connection: &Connection) -> Tried<()> {
    apply(connection, MIGRATIONS).await
}

/// Looks at what the database is, and changes nothing. None where it is empty; else how many migrations it lacks.
pub(super) async fn look(connection: &Connection) -> Tried<Option<usize>> {
    let Some(applied) = applied(connection).await? else { return Ok(None) };
    check(&applied, MIGRATIONS).map_err(Failure::Refused)?;
    Ok(Some(MIGRATIONS.len().saturating_sub(applied.len())))
}

pub(super) async fn apply(connection: &Connection, migrations: &[Migration]) -> Tried<()> {
    connection.run("BEGIN").await?;
    connection.run(TURN).await?;
    match apply_in_turn(connection, migrations).await {
        Ok(()) => connection.run("COMMIT").await,
        Err(failure) => {
            // What went wrong before is what is told.
            let _ = connection.run("ROLLBACK").await;
            Err(failure)
        }
    }
}

async fn apply_in_turn(connection: &Connection, migrations: &[Migration]) -> Tried<()> {
    let applied = match applied(connection).await? {
        Some(applied) => applied,
        None => {
            connection.run(BOOK).await?;
            Vec::new()
        }
    };
    check(&applied, migrations).map_err(Failure::Refused)?;
    for migration in migrations.iter().skip(applied.len()) {
        let Migration { name, sql, needs } = migration;
        connection.run(sql).await.map_err(|failure| named(name, failure))?;
        connection.query(WRITE_DOWN, &[name, &checksum_of(sql), needs]).await?;
    }
    Ok(())
}

fn named(name: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(why) => Failure::Refused(format!("migration {name}: {why}")),
        other => other,
    }
}

/// What was applied.
struct Applied {
    name: String,
    checksum: String,
    needs: String,
}

/// Whether a program that knows these migrations can work on a database to which those were applied.
fn check(applied: &[Applied], known: &[Migration]) -> Result<(), String> {
    let last = known.last().map_or("", |migration| migration.name);
    for (index, done) in applied.iter().enumerate() {
        let name = &done.name;
        match known.get(index) {
            Some(migration) if migration.name == name => {
                if checksum_of(migration.sql) != done.checksum {
                    return Err(format!(
                        "the migration {name} that made this database is not the one in this version of Handover"
                    ));
                }
            }
            None if done.needs.as_str() <= last => {}
            _ => {
                return Err(format!(
                    "a newer version of Handover made this database: this version does not know its migration {name} and \
                     cannot work beside it"
                ));
            }
        }
    }
    Ok(())
}

/// None where the database is empty.
async fn applied(connection: &Connection) -> Tried<Option<Vec<Applied>>> {
    let mut tables = Vec::new();
    for row in connection.query(TABLES, &[]).await? {
        tables.push(row.try_get::<_, String>(0)?);
    }
    if tables.is_empty() {
        return Ok(None);
    }
    let not_ours = |_| {
        let some = tables.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        Failure::Refused(format!(
            "it is not a database of Handover: it has tables of its own ({some}). Give it an empty one"
        ))
    };
    if !tables.iter().any(|table| table == "migrations") {
        return Err(not_ours(()));
    }
    let rows = match connection.query(APPLIED, &[]).await {
        Err(Failure::Refused(_)) => return Err(not_ours(())),
        rows => rows?,
    };
    let read = |row: &tokio_postgres::Row| {
        Ok(Applied { name: row.try_get(0)?, checksum: row.try_get(1)?, needs: row.try_get(2)? })
    };
    rows.iter().map(read).collect::<Tried<_>>().map(Some)
}

fn checksum_of(sql: &str) -> String {
    hex::encode(Sha256::digest(sql))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::server::{self, block_on};
    use crate::postgres::address::Address;
    use crate::postgres::failure::PATIENCE;
    use tokio::time::Instant;

    const ONE: Migration =
        Migration { name: "0001_one", sql: "CREATE TABLE one (a INT)", needs: "0001_one" };
    const EXPANDS: Migration = Migration {
        name: "0002_expands",
        sql: "ALTER TABLE one ADD COLUMN b INT; UPDATE one SET b = a + 1",
        needs: "0001_one",
    };
    const CONTRACTS: Migration = Migration {
        name: "0003_contracts",
        sql: "ALTER TABLE one DROP COLUMN a",
        needs: "0002_expands",
    };

    async fn connect(url: &str) -> Connection {
        let address = Address::read(url).unwrap();
        Connection::open(&address, Instant::now() + PATIENCE).await.unwrap()
    }

    /// Applies these, and then those.
    fn said(first: &[Migration], then: &[Migration]) -> Result<(), String> {
        block_on(async {
            let connection = connect(&server::database()).await;
            apply(&connection, first).await.unwrap();
            apply(&connection, then).await.map_err(|failure| format!("{failure:?}"))
        })
    }

    #[test]
    fn each_is_applied_once_and_meets_rows() {
        block_on(async {
            let connection = connect(&server::database()).await;
            apply(&connection, &[ONE]).await.unwrap();
            connection.run("INSERT INTO one (a) VALUES (1)").await.unwrap();
            apply(&connection, &[ONE, EXPANDS]).await.unwrap();
            apply(&connection, &[ONE, EXPANDS]).await.unwrap();
            let rows = connection.query("SELECT b FROM one", &[]).await.unwrap();
            assert_eq!(rows[0].try_get::<_, i32>(0).unwrap(), 2);
        });
    }

    #[test]
    fn the_version_before_goes_on_after_what_only_expands() {
        said(&[ONE, EXPANDS], &[ONE]).unwrap();
    }

    #[test]
    fn a_version_that_knows_too_little_is_refused_by_name() {
        let said = said(&[ONE, EXPANDS, CONTRACTS], &[ONE]).unwrap_err();
        assert!(said.contains("newer version") && said.contains("0003_contracts"), "{said}");
    }

    #[test]
    fn a_changed_migration_is_refused_by_name() {
        let changed = Migration { sql: "CREATE TABLE one (b INT)", ..ONE };
        let said = said(&[ONE], &[changed]).unwrap_err();
        assert!(said.contains("0001_one") && said.contains("not the one"), "{said}");
    }

    #[test]
    fn one_that_fails_leaves_nothing_behind() {
        block_on(async {
            let connection = connect(&server::database()).await;
            let bad = Migration { name: "0002_bad", sql: "CREATE TABLE two (); NONSENSE", ..ONE };
            let failure = apply(&connection, &[ONE, bad]).await.unwrap_err();
            assert!(format!("{failure:?}").contains("0002_bad"));
            apply(&connection, &[ONE, EXPANDS]).await.unwrap();
        });
    }

    #[test]
    fn another_programs_database_is_refused() {
        for table in ["CREATE TABLE songs (title TEXT)", "CREATE TABLE migrations (version INT)"] {
            block_on(async {
                let connection = connect(&server::database()).await;
                connection.run(table).await.unwrap();
                let failure = apply(&connection, &[ONE]).await.unwrap_err();
                let said = format!("{failure:?}");
                assert!(said.contains("not a database of Handover"), "{said}");
            });
        }
    }

    #[test]
    fn nodes_that_start_together_take_turns() {
        let url = server::database();
        block_on(async {
            let nodes = (0..6).map(|_| async {
                let connection = connect(&url).await;
                apply(&connection, &[ONE, EXPANDS]).await
            });
            for applied in futures_util::future::join_all(nodes).await {
                applied.unwrap();
            }
        });
    }
}
