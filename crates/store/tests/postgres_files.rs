//! Files in PostgreSQL: whole, never changed, and on disk when their keeping is answered.
#![allow(clippy::unwrap_used, reason = "a test that cannot open its store has failed")]

use handover_store::Postgres;
use handover_store::conformance::server::{self, Server, block_on};

/// More than a row holds beside its other columns.
fn body() -> Vec<u8> {
    (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 3) as u8).collect()
}

#[test]
fn a_file_is_read_in_parts() {
    block_on(async {
        let store = Postgres::open(&server::database()).await.unwrap();
        let body = body();
        store.keep_file("a", "{}", &body).await.unwrap();
        for (from, bytes_max, part) in [
            (0, 10, 0..10),
            (99_990, 100, 99_990..100_000),
            (100_000, 1, 100_000..100_000),
            (2_147_483_000, u32::MAX, 0..0),
            (0, u32::MAX, 0..100_000),
            (1, 0, 0..0),
        ] {
            let read = store.file_part("a", from, bytes_max).await.unwrap();
            assert_eq!(read.as_deref(), body.get(part), "{from} {bytes_max}");
        }
        assert!(store.file_part("a", u64::MAX, 1).await.is_err());
        assert_eq!(store.file_part("b", 0, 1).await.unwrap(), None);
        assert_eq!(store.file("b").await.unwrap(), None);
        assert!(store.file("a").await.unwrap().is_some_and(|about| about.kept == "{}"));
    });
}

#[test]
fn what_is_kept_stays_as_it_was() {
    block_on(async {
        let store = Postgres::open(&server::database()).await.unwrap();
        store.keep_file("a", "first", b"1").await.unwrap();
        let first = store.file("a").await.unwrap();
        store.keep_file("a", "second", b"2").await.unwrap();
        assert_eq!(store.file("a").await.unwrap(), first);
        assert_eq!(store.file_part("a", 0, 9).await.unwrap().as_deref(), Some(&b"1"[..]));
    });
}

/// Promise B: what was answered is on disk.
#[test]
fn a_kept_file_outlives_a_power_cut_and_is_read_on_the_same_node() {
    let server = Server::start_durable();
    let url = server.database();
    block_on(async {
        let (one, other) =
            (Postgres::open(&url).await.unwrap(), Postgres::open(&url).await.unwrap());
        one.keep_file("a", "{}", &body()).await.unwrap();
        server.stop();
        server.start_again();
        for node in [&one, &other] {
            assert_eq!(node.file_part("a", 0, u32::MAX).await.unwrap(), Some(body()));
        }
        one.keep_file("b", "{}", b"b").await.unwrap();
        assert_eq!(other.file_part("b", 0, 9).await.unwrap().as_deref(), Some(&b"b"[..]));
    });
}

/// So that a part is read without the rest.
#[test]
fn a_body_is_kept_as_it_came() {
    block_on(async {
        let url = server::database();
        let store = Postgres::open(&url).await.unwrap();
        store.keep_file("a", "{}", &[0; 100_000]).await.unwrap();
        let database = url.rsplit('/').next().unwrap();
        let size = server::shared().psql(database, "SELECT pg_column_size(body) FROM files");
        assert_eq!(size, "100000", "not compressed");
    });
}
