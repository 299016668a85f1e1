//! The two places of a move, from their opening to their comparison.

use super::files::Shelf;
use super::mark::{self, Mark};
use super::{Asked, Failed, OF_THE_PLACE, Watch, key};
use handover_core::port::store::{INBOX_DAYS, StoreError};
use handover_core::time::Timestamp;
use handover_store::moving::{
    Document, Opening, Place, TABLES, Tally, agree, carry, compare, plan,
};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Both places, found good.
pub(super) struct Ends {
    pub(super) source: Box<dyn Place>,
    pub(super) target: Box<dyn Place>,
    shelves: (Shelf, Shelf),
    pub(super) from: String,
    pub(super) to: String,
    /// What tells the system that is moved from any other.
    pub(super) identity: String,
}

impl Ends {
    /// Opens both and looks whether they go together. Nothing is changed by that, but for tables that a new target lacks.
    pub(super) async fn open(asked: &Asked) -> Result<Self, Failed> {
        let (from, to) = (asked.source.name()?, asked.target.name()?);
        if from == to {
            return Err(Failed::refused(format!(
                "{from} cannot be moved into itself. Name another place."
            )));
        }
        let opening = if asked.finish { Opening::Source } else { Opening::Beside };
        let mut source = asked.source.open(opening).await.map_err(|why| {
            let hint = if asked.finish && why.contains("another handover") {
                " The last pass needs it stopped; without --finish it may run."
            } else {
                ""
            };
            Failed::refused(format!("{why}.{hint}"))
        })?;
        let identity = source.document(key::KIND, key::ID).await?.ok_or_else(|| {
            Failed::refused(format!("{from} was never started with this version of Handover. Start it once, then try again."))
        })?;
        key::check(&asked.key_of_source, &identity)?;
        let mut target = asked.target.open(Opening::Target).await.map_err(|why| {
            Failed::refused(format!("{why}. Nothing may run on the place that is moved to."))
        })?;
        let going_on = match mark::read(&mut *target).await? {
            Some(Mark::ComesFrom { of, .. } | Mark::MovedTo { of, .. }) if of == identity => true,
            Some(_) => return Err(of_another(&to)),
            None if is_empty(&mut *target).await? => false,
            None => {
                let of = target.document(key::KIND, key::ID).await?;
                return Err(if of.as_ref() == Some(&identity) {
                    open_already(&to)
                } else {
                    of_another(&to)
                });
            }
        };
        match mark::read(&mut *source).await? {
            None => {}
            // It was closed by a last pass that was cut short.
            Some(Mark::MovedTo { place, .. }) if place == to && going_on => {}
            Some(mark) => return Err(Failed::refused(mark.words(&from))),
        }
        let others = target.others().await?;
        if let Some(others) = others {
            return Err(Failed::refused(format!(
                "Handover runs on {to} ({others}). Stop it there first: nothing may run on the place that is moved to."
            )));
        }
        let shelves = (asked.source.shelf().await?, asked.target.shelf().await?);
        if let Some(path) = &asked.key_of_target {
            key::bring(&asked.key_of_source, path)?;
        }
        Ok(Self { source, target, shelves, from, to, identity })
    }

    /// From now on the target is known to hold a part only, and does not start.
    pub(super) async fn begin(&mut self) -> Result<(), Failed> {
        let (place, of) = (self.from.clone(), self.identity.clone());
        Mark::ComesFrom { place, of, is_whole: false }.put(&mut *self.target).await?;
        Ok(self.target.close(false).await?)
    }

    /// From now on nothing starts on the source, and nothing that runs can change it. The mark comes first, then the look: so
    /// whoever starts at this moment sees the mark, or is seen.
    pub(super) async fn close_source(&mut self, now: Timestamp) -> Result<(), Failed> {
        let was_closed = mark::read(&mut *self.source).await?.is_some();
        let (place, of) = (self.to.clone(), self.identity.clone());
        Mark::MovedTo { place, of, at: now }.put(&mut *self.source).await?;
        if let Some(others) = self.source.others().await? {
            if !was_closed {
                mark::take_away(&mut *self.source).await?;
            }
            return Err(Failed::refused(format!(
                "Handover still runs on {} ({others}). Stop all nodes, then run this again; a connection that a dead machine \
                 has left is ended with SELECT pg_terminate_backend(process).",
                self.from
            )));
        }
        Ok(self.source.close(true).await?)
    }

    pub(super) async fn rooms(
        &mut self,
        asked: &Asked,
        now: Timestamp,
        watch: &dyn Watch,
    ) -> Result<u64, Failed> {
        let (source, target) = (&mut *self.source, &mut *self.target);
        let plan = plan(source, target).await?;
        let count = plan.changed.len() as u64;
        let step = |rooms, rows| watch.step(rooms, rows);
        if !plan.unchanged.is_empty() {
            let unchanged = indicatif::HumanCount(plan.unchanged.len() as u64);
            watch.say(&format!("{unchanged} conversations are there already as they are here"));
        }
        watch.begin("conversations", count);
        carry(source, target, &plan.changed, oldest(now), &step).await?;
        watch.end();
        if asked.compare {
            watch.begin("compared again", plan.unchanged.len() as u64);
            compare(source, target, &plan.unchanged, surely_kept(now), !asked.finish, &step)
                .await?;
            watch.end();
        }
        Ok(count)
    }

    /// Brings over the files that are not there; gives how many, and how many there are.
    pub(super) async fn files(&mut self, watch: &dyn Watch) -> Result<(u64, u64), Failed> {
        let (here, there) = &mut self.shelves;
        let (all, known) = (here.list().await?, there.list().await?);
        let missing: Vec<&String> = all
            .iter()
            .filter(|(id, bytes)| known.get(*id) != Some(bytes))
            .map(|(id, _)| id)
            .collect();
        watch.begin("files", missing.len() as u64);
        for id in &missing {
            let file = here
                .get(id)
                .await?
                .ok_or_else(|| StoreError(format!("the file {id} has vanished")))?;
            there.put(&file).await?;
            if there.get(id).await?.as_ref() != Some(&file) {
                return Err(StoreError(format!(
                    "the file {id} is not in the target as it is in the source"
                ))
                .into());
            }
            watch.step(1, file.body.len() as u64);
        }
        watch.end();
        Ok((missing.len() as u64, all.len() as u64))
    }

    /// Counts both places, or only the target while the source goes on; in the last pass both must agree in everything.
    pub(super) async fn count(
        &mut self,
        finish: bool,
        now: Timestamp,
        documents: &[Document],
        watch: &dyn Watch,
    ) -> Result<(Option<Tally>, Tally), Failed> {
        let since = surely_kept(now);
        if !finish {
            return Ok((None, self.target.tally(since).await?));
        }
        watch.say("both places are counted");
        let (here, there) =
            futures_util::future::try_join(self.source.tally(since), self.target.tally(since))
                .await?;
        for (table, (here, there)) in TABLES.iter().zip(here.iter().zip(&there)) {
            if here != there {
                return Err(StoreError(format!(
                    "there are {here} {table} in the source and {there} in the target"
                ))
                .into());
            }
        }
        if self.target.documents(&OF_THE_PLACE).await? != documents {
            return Err(StoreError("the documents of the configuration differ".into()).into());
        }
        agree(&mut *self.source, &mut *self.target).await?;
        let (all, known) = (self.shelves.0.list().await?, self.shelves.1.list().await?);
        if let Some((id, _)) = all.iter().find(|(id, bytes)| known.get(*id) != Some(bytes)) {
            return Err(StoreError(format!("the file {id} is not in the target")).into());
        }
        Ok((Some(here), there))
    }
}

/// Keys of the inbox that are older are not brought over.
fn oldest(now: Timestamp) -> Timestamp {
    now.plus_ms(-INBOX_DAYS * 24 * HOUR_MS)
}

/// Keys of the inbox that are younger are not forgotten anywhere, whatever the clocks say.
fn surely_kept(now: Timestamp) -> Timestamp {
    oldest(now).plus_ms(HOUR_MS)
}

async fn is_empty(place: &mut dyn Place) -> Result<bool, StoreError> {
    let has_rooms = !place.revisions(i64::MIN, 1).await?.is_empty();
    Ok(!has_rooms && place.documents(&[]).await?.is_empty())
}

fn of_another(to: &str) -> Failed {
    Failed::refused(format!(
        "{to} holds another system's data. Name an empty folder or an empty database, or delete what is there if nobody needs it."
    ))
}

fn open_already(to: &str) -> Failed {
    Failed::refused(format!(
        "{to} holds this system already and is open: it may have gone on by itself, so nothing is written over it. Move the other way round, or name an empty place."
    ))
}
