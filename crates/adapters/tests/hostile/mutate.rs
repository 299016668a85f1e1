//! Breaking what is right, by chance that a seed repeats.

use serde_json::{Value, json};

/// What breaks readers: odd letters, huge numbers, words that mean something.
pub(crate) const ODD: &[&str] = &[
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "e\u{301}",
    "👩‍👩‍👧‍👦",
    "\u{10ffff}",
    "İ",
    "ß",
    "%00",
    "%",
    "%zz",
    "+",
    "&",
    "=",
    "\\",
    "\"",
    "'",
    "<",
    ">",
    "</",
    "<!--",
    "&amp;",
    "&#x110000;",
    "&#",
    "{{",
    "}}",
    "${x}",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "9223372036854775807",
    "0.1",
    "[]",
    "{}",
    "[[[[",
    "LIVECHAT_SESSION_END",
    "LIVECHAT\\_SESSION\\_END",
    "LIVECHAT_SESSION_START:",
    "https://",
    "javascript:alert(1)",
    "//",
    "../../",
    "9999-99-99T99:99:99Z",
    "1970-01-01T00:00:00Z",
    "-999999999-01-01",
    "\r\n\r\n",
    "|",
    "sha256=",
    "t=,v1=",
    "On , wrote:",
    "-- \n",
];

/// Chance that a seed repeats (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn from_env(seed: u64) -> Self {
        let given = std::env::var("HANDOVER_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or(seed);
        println!("seed {seed} (HANDOVER_SEED={seed} repeats it)");
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One body, broken in one to four places; JSON mostly stays JSON.
    pub(crate) fn mutated(&mut self, body: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = body.to_vec();
        for _ in 0..=self.below(4) {
            bytes = match serde_json::from_slice::<Value>(&bytes) {
                Ok(mut value) if self.below(5) > 0 => {
                    let other = self.pick(others).clone();
                    self.twist(&mut value, &serde_json::from_slice(&other).unwrap_or(Value::Null));
                    value.to_string().into_bytes()
                }
                _ => self.torn(bytes, others),
            };
        }
        bytes
    }

    /// Puts something odd into one place of a JSON value.
    fn twist(&mut self, value: &mut Value, other: &Value) {
        let inner = match value {
            Value::Object(map) if !map.is_empty() && self.below(6) > 0 => {
                let name = map.keys().nth(self.below(map.len())).unwrap().clone();
                match self.below(12) {
                    0 => return drop(map.remove(&name)),
                    1 => {
                        let twin = map[&name].clone();
                        map.insert(format!("{name}{}", self.pick(ODD)), twin);
                        return;
                    }
                    _ => map.get_mut(&name),
                }
            }
            Value::Array(list) if !list.is_empty() && self.below(6) > 0 => {
                let index = self.below(list.len());
                if self.below(10) == 0 {
                    let twin = list[index].clone();
                    list.extend(std::iter::repeat_n(twin, 40));
                    return;
                }
                list.get_mut(index)
            }
            _ => None,
        };
        match inner {
            Some(inner) => self.twist(inner, other),
            None => *value = self.odd(value, other),
        }
    }

    fn odd(&mut self, was: &Value, other: &Value) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1.5e300),
            5 => json!([was]),
            6 => json!({ "id": was, "text": was }),
            7 => json!("x".repeat(20_000)),
            8 => other.clone(),
            9 => json!(was.to_string()),
            _ => {
                let words = was.as_str().unwrap_or_default();
                json!(format!("{words}{}{}", self.pick(ODD), self.pick(ODD)))
            }
        }
    }

    fn torn(&mut self, mut bytes: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        let at = self.below(bytes.len() + 1);
        let to = (at + 1 + self.below(40)).min(bytes.len()).max(at);
        match self.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let odd = self.pick(ODD).as_bytes().to_vec();
                bytes.splice(at..at, odd);
            }
            3 => {
                let piece = bytes[at..to].to_vec();
                let many = piece.repeat(self.below(300));
                bytes.splice(at..at, many);
            }
            4 => {
                let other = self.pick(others);
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            5 => bytes.splice(at..at, [self.below(256) as u8]).for_each(drop),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
        }
        bytes
    }
}
