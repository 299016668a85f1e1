//! The configuration's documents.

use handover_core::port::store::{Record, Records};
use serde_json::{Value, json};

fn record(kind: &str, id: &str, body: Value) -> Record {
    Record { kind: kind.into(), id: id.into(), body }
}

/// Written, read, replaced.
pub async fn documents(store: &dyn Records) {
    assert_eq!(store.get("account", "web").await.unwrap(), None);
    for body in [json!({ "on": true }), json!(null), json!({ "name": "Zoë", "n": [1, 2.5] })] {
        let web = record("account", "web", body);
        store.put(web.clone()).await.unwrap();
        assert_eq!(store.get("account", "web").await.unwrap(), Some(web));
    }
    assert_eq!(store.get("account", "other").await.unwrap(), None);
    assert_eq!(store.get("agent", "web").await.unwrap(), None);
}

/// Listed by id, each kind by itself.
pub async fn documents_by_kind(store: &dyn Records) {
    for (kind, id) in [("agent", "z"), ("account", "b"), ("account", "a"), ("account", "B")] {
        store.put(record(kind, id, json!(id))).await.unwrap();
    }
    let listed = store.list("account").await.unwrap();
    let ids: Vec<&str> = listed.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["B", "a", "b"]);
    assert_eq!(listed[0], record("account", "B", json!("B")));
    assert_eq!(store.list("bot").await.unwrap(), []);
}

/// The first to create wins.
pub async fn create_once(store: &dyn Records) {
    assert!(store.create(record("agent", "ann", json!(1))).await.unwrap());
    assert!(!store.create(record("agent", "ann", json!(2))).await.unwrap());
    assert!(store.create(record("bot", "ann", json!(3))).await.unwrap());
    assert_eq!(store.get("agent", "ann").await.unwrap().unwrap().body, json!(1));
}

/// Gone is gone, and can be told from never there.
pub async fn delete_once(store: &dyn Records) {
    store.put(record("agent", "ann", json!(1))).await.unwrap();
    store.put(record("agent", "bob", json!(2))).await.unwrap();
    assert!(store.delete("agent", "ann").await.unwrap());
    assert!(!store.delete("agent", "ann").await.unwrap());
    assert_eq!(store.get("agent", "ann").await.unwrap(), None);
    assert_eq!(store.list("agent").await.unwrap().len(), 1);
    assert!(store.create(record("agent", "ann", json!(3))).await.unwrap());
}
