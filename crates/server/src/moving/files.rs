//! Files that people sent: a folder's, or a database's. Each is written once and never changed, so its id and its size tell
//! whether it is there.

use crate::files::Kept;
use handover_core::port::store::{Result, StoreError};
use handover_store::postgres::{DatabasePlace, MovedFile};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::spawn_blocking;

/// Where files are.
pub(super) enum Shelf {
    Folder(PathBuf),
    Database(Box<DatabasePlace>),
}

impl Shelf {
    /// The ids of all that are whole, with their sizes in bytes.
    pub(super) async fn list(&mut self) -> Result<BTreeMap<String, u64>> {
        match self {
            Self::Folder(folder) => on_disk(folder, list).await,
            Self::Database(database) => {
                let mut all = BTreeMap::new();
                loop {
                    let after =
                        all.last_key_value().map_or("", |(id, _): (&String, _)| id.as_str());
                    let more = database.files(after).await?;
                    if more.is_empty() {
                        return Ok(all);
                    }
                    all.extend(more);
                }
            }
        }
    }

    pub(super) async fn get(&mut self, id: &str) -> Result<Option<MovedFile>> {
        match self {
            Self::Folder(folder) => {
                let id = id.to_owned();
                on_disk(folder, move |folder| get(folder, id)).await
            }
            Self::Database(database) => database.file(id).await,
        }
    }

    pub(super) async fn put(&mut self, file: &MovedFile) -> Result<()> {
        match self {
            Self::Folder(folder) => {
                let file = file.clone();
                on_disk(folder, move |folder| put(folder, &file)).await
            }
            Self::Database(database) => database.put_file(file).await,
        }
    }
}

async fn on_disk<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let folder = folder.to_owned();
    let done = spawn_blocking(move || {
        work(&folder)
            .map_err(|error| StoreError(format!("the uploads in {}: {error}", folder.display())))
    });
    done.await.map_err(|error| StoreError(error.to_string()))?
}

/// Parts of files that are still coming, or never came whole, are left out.
fn list(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut all = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(all),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
        if let Some(bytes) = size(folder, id)? {
            all.insert(id.to_owned(), bytes);
        }
    }
    Ok(all)
}

fn size(folder: &Path, id: &str) -> io::Result<Option<u64>> {
    let kept = fs::read(folder.join(format!("{id}.json")))?;
    if serde_json::from_slice::<Kept>(&kept).is_err() {
        return Ok(None);
    }
    match fs::metadata(folder.join(id)) {
        Ok(about) => Ok(Some(about.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn get(folder: &Path, id: String) -> io::Result<Option<MovedFile>> {
    if size(folder, &id)?.is_none() {
        return Ok(None);
    }
    let kept = fs::read_to_string(folder.join(format!("{id}.json")))?;
    let path = folder.join(&id);
    let written = fs::metadata(&path)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let created_at_ms = i64::try_from(written.as_millis()).unwrap_or(i64::MAX);
    Ok(Some(MovedFile { id, kept, created_at_ms, body: fs::read(path)? }))
}

/// As the server keeps one: what is known of it first, then the file under its name.
fn put(folder: &Path, file: &MovedFile) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let part = folder.join(format!("{}.part", file.id));
    let written =
        SystemTime::UNIX_EPOCH + Duration::from_millis(file.created_at_ms.max(0).unsigned_abs());
    write(&part, &file.body)?.set_modified(written)?;
    write(&folder.join(format!("{}.json", file.id)), file.kept.as_bytes())?;
    fs::rename(&part, folder.join(&file.id))?;
    File::open(folder)?.sync_all()
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}
