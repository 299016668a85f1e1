//! What has changed, and bringing it over.

use super::{Place, Revision, Room, Standing};
use futures_util::future::join;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rooms that are read, and written, in one go.
const ROOMS_AT_ONCE: usize = 200;

/// Revisions of the rooms in one go: about so many rows each of entries, deliveries and tries.
const WEIGHT_AT_ONCE: i64 = 10_000;

/// Revisions that are read in one go.
const REVISIONS_AT_ONCE: u32 = 20_000;

/// What there is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Conversations that are not in the target as they are in the source, or may not be.
    pub changed: Vec<Revision>,
    /// All others.
    pub unchanged: Vec<Revision>,
}

/// Is told how many rooms were done, and how many rows they are made of.
pub type Watch<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Finds what has to be brought over.
///
/// # Errors
/// When the target has gone on by itself, or a place fails.
pub async fn plan(source: &mut dyn Place, target: &mut dyn Place) -> Result<Plan> {
    let mut there: HashMap<i64, i64> = revisions(target).await?.into_iter().collect();
    let (unsettled_there, unsettled_here) = (unsettled(target).await?, unsettled(source).await?);
    let mut plan = Plan::default();
    for (nr, revision) in revisions(source).await? {
        let is_same = match there.remove(&nr) {
            Some(known) if known > revision => return Err(went_on(nr)),
            Some(known) => known == revision && unsettled_there.get(&nr) == unsettled_here.get(&nr),
            None => false,
        };
        let rooms = if is_same { &mut plan.unchanged } else { &mut plan.changed };
        rooms.push((nr, revision));
    }
    match there.keys().next() {
        Some(nr) => Err(went_on(*nr)),
        None => Ok(plan),
    }
}

async fn unsettled(place: &mut dyn Place) -> Result<HashMap<i64, BTreeSet<Standing>>> {
    let mut all: HashMap<i64, BTreeSet<Standing>> = HashMap::new();
    for (nr, standing) in place.unsettled().await? {
        all.entry(nr).or_default().insert(standing);
    }
    Ok(all)
}

fn went_on(nr: i64) -> StoreError {
    StoreError(format!(
        "the target holds something of conversation number {nr} that the source does not: it has gone on by itself"
    ))
}

async fn revisions(place: &mut dyn Place) -> Result<Vec<Revision>> {
    let mut all: Vec<Revision> = Vec::new();
    loop {
        let after = all.last().map_or(i64::MIN, |(nr, _)| *nr);
        let more = place.revisions(after, REVISIONS_AT_ONCE).await?;
        let is_last = more.len() < REVISIONS_AT_ONCE as usize;
        all.extend(more);
        if is_last {
            return Ok(all);
        }
    }
}

/// Brings rooms over, and reads each back to see that it is there as it was read. While some are written the next ones are
/// read.
///
/// # Errors
/// When a place fails, or what was read back differs.
pub async fn carry(
    source: &mut dyn Place,
    target: &mut dyn Place,
    rooms: &[Revision],
    since: Timestamp,
    watch: Watch<'_>,
) -> Result<()> {
    let mut parts = parts(rooms).into_iter();
    let mut next = read(source, parts.next(), since).await?;
    while !next.is_empty() {
        let rooms = Arc::new(next);
        let writing = write(target, &rooms, since);
        let (written, read) = join(writing, read(source, parts.next(), since)).await;
        written?;
        next = read?;
        watch(rooms.len() as u64, rooms.iter().map(Room::rows).sum());
    }
    Ok(())
}

/// The rooms' numbers, as many together as are good in one go.
fn parts(rooms: &[Revision]) -> Vec<Vec<i64>> {
    let mut parts: Vec<Vec<i64>> = Vec::new();
    let mut weight = 0;
    for (nr, revision) in rooms {
        weight += revision;
        match parts.last_mut() {
            Some(part) if part.len() < ROOMS_AT_ONCE && weight <= WEIGHT_AT_ONCE => part.push(*nr),
            _ => {
                weight = *revision;
                parts.push(vec![*nr]);
            }
        }
    }
    parts
}

async fn read(
    source: &mut dyn Place,
    numbers: Option<Vec<i64>>,
    since: Timestamp,
) -> Result<Vec<Room>> {
    let Some(numbers) = numbers else { return Ok(Vec::new()) };
    let rooms = source.rooms(&numbers, since).await?;
    if rooms.len() == numbers.len() {
        return Ok(rooms);
    }
    Err(StoreError("conversations have vanished from the source while it was read".into()))
}

async fn write(target: &mut dyn Place, rooms: &Arc<Vec<Room>>, since: Timestamp) -> Result<()> {
    target.put_rooms(rooms).await?;
    let numbers: Vec<i64> = rooms.iter().map(|room| room.nr).collect();
    same(rooms, &target.rooms(&numbers, since).await?)
}

/// Whether both places have the same conversations, each in the same revision.
///
/// # Errors
/// When a place fails, or they have not.
pub async fn agree(source: &mut dyn Place, target: &mut dyn Place) -> Result<()> {
    let (here, there) = join(revisions(source), revisions(target)).await;
    if here? == there? {
        return Ok(());
    }
    Err(StoreError("the conversations in the target are not those in the source, or older".into()))
}

/// Reads rooms in both places and compares them, to the letter; those that have changed meanwhile in a source that goes on
/// are left to the next pass.
///
/// # Errors
/// When a place fails, or two rooms differ.
pub async fn compare(
    source: &mut dyn Place,
    target: &mut dyn Place,
    rooms: &[Revision],
    since: Timestamp,
    goes_on: bool,
    watch: Watch<'_>,
) -> Result<()> {
    for part in parts(rooms) {
        let (here, there) = join(source.rooms(&part, since), target.rooms(&part, since)).await;
        let (mut here, mut there) = (here?, there?);
        if goes_on {
            let now: HashMap<i64, i64> = here.iter().map(|it| (it.nr, it.revision)).collect();
            let was: HashMap<i64, i64> = there.iter().map(|it| (it.nr, it.revision)).collect();
            here.retain(|it| was.get(&it.nr).is_none_or(|was| *was == it.revision));
            there.retain(|it| now.get(&it.nr).is_none_or(|now| *now == it.revision));
        }
        same(&here, &there)?;
        watch(here.len() as u64, here.iter().map(Room::rows).sum());
    }
    Ok(())
}

fn same(here: &[Room], there: &[Room]) -> Result<()> {
    if here.len() != there.len() {
        return Err(StoreError("conversations are missing in the target".into()));
    }
    for (one, other) in here.iter().zip(there) {
        if let Some(what) = one.differs(other) {
            let id = &one.id;
            return Err(StoreError(format!(
                "{what} of conversation {id} is not in the target as it is in the source"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_neither_too_many_rooms_nor_too_much_in_them() {
        let small: Vec<Revision> = (0..450).map(|nr| (nr, 3)).collect();
        let sizes: Vec<usize> = parts(&small).iter().map(Vec::len).collect();
        assert_eq!(sizes, [200, 200, 50]);
        let large = [(1, 50), (2, 9_950), (3, 1), (4, 1_000_000), (5, 1)];
        assert_eq!(parts(&large), [vec![1, 2], vec![3], vec![4], vec![5]]);
        assert!(parts(&[]).is_empty());
    }
}
