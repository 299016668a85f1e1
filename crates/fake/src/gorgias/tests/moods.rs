use super::*;
use crate::vendor::Mood;
use handover_core::port::http::CallError;

#[test]
fn only_the_right_key_opens() {
    let world = world();
    let reply = world.desk.call(&Request::get(url("account"))).unwrap();
    assert_eq!(reply.status, 401);
    let wrong = Request::get(url("account")).header("authorization", "Basic bm86bm8=");
    assert_eq!(world.desk.call(&wrong).unwrap().status, 401);
    world.get("account");
}

#[test]
fn more_than_forty_at_once_are_too_many() {
    let world = world();
    let ask = || world.desk.call(&signed(Request::get(url("account")))).unwrap();
    let counts =
        |reply: &Reply| reply.header("x-gorgias-account-api-call-limit").unwrap().to_owned();
    assert_eq!(counts(&ask()), "1/40");
    for _ in 1..40 {
        assert_eq!(ask().status, 200);
    }
    let refused = ask();
    assert_eq!((refused.status, counts(&refused)), (429, "40/40".into()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    world.pass_ms(1_000);
    assert_eq!(ask().status, 200);
    world.pass_ms(20_000);
    assert_eq!(counts(&ask()), "1/40");
}

#[test]
fn bad_days_are_as_they_are_named() {
    let world = world();
    let status = |mood: Mood| {
        world.desk.set_mood(mood);
        world.call(Request::get(url("account"))).status
    };
    assert_eq!(status(Mood { overloaded: true, ..Mood::default() }), 503);
    assert_eq!(status(Mood { revoked: true, ..Mood::default() }), 401);
    assert_eq!(status(Mood { limit_hit: true, ..Mood::default() }), 429);
    assert_eq!(status(Mood::default()), 200);
    let asked = world.desk.requests().len();
    world.desk.set_mood(Mood { down: true, ..Mood::default() });
    let lost = world.desk.call(&signed(Request::get(url("account"))));
    assert!(matches!(lost, Err(CallError::NotSent(_))));
    assert_eq!(world.desk.requests().len(), asked, "it never came");
}

#[test]
fn a_lost_answer_is_to_a_request_that_was_obeyed() {
    let world = world();
    world.desk.set_mood(Mood { answers_lost: 1, ..Mood::default() });
    world.get("customers");
    let make = signed(Request::json("POST", url("customers"), &json!({ "external_id": "c1" })));
    assert!(matches!(world.desk.call(&make), Err(CallError::Unknown(_))));
    assert_eq!(world.get("customers?external_id=c1")["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.desk.call(&make).unwrap().status, 201);
    assert_eq!(
        world.desk.requests(),
        ["GET /api/customers", "POST /api/customers", "GET /api/customers", "POST /api/customers"]
    );
}
