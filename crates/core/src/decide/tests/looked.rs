//! What had been brought to the desk does not stand there as it should (promises B, C and G).

use super::story::Story;
use crate::content::Content;
use crate::decision::{Decision, Ignored};
use crate::entry::{Actor, Body, Cause};
use crate::event::{Astray, Event, How, Looked};
use crate::words::{END, START};

fn opened() -> Story {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    story.says("one");
    story.says("two");
    story
}

fn looked(story: &mut Story, session: u32, until: u64, astray: &[(u64, How)]) -> Decision {
    let found = |&(delivery, how): &(u64, How)| Astray { delivery, entry: delivery + 10, how };
    let astray = astray.iter().map(found).collect();
    story.event(&Event::Looked(Looked { session, until, astray }))
}

fn told(decision: &Decision) -> Vec<(u64, &str)> {
    let told = decision.entries.iter().map(|entry| match (&entry.cause, &entry.body) {
        (Cause::Delivery { n }, Body::Trouble { text }) => {
            assert_eq!((&entry.actor, entry.for_contact), (&Actor::Gateway, false));
            (*n, text.as_str())
        }
        _ => panic!("{entry:?}"),
    });
    told.collect()
}

#[test]
fn promise_b_what_is_missing_is_brought_again_and_told() {
    let mut story = opened();
    let mended = looked(&mut story, 1, 3, &[(2, How::Missing), (3, How::Doubled)]);
    assert_eq!(mended.again, [2], "what stands twice is not brought a third time");
    let told = told(&mended);
    assert_eq!((told[0].0, told[1]), (2, (3, "Line 13 stands twice at the desk.")));
    assert!(told[0].1.contains("Line 12") && told[0].1.contains("after later lines"), "promise D");
    assert!(mended.deliveries.is_empty(), "it goes by its own number, so that it can be looked up");
}

#[test]
fn promise_c_nothing_is_mended_twice_whoever_looks() {
    let mut story = opened();
    looked(&mut story, 1, 2, &[(2, How::Missing)]);
    let again = looked(&mut story, 1, 2, &[(2, How::Missing)]);
    assert_eq!((again.again.len(), again.entries.len()), (0, 0));
    assert_eq!(story.ignored, Some(Ignored::NothingNew));
    let later = looked(&mut story, 1, 3, &[(2, How::Missing), (3, How::Missing)]);
    assert_eq!(later.again, [3], "what was judged before stays as it was judged");
}

#[test]
fn a_session_that_is_over_is_mended_as_well_and_one_of_long_ago_is_not() {
    let mut story = opened();
    story.contact(Content::payload(END));
    assert_eq!(looked(&mut story, 1, 2, &[(2, How::Missing)]).again, [2]);
    assert_eq!(story.conversation.last.as_ref().unwrap().session.looked_for, 2);
    story.contact(Content::payload(START));
    assert_eq!(looked(&mut story, 1, 3, &[(3, How::Missing)]).again, [3]);
    story.contact(Content::payload(END));
    assert_eq!(looked(&mut story, 1, 9, &[(4, How::Missing)]).again, [0; 0]);
    assert_eq!(story.ignored, Some(Ignored::NoSession));
}

#[test]
fn a_look_that_finds_all_in_place_leaves_no_line() {
    let mut story = opened();
    let lines = story.transcript.len();
    let decision = looked(&mut story, 1, 3, &[]);
    assert_eq!((story.transcript.len(), decision.again.len()), (lines, 0));
    assert_eq!(decision.conversation.session.unwrap().looked_for, 3);
}
