//! What a visitor's browser loads before the first message: the loader, and then the chat page with all that it names.

use super::Subject;
use super::relay::get;
use crate::child::{Place, Server};
use crate::figures::{Figures, Goal};
use std::collections::BTreeSet;

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new("the loader", |_| loaded(false)).goal(Goal::AtMost("gzip_kb", 3.0)),
        Subject::new("everything until the first message", |_| loaded(true))
            .goal(Goal::AtMost("gzip_kb", 40.0)),
    ]
}

async fn loaded(everything: bool) -> Result<Figures, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let server = Server::handover(&Place::at(folder.path()))?;
    let mut browser = Browser { base: format!("http://{}", server.address), ..Browser::default() };
    browser.load("/widget.js").await?;
    if everything {
        // As the loader names it in its frame.
        browser.load("/chat/web?embed=1").await?;
    }
    Ok(Figures::default()
        .with("gzip_kb", browser.gzip_bytes / 1000.0)
        .with("plain_kb", browser.plain_bytes / 1000.0)
        .with("files", browser.seen.len() as f64))
}

/// Loads a file once, and whatever it names.
#[derive(Default)]
struct Browser {
    base: String,
    seen: BTreeSet<String>,
    gzip_bytes: f64,
    plain_bytes: f64,
}

impl Browser {
    async fn load(&mut self, path: &str) -> Result<(), String> {
        let mut next = vec![path.to_owned()];
        while let Some(path) = next.pop() {
            if !self.seen.insert(path.clone()) {
                continue;
            }
            let url = format!("{}{path}", self.base);
            let plain = get(&url).await?.error_for_status().map_err(words)?;
            let text = plain.text().await.map_err(words)?;
            self.plain_bytes += text.len() as f64;
            self.gzip_bytes += compressed(&url).await?.len() as f64;
            next.extend(named(&path, &text));
        }
        Ok(())
    }
}

/// The bytes of a file as they go over the wire.
async fn compressed(url: &str) -> Result<Vec<u8>, String> {
    // This client leaves them as they are.
    let request = reqwest::Client::new().get(url).header("accept-encoding", "gzip");
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    Ok(answer.map_err(words)?.bytes().await.map_err(words)?.to_vec())
}

/// The paths of what a page's head or a module needs. A picture for a tab is not loaded for a frame.
fn named(path: &str, text: &str) -> Vec<String> {
    let file = path.split('?').next().unwrap_or_default();
    if file.ends_with(".js") {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let imports = text.lines().filter(|line| line.starts_with("import "));
        return imports.filter_map(|line| Some(joined(folder, quoted(line)?))).collect();
    }
    if file.ends_with(".css") {
        return Vec::new();
    }
    text.lines()
        .filter(|line| line.contains("rel=\"stylesheet\"") || line.starts_with("<script"))
        .filter_map(|line| {
            let address = line.split_once("href=").or_else(|| line.split_once("src="))?;
            quoted(address.1).map(str::to_owned)
        })
        .collect()
}

fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

/// A path relative to a folder.
fn joined(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn what_a_page_and_its_modules_name_is_loaded() {
        let page = "<link rel=\"stylesheet\" href=\"/assets/1/a.css\">\n<link rel=\"icon\" href=\"/i.svg\">\n\
                    <script type=\"module\" src=\"/assets/1/chat/main.js\"></script>";
        assert_eq!(named("/chat/web?embed=1", page), ["/assets/1/a.css", "/assets/1/chat/main.js"]);
        let module =
            "import { a } from \"./a.js\";\nimport { b } from \"../b.js\";\nimports(\"no\");";
        let modules = named("/assets/1/chat/main.js", module);
        assert_eq!(modules, ["/assets/1/chat/a.js", "/assets/1/b.js"]);
    }
}
