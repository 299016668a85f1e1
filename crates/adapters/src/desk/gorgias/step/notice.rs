//! What the agents must know: that a session is over, that something went wrong.

use super::{Talk, fine, ticket, write};
use crate::desk::gorgias::api;
use handover_core::capability::plain;
use handover_core::delivery::ToDesk;
use handover_core::entry::Entry;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::session::EndCause;

const QUOTE_CHARS_MAX: usize = 500;

pub(super) fn ended(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    cause: EndCause,
) -> Result<Step, Step> {
    if let Some(id) = noted(talk, job, job.job.language.phrases().note_of_end(cause))?
        && !talk.settings.keep_open
        // Whoever nobody answered should still be seen.
        && !matches!(cause, EndCause::DeskClosed | EndCause::NoAgent)
    {
        ticket::set_status(talk, &id, "closed")?;
    }
    Ok(Step::Done { link: None })
}

pub(super) fn trouble(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    text: &str,
    transcript: &[Entry],
) -> Result<Step, Step> {
    let mut text = text.to_owned();
    if let Some(lost) = transcript.iter().rev().find_map(Entry::content) {
        let lost: String = plain(lost).chars().take(QUOTE_CHARS_MAX).collect();
        text.push_str("\nThe message was: ");
        text.push_str(&lost);
    }
    noted(talk, job, &text)?;
    Ok(Step::Done { link: None })
}

/// Writes an internal note, once. Gives the ticket; none when there is no ticket to write into.
fn noted(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    text: &str,
) -> Result<Option<String>, Step> {
    let Some(id) = ticket::of(talk, job)? else { return Ok(None) };
    let note_id = api::our_id(&job.id.to_string());
    if job.attempts == 0 || !ticket::ours_in(talk, &id)?.contains(&note_id) {
        let note = write::note(&talk.settings, &note_id, text);
        let reply = talk.send("POST", &format!("tickets/{id}/messages"), &note)?;
        if matches!(reply.status, 404 | 410) {
            return Ok(None);
        }
        fine(reply)?;
    }
    Ok(Some(id))
}
