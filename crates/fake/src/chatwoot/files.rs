//! Attachments and pictures: an address that redirects, and one that has the bytes.

use super::answer::plain;
use super::call::percent_encoded;
use super::state::State;
use handover_core::port::http::Reply;

const ROOT: &str = "/rails/active_storage/";

/// The pictures of the ready-made people.
const PICTURES: [(&str, &[u8]); 3] = [
    ("picture-admin", include_bytes!("assets/admin.png")),
    ("picture-ana", include_bytes!("assets/ana.png")),
    ("picture-ben", include_bytes!("assets/ben.png")),
];

/// Where a picture is.
pub(super) fn picture_path(key: &str) -> String {
    format!("{ROOT}representations/redirect/{key}/picture.png")
}

/// Answers what is asked of the storage; none when the path is another's.
pub(super) fn answer(state: &State, path: &str) -> Option<Reply> {
    let rest = path.strip_prefix(ROOT)?;
    let redirect = rest
        .strip_prefix("blobs/redirect/")
        .or_else(|| rest.strip_prefix("representations/redirect/"));
    let (place, go_on) = match redirect {
        Some(place) => (place, true),
        None => (rest.strip_prefix("disk/").unwrap_or_default(), false),
    };
    let key = place.split('/').next().unwrap_or_default();
    let Some((name, mime, bytes)) = stored(state, key) else {
        return Some(plain(404, "text/plain", ""));
    };
    if go_on {
        let location = format!("{}{ROOT}disk/{key}/{}", state.base, percent_encoded(&name));
        return Some(Reply {
            status: 302,
            headers: vec![
                ("location".into(), location),
                ("content-type".into(), "text/html".into()),
            ],
            body: Vec::new(),
        });
    }
    Some(Reply {
        status: 200,
        headers: vec![
            ("content-type".into(), mime),
            (
                "content-disposition".into(),
                format!("inline; filename*=UTF-8''{}", percent_encoded(&name)),
            ),
        ],
        body: bytes,
    })
}

fn stored(state: &State, key: &str) -> Option<(String, String, Vec<u8>)> {
    if let Some((_, bytes)) = PICTURES.iter().find(|(name, _)| *name == key) {
        return Some(("picture.png".into(), "image/png".into(), bytes.to_vec()));
    }
    let stored = state.files.values().find(|stored| stored.key == key)?;
    Some((stored.file.name.clone(), stored.file.mime.clone(), stored.file.bytes.clone()))
}
