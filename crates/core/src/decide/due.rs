//! What time alone does (rules 10 and 16).

use super::draft::Draft;
use super::end;
use crate::decision::Ignored;
use crate::entry::Actor;
use crate::session::EndCause;

pub(super) fn decide(draft: &mut Draft<'_>) {
    let timeout_ms = i64::from(draft.policy.livechat.timeout_s) * 1000;
    let now = draft.now;
    let Some(session) = draft.session() else {
        return draft.ignore_silently(Ignored::NotDue);
    };
    let expires = session.last_message_at.plus_ms(timeout_ms);
    if now < expires {
        draft.conversation().due = Some(expires);
        return draft.ignore_silently(Ignored::NotDue);
    }
    let of = draft.conversation().entries;
    end::end(draft, Actor::Gateway, of, EndCause::Expired, 16);
}
