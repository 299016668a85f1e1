//! What every store must do: one function a case, and a random walk beside the model.
//!
//! [`conformance!`](crate::conformance!) makes a test of each case. A store passes all of them or is none.
#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests, only shared")]

pub mod commits;
pub mod events;
pub mod facts;
pub mod fill;
pub mod lanes;
pub mod lists;
pub mod operators;
pub mod records;
pub mod server;
pub mod walk;

/// Makes a `#[test]` of each case. `$open` gives an empty store and whatever has to live as long as it;
/// `$block_on` drives a future to its end.
#[macro_export]
macro_rules! conformance {
    ($open:expr, $block_on:path) => {
        $crate::conformance!(@ $open, $block_on, commits:
            begins_with_nothing create stale stale_before_the_first_commit
            repeats_are_duplicates repeats_elsewhere_are_not duplicate_before_stale duplicate_of_no_entry
            settles_and_commits_as_one lost_lease_is_stale_and_writes_nothing all_or_nothing
            nothing_crosses bot_state_stays_until_replaced one_wins_a_revision forgets_the_inbox_after_7_days);
        $crate::conformance!(@ $open, $block_on, lanes:
            heads_only revisions_of_leases lanes_side_by_side oldest_first a_long_lane_holds_up_no_other limit_of_a_lease leased_once lease_runs_out
            settle_under_a_lost_lease settle_before_it_is_taken_anew settle_twice retry_waits dead_frees_the_lane
            skipped_frees_the_lane deferred_counts_nothing next_due_of_deliveries settle_of_nothing pending_counts_a_lane);
        $crate::conformance!(@ $open, $block_on, lists:
            entries_in_order pages sessions_in_order sessions_of_a_conversation sessions_are_replaced ended_since linked
            due_conversations next_due_of_timers counts);
        $crate::conformance!(@ $open, $block_on, operators:
            history calls_of_the_last_tries dead_newest_first dead_of_one queued_longest_first pages_of_a_list
            waiting_since repeated_keeps_its_history repeated_goes_first repeated_lets_a_try_end
            repeated_among_its_like brought_again brought_again_goes_first only_dead_is_repeated repeat_all_of_a_filter skipped_lets_the_lane_go_on
            skipped_under_a_lease skipped_is_not_dead what_has_ended_is_not_skipped stirred);
        $crate::conformance!(@ $open, $block_on, events:
            off_unless_asked whole in_order told_once only_what_was_written);
        $crate::conformance!(@ $open, $block_on, records:
            documents documents_by_kind create_once delete_once);

        #[test]
        fn walks_beside_the_model() {
            for seed in 1..=8 {
                let (store, _kept) = $open;
                $block_on($crate::conformance::walk::beside_the_model(&store, seed, 400));
            }
        }
    };
    (@ $open:expr, $block_on:path, $file:ident: $($case:ident)*) => {
        mod $file {
            #[allow(unused_imports, reason = "the expression may name things of the file")]
            use super::*;
            $(
                #[test]
                fn $case() {
                    let (store, _kept) = $open;
                    $block_on($crate::conformance::$file::$case(&store));
                }
            )*
        }
    };
}
