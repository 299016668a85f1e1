//! Hooks of desks: which conversation they mean, repeats, questions.

use crate::world::Test;
use handover_core::content::Content;
use handover_core::port::http::{CallError, Reply};
use handover_core::port::store::Store;
use handover_core::words::{END, START};
use serde_json::json;

fn opened() -> Test {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    test
}

#[test]
fn each_way_to_name_the_conversation_finds_it() {
    let test = opened();
    let (session, conversation) = (test.session(), test.id());
    for (n, hook) in [
        json!({ "id": "1", "say": "one", "link": "link" }),
        json!({ "id": "2", "say": "two", "session": session }),
        json!({ "id": "3", "say": "three", "conversation": conversation }),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(test.hook("desk", hook).taken, 1, "{hook}");
        assert_eq!(test.said().len(), n + 2);
        let again = test.hook("desk", hook);
        assert_eq!((again.taken, again.repeated), (0, 1), "promise C: {hook}");
    }
}

#[test]
fn promise_f_another_desk_has_no_say() {
    let test = opened();
    for hook in [
        json!({ "id": "1", "say": "psst", "link": "link" }),
        json!({ "id": "2", "say": "psst", "session": test.session() }),
        json!({ "id": "3", "say": "psst", "conversation": test.id() }),
        json!({ "id": "4", "say": "psst", "conversation": "no such" }),
    ] {
        let answer = test.hook("another", &hook);
        assert_eq!((answer.taken, answer.ignored.len()), (0, 1), "{hook}");
    }
    assert!(!test.said().contains(&"psst".to_owned()));
}

#[test]
fn rule_21_writing_in_the_linked_conversation_takes_over_on_it() {
    let test = opened();
    test.contact("b", Content::payload(END));
    test.settle_all();
    test.later_s(60);
    assert_eq!(test.hook("desk", &json!({ "id": "9", "say": "again", "link": "link" })).taken, 1);
    assert_eq!(test.said().last().unwrap(), "again");
    let stored = futures_executor::block_on(test.store.load(&test.id()));
    let session = stored.unwrap().unwrap().session.unwrap();
    assert_eq!((session.ordinal, session.link.as_deref()), (2, Some("link")));
}

#[test]
fn a_hook_that_must_be_asked_about_is_asked_about_and_counts_without_an_answer_too() {
    let test = opened();
    let answers = [
        Ok(Reply { status: 200, headers: Vec::new(), body: b"the whole text".into() }),
        Ok(Reply { status: 500, headers: Vec::new(), body: b"boom".into() }),
        Err(CallError::Unknown("it took too long".into())),
    ];
    for (n, (answer, said)) in answers.into_iter().zip(["the whole text", "cut", "cut"]).enumerate()
    {
        test.answer(answer);
        let hook = json!({ "id": n.to_string(), "say": "cut", "link": "link", "ask": true });
        assert_eq!(test.hook("desk", &hook).taken, 1);
        assert_eq!(test.said().last().unwrap(), said);
    }
}
