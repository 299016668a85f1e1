//! Lists: filters, order, pages.

use super::answer::{Answer, Bad, Good};
use super::record::{Record, number, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a list's query asks for.
pub(super) struct Page {
    field: String,
    descending: bool,
    limit: usize,
    cursor: Option<Cursor>,
}

/// Where a page begins: after (or, going back, before) the record with this place in the order.
struct Cursor {
    back: bool,
    at: String,
    id: u64,
}

/// The parameters that every list knows.
pub(super) const PARAMETERS: [&str; 3] = ["cursor", "limit", "order_by"];

impl Page {
    /// Reads the query of a list that can be sorted by these fields.
    pub(super) fn read(query: &[(String, String)], sortable: &[&str]) -> Result<Self, Bad> {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
        let limit = match get("limit").map(str::parse::<usize>) {
            None => 30,
            Some(Ok(limit @ 1..=100)) => limit,
            Some(_) => return Err(Bad::field("limit", "Must be between 1 and 100.")),
        };
        let order = get("order_by").unwrap_or("created_datetime:desc");
        let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
        if !sortable.contains(&field) || !["asc", "desc"].contains(&direction) {
            return Err(Bad::field("order_by", "Not a valid choice."));
        }
        let cursor = match get("cursor") {
            None | Some("") => None,
            Some(cursor) => {
                Some(Cursor::read(cursor).ok_or_else(|| Bad::field("cursor", "Invalid cursor."))?)
            }
        };
        Ok(Self { field: field.to_owned(), descending: direction == "desc", limit, cursor })
    }

    /// The page of these records, as an answer.
    pub(super) fn answer(&self, records: Vec<Record>) -> Answer {
        let (data, meta) = self.cut(records);
        Good::found(json!({ "data": data, "meta": meta, "object": "list" }))
    }

    /// The page of these records, and where the next and the one before begin.
    pub(super) fn cut(&self, mut records: Vec<Record>) -> (Vec<Value>, Value) {
        records.sort_by_key(|record| self.key(record));
        if self.descending {
            records.reverse();
        }
        let after = |record: &Record, cursor: &Cursor| {
            let key = self.key(record);
            let place = (cursor.at.clone(), cursor.id);
            if self.descending { key < place } else { key > place }
        };
        let (start, end) = match &self.cursor {
            None => (0, self.limit),
            Some(cursor) => {
                let first = records.iter().position(|record| after(record, cursor));
                let first = first.unwrap_or(records.len());
                // Going back, the page ends before the record that the cursor names.
                let before = first.saturating_sub(1);
                if cursor.back {
                    (before.saturating_sub(self.limit), before)
                } else {
                    (first, first + self.limit)
                }
            }
        };
        let end = end.min(records.len());
        let page = records.get(start..end).unwrap_or_default();
        let next = page.last().filter(|_| end < records.len()).map(|r| self.cursor(r, false));
        let prev = page.first().filter(|_| start > 0).map(|r| self.cursor(r, true));
        let data = page.iter().cloned().map(Value::Object).collect();
        (data, json!({ "next_cursor": next, "prev_cursor": prev, "total_resources": null }))
    }

    fn key(&self, record: &Record) -> (String, u64) {
        let at = text(record, &self.field).unwrap_or_default().to_owned();
        (at, number(record, "id").unwrap_or_default())
    }

    fn cursor(&self, record: &Record, back: bool) -> String {
        let (at, id) = self.key(record);
        URL_SAFE_NO_PAD.encode(format!("{}|{at}|{id}", if back { "back" } else { "on" }))
    }
}

impl Cursor {
    fn read(cursor: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let told = String::from_utf8(bytes).ok()?;
        let mut parts = told.splitn(3, '|');
        let back = parts.next()? == "back";
        let at = parts.next()?.to_owned();
        Some(Self { back, at, id: parts.next()?.parse().ok()? })
    }
}
