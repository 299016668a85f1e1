//! `handover export`, `import` and `reopen`: everything from one place into another, a data folder or a database, either way.
//!
//! There is no file format between the two: what is whole and can be looked at, compared and served is a place. A data
//! folder is one file of SQLite with its uploads and its key, so it does as a copy to keep, too.
//!
//! The first passes run while Handover does, and bring over what there is. The last one, with `--finish`, closes the source,
//! brings what has changed since, counts and compares, and opens the target. What has changed is known from the rooms alone
//! (see `handover_store::moving`), so a pass that was cut short is simply run again.

mod ends;
mod files;
mod key;
pub mod mark;
mod spot;

pub use spot::Spot;

use crate::clock::SystemClock;
use crate::config::Config;
use ends::Ends;
use handover_core::port::clock::Clock;
use handover_core::port::store::StoreError;
use handover_store::moving::{Opening, Place, Tally};
use mark::Mark;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Documents that belong to the place and not to what is in it: nodes that live, and marks of moves.
const OF_THE_PLACE: [&str; 2] = ["node", mark::KIND];

/// Rooms after which a database is looked through anew, so that it finds things well.
const MANY: u64 = 1000;

/// What is to be done.
pub struct Asked {
    /// From where.
    pub source: Spot,
    /// To where.
    pub target: Spot,
    /// Whether this is the last pass: nothing runs any more.
    pub finish: bool,
    /// Whether what was brought over by an earlier pass is read and compared again.
    pub compare: bool,
    key_of_source: PathBuf,
    /// Where the key has to be for the target; none where it stays.
    key_of_target: Option<PathBuf>,
}

impl Asked {
    /// From where the configuration points to another place.
    ///
    /// # Errors
    /// When the other place cannot be one.
    pub fn export(config: &Config, to: &str) -> Result<Self, String> {
        let target = Spot::read(to, "--to")?;
        let key_of_target = match (&config.key_file, &target) {
            (None, Spot::Folder(folder)) => Some(folder.join("key")),
            _ => None,
        };
        let key_of_source = own_key(config);
        let source = Spot::of(config);
        Ok(Self { source, target, finish: false, compare: false, key_of_source, key_of_target })
    }

    /// From another place to where the configuration points.
    ///
    /// # Errors
    /// When the other place cannot be one.
    pub fn import(config: &Config, from: &str) -> Result<Self, String> {
        let source = Spot::read(from, "--from")?;
        let own = own_key(config);
        let beside = match &source {
            Spot::Folder(folder) => Some(folder.join("key")).filter(|key| key.exists()),
            Spot::Database(_) => None,
        };
        let (key_of_source, key_of_target) = (beside.unwrap_or_else(|| own.clone()), Some(own));
        let target = Spot::of(config);
        Ok(Self { source, target, finish: false, compare: false, key_of_source, key_of_target })
    }
}

fn own_key(config: &Config) -> PathBuf {
    config.key_file.clone().unwrap_or_else(|| config.data.join("key"))
}

/// Is told how far it is.
pub trait Watch: Send + Sync {
    /// Something is told.
    fn say(&self, line: &str);

    /// So many of these are to be done.
    fn begin(&self, what: &'static str, total: u64);

    /// So many more are done, of so many rows or bytes.
    fn step(&self, done: u64, of: u64);

    /// What was begun is done.
    fn end(&self);
}

/// Why it could not be done.
#[derive(Debug)]
pub struct Failed {
    /// In words, with what to do.
    pub why: String,
    /// Whether something was brought over already: another run goes on there.
    pub is_begun: bool,
}

impl Failed {
    fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_begun: false }
    }
}

impl From<String> for Failed {
    fn from(why: String) -> Self {
        Self::refused(why)
    }
}

impl From<StoreError> for Failed {
    fn from(StoreError(why): StoreError) -> Self {
        Self { why, is_begun: true }
    }
}

/// What was done.
pub struct Done {
    /// Conversations that were brought over by this pass.
    pub rooms: u64,
    /// Files that were brought over by this pass.
    pub files: u64,
    /// Where it came from and how much there is; none where it goes on and cannot be counted at one moment.
    pub source: (String, Option<Tally>),
    /// Where it went and how much there is.
    pub target: (String, Tally),
    /// Documents of the configuration there.
    pub documents: u64,
    /// Files there.
    pub all_files: u64,
    /// From the closing of the source to the opening of the target, in the last pass.
    pub closed_for: Option<Duration>,
    /// A target that was given much, and has not looked through it yet.
    unread: Option<Box<dyn Place>>,
}

impl Done {
    /// Whether the target should look through what it was given, so that it finds things well. It may be used meanwhile.
    pub fn is_unread(&self) -> bool {
        self.unread.is_some()
    }

    /// Lets it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn look_through(self) -> Result<(), String> {
        let Some(mut target) = self.unread else { return Ok(()) };
        target.tidy().await.map_err(|StoreError(why)| why)
    }
}

/// Does it.
///
/// # Errors
/// Says why not, and what to do.
pub async fn run(asked: &Asked, watch: &dyn Watch) -> Result<Done, Failed> {
    let began = Instant::now();
    let opened = Ends::open(asked).await;
    let mut ends = opened.map_err(|failed| Failed { is_begun: false, ..failed })?;
    watch.say(&format!("from  {}", ends.from));
    watch.say(&format!("to    {}", ends.to));
    ends.begin().await?;
    let now = SystemClock.now();
    if asked.finish {
        ends.close_source(now).await?;
    }
    let documents = ends.source.documents(&OF_THE_PLACE).await?;
    ends.target.put_documents(&OF_THE_PLACE, &documents).await?;
    let rooms = ends.rooms(asked, now, watch).await?;
    let (files, all_files) = ends.files(watch).await?;
    let last_lease = ends.source.last_lease().await?;
    ends.target.count_on(last_lease).await?;
    let (here, there) = ends.count(asked.finish, now, &documents, watch).await?;
    let mark =
        Mark::ComesFrom { place: ends.from.clone(), of: ends.identity.clone(), is_whole: true };
    match asked.finish {
        true => mark::take_away(&mut *ends.target).await?,
        false => mark.put(&mut *ends.target).await?,
    }
    let closed_for = asked.finish.then(|| began.elapsed());
    let looks_through = rooms >= MANY && matches!(asked.target, Spot::Database(_));
    let unread = looks_through.then_some(ends.target);
    let (source, target) = ((ends.from, here), (ends.to, there));
    let documents = documents.len() as u64;
    Ok(Done { rooms, files, source, target, documents, all_files, closed_for, unread })
}

/// Opens a place again that a move has closed, or that holds a copy; gives what is to be told.
///
/// # Errors
/// When there is no such place, or it holds a part only.
pub async fn reopen(spot: &Spot) -> Result<String, String> {
    let name = spot.name()?;
    // It has to be there; and a database that is being written to has a lock that only a target asks for.
    let mut place = spot.open(Opening::Source).await?;
    if let Spot::Database(_) = spot {
        place = spot.open(Opening::Target).await?;
    }
    let told = |StoreError(why): StoreError| why;
    let said = match mark::read(&mut *place).await.map_err(told)? {
        None => return Ok(format!("{name} is open: there was nothing to be done.")),
        Some(Mark::ComesFrom { place, is_whole: false, .. }) => {
            return Err(format!(
                "{name} holds only a part of what was to come from {place}. Run that export or import again to its end first."
            ));
        }
        Some(Mark::ComesFrom { place: from, .. }) => format!(
            "{name} is open. It is a copy of {from} as of its last pass. Never let both run: what one has delivered the other would deliver again."
        ),
        Some(Mark::MovedTo { place: to, .. }) => format!(
            "{name} is open. What has happened at {to} since it was moved there is not here. Never let both run: what one has delivered \
             the other would deliver again."
        ),
    };
    place.close(false).await.map_err(told)?;
    mark::take_away(&mut *place).await.map_err(told)?;
    Ok(said)
}
