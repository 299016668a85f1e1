//! What every desk's adapter must do against its believable vendor: one list of cases for all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod around;
mod bad_days;
mod drift;
mod ends;
mod report;
mod studio;
mod talk;
mod world;

use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::gorgias::Gorgias;
use serde_json::json;
use std::sync::Arc;
use world::Kind;

const CHATWOOT: Kind = Kind {
    adapter: &handover_adapters::desk::chatwoot::Chatwoot,
    vendor: |clock| Arc::new(Chatwoot::new(clock, Version::V4_15)),
    settings: || json!({ "base_url": "https://chatwoot.test", "token": "fake-admin-token" }),
};

const OLD_CHATWOOT: Kind =
    Kind { vendor: |clock| Arc::new(Chatwoot::new(clock, Version::V2)), ..CHATWOOT };

const MIDDLE_CHATWOOT: Kind =
    Kind { vendor: |clock| Arc::new(Chatwoot::new(clock, Version::V3)), ..CHATWOOT };

const GORGIAS: Kind = Kind {
    adapter: &handover_adapters::desk::gorgias::Gorgias,
    vendor: |clock| Arc::new(Gorgias::new(clock)),
    settings: || {
        json!({
            "base_url": "https://shop.gorgias.com",
            "username": "api@shop.example",
            "api_key": "fake-gorgias-key",
        })
    },
};

/// What the facts leave open, the other way round.
const OTHER_GORGIAS: Kind = Kind { vendor: studio::odd, ..GORGIAS };

/// Makes a test of each case for each desk.
macro_rules! conformance {
    ($($file:ident: $($case:ident)*;)*) => {
        mod chatwoot {
            $($(#[test] fn $case() { crate::$file::$case(&crate::CHATWOOT); })*)*
        }
        mod old_chatwoot {
            $($(#[test] fn $case() { crate::$file::$case(&crate::OLD_CHATWOOT); })*)*
        }
        mod middle_chatwoot {
            $($(#[test] fn $case() { crate::$file::$case(&crate::MIDDLE_CHATWOOT); })*)*
        }
        mod gorgias {
            $($(#[test] fn $case() { crate::$file::$case(&crate::GORGIAS); })*)*
        }
        mod other_gorgias {
            $($(#[test] fn $case() { crate::$file::$case(&crate::OTHER_GORGIAS); })*)*
        }
    };
}

conformance! {
    talk:
        opening_brings_name_metadata_and_transcript messages_in_order_both_ways echoes_are_dropped
        hooks_twice_count_once hooks_of_long_ago_count_once hooks_in_any_order_arrive lost_hooks_are_caught_up
        late_hooks_after_a_look_count_once attachments_both_ways files_that_may_not_be_fetched notes_never_reach_the_contact
        robots contacts_do_not_cross what_the_contact_writes_while_opening long_and_odd_texts
        an_agent_is_shown_by_name connecting_twice_makes_nothing_twice signs_of_life;
    ends:
        the_marker_offers_the_end closing_offers_the_end closing_ends_by_setting reopened_and_snoozed_go_on
        the_contacts_end_closes_the_desks_conversation the_tenth_session
        a_late_closing_of_the_session_before_closes_nothing one_conversation_for_all_sessions
        writing_after_the_end_takes_over what_came_too_late_is_told_at_the_desk
        what_did_not_reach_the_contact_is_told_at_the_desk;
    bad_days:
        lost_answers_while_opening_double_nothing lost_answers_of_messages_double_nothing
        down_for_an_hour_and_back overloaded_and_back credentials_revoked_in_mid_session
        credentials_revoked_before_the_opening limit_hit a_crowd_stays_within_the_limit
        who_writes_now_does_not_wait_behind_a_bad_hour
        the_session_expires_while_the_desk_is_down wrong_hooks_are_refused;
    drift:
        what_the_desk_lost_is_brought_again_once a_loss_is_not_seen_too_soon what_is_in_place_stays_as_it_is
        long_talks_look_like_no_loss what_stands_twice_is_told_once what_an_agent_deletes_stays_deleted
        a_loss_is_mended_after_the_end_too what_was_said_at_the_end_and_lost_is_told_at_the_desk
        what_is_said_after_the_end_and_lost_takes_over an_older_conversation_of_the_desk
        closed_once_is_offered_once_though_the_agent_writes_on what_is_very_old_is_not_taken_for_new;
    report:
        which_contents_go_through;
}
