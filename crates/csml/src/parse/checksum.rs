//! A checksum of source text that blanks and comments do not change. It is stored with every hold, so its way of
//! counting must stay as it is.

use crate::lex::Cursor;

/// FNV-1a, 64 bit.
struct Fnv(u64);

impl Fnv {
    fn feed(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

pub(crate) fn of(text: &str) -> u64 {
    let mut sum = Fnv(0xcbf2_9ce4_8422_2325);
    let mut cursor = Cursor::new(text);
    loop {
        let before = cursor.offset();
        if cursor.skip_blanks().is_err() || cursor.is_done() {
            return sum.0;
        }
        if cursor.offset() > before {
            sum.feed(" ");
        }
        let from = cursor.offset();
        if cursor.eat("\"") {
            skip_string(&mut cursor);
        } else {
            cursor.bump();
        }
        sum.feed(cursor.slice(from, cursor.offset()));
    }
}

fn skip_string(cursor: &mut Cursor<'_>) {
    while let Some(c) = cursor.bump() {
        match c {
            '"' => return,
            '\\' => {
                cursor.bump();
            }
            _ => {}
        }
    }
}
