//! From an upload or a path to the files of a bot: a `bot.json`, a zip, or a folder.

use super::Files;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use thiserror::Error;

/// The most that a bot's files may hold together, unpacked, in bytes.
const BYTES_MAX: u64 = 16 << 20;
/// The most files a bot may have.
const FILES_MAX: usize = 2000;

/// Why files are not a bot.
#[derive(Debug, Error)]
pub enum FilesError {
    /// There is no `bot.json`.
    #[error("there is no bot.json: choose the Studio's export (bot.json, a zip, or the folder)")]
    NoBot,
    /// Too much.
    #[error("the bot is too large: at most 16 MB and 2,000 files")]
    TooLarge,
    /// A zip that cannot be read.
    #[error("the zip cannot be read: {0}")]
    Zip(String),
    /// A file that is no text.
    #[error("{0} is not text in UTF-8")]
    NotText(String),
    /// A path that cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Unreadable {
        /// The path.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// A `bot.json` that is no bot.
    #[error("bot.json: {0}")]
    BotJson(String),
}

/// The files that make a bot, as texts, with paths from where its `bot.json` lies. A single zip is unpacked.
///
/// # Errors
/// When they are no bot, too large, or no text.
pub fn texts(files: Files) -> Result<BTreeMap<String, String>, FilesError> {
    let files = match files.iter().next() {
        Some((name, bytes)) if files.len() == 1 && is_zip(name, bytes) => unzip(bytes)?,
        _ => files,
    };
    let bytes: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    if bytes > BYTES_MAX || files.len() > FILES_MAX {
        return Err(FilesError::TooLarge);
    }
    let root = root(&files).ok_or(FilesError::NoBot)?;
    let mut texts = BTreeMap::new();
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix(&root) else { continue };
        if name == "bot.json" || name.ends_with(".csml") {
            let text = String::from_utf8(bytes).map_err(|_| FilesError::NotText(path.clone()))?;
            texts.insert(name.to_owned(), text);
        }
    }
    Ok(texts)
}

/// The folder in which the outermost `bot.json` lies; a lone JSON file of another name counts as one.
fn root(files: &Files) -> Option<String> {
    files
        .keys()
        .filter_map(|path| path.strip_suffix("bot.json"))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .min_by_key(|folder| folder.len())
        .map(str::to_owned)
}

fn is_zip(name: &str, bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || name.to_lowercase().ends_with(".zip")
}

fn unzip(bytes: &[u8]) -> Result<Files, FilesError> {
    let problem = |error: &dyn std::fmt::Display| FilesError::Zip(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| problem(&error))?;
    if archive.len() > FILES_MAX {
        return Err(FilesError::TooLarge);
    }
    let mut files = Files::new();
    let mut left = BYTES_MAX;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| problem(&error))?;
        if !file.is_file() {
            continue;
        }
        let name = file.name().to_owned();
        let mut bytes = Vec::new();
        // What an archive says of its sizes may be a lie.
        file.take(left + 1).read_to_end(&mut bytes).map_err(|error| problem(&error))?;
        left = left.checked_sub(bytes.len() as u64).ok_or(FilesError::TooLarge)?;
        files.insert(name, bytes);
    }
    Ok(files)
}

/// The files at a path: a `bot.json`, a zip, or a folder.
///
/// # Errors
/// Names the path that cannot be read.
pub fn from_path(path: &Path) -> Result<Files, FilesError> {
    let mut files = Files::new();
    if path.is_dir() {
        gather(path, "", &mut files)?;
    } else {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("bot.json");
        let name = if name.to_lowercase().ends_with(".json") { "bot.json" } else { name };
        files.insert(name.to_owned(), read(path)?);
    }
    Ok(files)
}

fn gather(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), FilesError> {
    let unreadable = |error: std::io::Error| FilesError::Unreadable {
        path: folder.display().to_string(),
        problem: error.to_string(),
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if files.len() > FILES_MAX {
            return Err(FilesError::TooLarge);
        }
        if entry.path().is_dir() {
            // A bot lies flat: flows, functions, apps; deeper folders are someone else's.
            if prefix.is_empty() && !name.starts_with('.') {
                gather(&entry.path(), &format!("{name}/"), files)?;
            }
        } else if name.ends_with(".csml") || name.ends_with("bot.json") {
            files.insert(name, read(&entry.path())?);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, FilesError> {
    std::fs::read(path).map_err(|error| FilesError::Unreadable {
        path: path.display().to_string(),
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(*name, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn a_zip_with_a_folder_around_the_bot_is_unpacked() {
        let bytes = zip_of(&[
            ("shop/bot.json", "{}"),
            ("shop/flows/Default.csml", "start:"),
            ("shop/picture.png", "x"),
        ]);
        let texts = texts([("upload.zip".to_owned(), bytes)].into()).unwrap();
        let names: Vec<&String> = texts.keys().collect();
        assert_eq!(names, ["bot.json", "flows/Default.csml"]);
    }

    #[test]
    fn what_is_no_bot_is_said() {
        let files = |name: &str, bytes: &[u8]| [(name.to_owned(), bytes.to_vec())].into();
        assert!(matches!(texts(files("a.txt", b"x")), Err(FilesError::NoBot)));
        assert!(matches!(texts(files("bot.json", b"\xff")), Err(FilesError::NotText(_))));
        assert!(matches!(texts(files("a.zip", b"PK\x03\x04rest")), Err(FilesError::Zip(_))));
        let large = vec![b' '; (BYTES_MAX + 1) as usize];
        assert!(matches!(texts(files("bot.json", &large)), Err(FilesError::TooLarge)));
    }

    #[test]
    fn a_zip_that_unpacks_to_too_much_is_refused() {
        let large = " ".repeat((BYTES_MAX + 1) as usize);
        let bytes = zip_of(&[("bot.json", &large)]);
        assert!(bytes.len() < 1 << 20);
        let files = [("a.zip".to_owned(), bytes)].into();
        assert!(matches!(texts(files), Err(FilesError::TooLarge)));
    }
}
