//! Every decoder: the body, then after a zero byte the query, then the vendor's answer to what the adapter asks.
#![no_main]

#[path = "../../crates/adapters/tests/hostile/decoders.rs"]
mod decoders;

use handover_core::port::http::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (body, query, answer) = (part(), String::from_utf8_lossy(part()).into_owned(), part());
    let reply = Reply { status: 200, headers: Vec::new(), body: answer.to_vec() };
    decoders::desks(body, &query, reply);
    decoders::channels(body);
    decoders::texts(body);
});
