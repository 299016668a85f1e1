//! An uploaded bot as files: single ones, a folder, or a zip, within limits.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// All files together, unpacked.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Files in an upload.
const FILES_MAX: usize = 2000;

/// Files of an upload by their path.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Bundle {
    /// Adds an uploaded file; a zip is unpacked.
    ///
    /// # Errors
    /// What is wrong with it and how to mend it.
    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), String> {
        if bytes.starts_with(b"PK\x03\x04") {
            self.unzip(path, &bytes)
        } else {
            self.put(path, bytes)
        }
    }

    fn put(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), String> {
        let Some(path) = plain(path) else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > BYTES_MAX {
            return Err(format!(
                "The files are more than {} MB together.",
                BYTES_MAX / 1024 / 1024
            ));
        }
        if self.files.len() >= FILES_MAX {
            return Err(format!("There are more than {FILES_MAX} files."));
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    fn unzip(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let broken = |error: zip::result::ZipError| {
            format!("{name} cannot be unpacked: {error}. Pack it again as an ordinary zip.")
        };
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        if archive.len() > FILES_MAX {
            return Err(format!("{name} holds more than {FILES_MAX} files."));
        }
        for index in 0..archive.len() {
            let file = archive.by_index(index).map_err(broken)?;
            if !file.is_file() || plain(file.name()).is_none() {
                continue;
            }
            let path = file.name().to_owned();
            // The size that the archive claims proves nothing: what comes out is counted.
            let left = BYTES_MAX.saturating_sub(self.bytes) + 1;
            let mut out = Vec::new();
            file.take(left).read_to_end(&mut out).map_err(|error| {
                format!("{path} in {name} cannot be unpacked: {error}. Pack it again.")
            })?;
            self.put(&path, out)?;
        }
        Ok(())
    }

    /// The bot's files, by their path from the folder that holds `bot.json`.
    pub(super) fn into_files(self) -> BTreeMap<String, Vec<u8>> {
        let root = self
            .files
            .keys()
            .filter(|path| file_name(path) == "bot.json")
            .min_by_key(|path| path.len())
            .map(|path| path[..path.len() - "bot.json".len()].to_owned())
            .unwrap_or_else(|| common_folder(self.files.keys()));
        let files = self.files.into_iter();
        files
            .filter_map(|(path, bytes)| Some((path.strip_prefix(&root)?.to_owned(), bytes)))
            .collect()
    }
}

/// The path with `/`, if it is one of a bot's files and leads nowhere else.
fn plain(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    let odd = |part: &str| {
        part.is_empty()
            || part.starts_with('.')
            || part == "__MACOSX"
            || part.contains(char::is_control)
    };
    let ours = [".json", ".csml"].iter().any(|end| path.to_lowercase().ends_with(end));
    (ours && !path.split('/').any(odd)).then(|| path.to_owned())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn common_folder<'a>(mut paths: impl Iterator<Item = &'a String>) -> String {
    let Some((folder, _)) = paths.next().and_then(|path| path.split_once('/')) else {
        return String::new();
    };
    let folder = format!("{folder}/");
    if folder != "flows/" && paths.all(|path| path.starts_with(&folder)) {
        folder
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Bundle;
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn names(bundle: Bundle) -> Vec<String> {
        bundle.into_files().into_keys().collect()
    }

    #[test]
    fn a_folder_or_a_zip_becomes_the_same_files() {
        let mut folder = Bundle::default();
        folder.add("my bot/bot.json", b"{}".to_vec()).unwrap();
        folder.add("my bot/flows/Default.csml", b"start:".to_vec()).unwrap();
        folder.add("my bot/.git/config.json", b"".to_vec()).unwrap();
        folder.add("my bot/readme.md", b"".to_vec()).unwrap();
        let mut zip = Bundle::default();
        let bytes = zipped(&[
            ("x/bot.json", b"{}"),
            ("x/flows/Default.csml", b"start:"),
            ("__MACOSX/x/bot.json", b""),
            ("x/../../evil.csml", b""),
        ]);
        zip.add("bot.zip", bytes).unwrap();
        assert_eq!(names(folder), ["bot.json", "flows/Default.csml"]);
        assert_eq!(names(zip), ["bot.json", "flows/Default.csml"]);
    }

    #[test]
    fn a_zip_that_unpacks_to_too_much_is_refused() {
        let zeros = vec![0_u8; 33 * 1024 * 1024];
        let bytes = zipped(&[("bot.json", &zeros)]);
        assert!(bytes.len() < 1024 * 1024);
        assert!(Bundle::default().add("bomb.zip", bytes).unwrap_err().contains("32 MB"));
    }

    #[test]
    fn a_broken_zip_is_told() {
        let problem = Bundle::default().add("b.zip", b"PK\x03\x04nonsense".to_vec()).unwrap_err();
        assert!(problem.contains("b.zip"));
    }

    #[test]
    fn without_a_bot_json_the_common_folder_goes() {
        let mut bundle = Bundle::default();
        bundle.add("x/flows/a.csml", b"".to_vec()).unwrap();
        bundle.add("x/flows/b.csml", b"".to_vec()).unwrap();
        assert_eq!(names(bundle), ["flows/a.csml", "flows/b.csml"]);
    }
}
