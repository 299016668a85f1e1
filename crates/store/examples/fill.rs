//! Fills a data folder, to measure what a move of so much costs: `fill [folder] [conversations] [messages in each]`.
//!
//! Start Handover on the folder once before, so that it has its key.

use handover_core::time::Timestamp;
use handover_store::conformance::fill::fill;
use handover_store::conformance::server::block_on;
use handover_store::moving::Opening;
use handover_store::sqlite::FilePlace;
use std::error::Error;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "what it makes is as old as now")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "data".into()));
    let rooms = arguments.next().map_or(Ok(10_000), |it| it.parse())?;
    let messages = arguments.next().map_or(Ok(10), |it| it.parse())?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let mut place = FilePlace::open(&folder.join("handover.db"), Opening::Target)?;
    block_on(fill(&mut place, rooms, messages, Timestamp::from_ms(now)));
    Ok(())
}
