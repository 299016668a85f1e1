use super::*;
use crate::vendor::Mood;
use handover_core::port::http::CallError;

fn with(scene: &Scene, mood: Mood) {
    scene.vendor.set_mood(mood);
}

fn try_post(scene: &Scene) -> Result<u16, CallError> {
    let body = json!({"content": "hi", "message_type": "incoming"});
    let request = Request::json("POST", Scene::url("/conversations/1/messages"), &body);
    let reply = scene.vendor.call(&request.header("api_access_token", ADMIN_TOKEN));
    reply.map(|reply| reply.status)
}

fn messages(scene: &Scene) -> usize {
    scene.vendor.conversations()[0].messages.len()
}

#[test]
fn when_down_nothing_arrives() {
    let scene = Scene::new();
    with(&scene, Mood { down: true, ..Mood::default() });
    let before = scene.vendor.requests().len();
    assert!(matches!(try_post(&scene), Err(CallError::NotSent(_))));
    assert_eq!((messages(&scene), scene.vendor.requests().len()), (0, before));
}

#[test]
fn refusals_change_nothing() {
    let scene = Scene::new();
    let none = Mood::default();
    let moods = [
        (Mood { overloaded: true, ..none.clone() }, 503),
        (Mood { revoked: true, ..none.clone() }, 401),
        (Mood { limit_hit: true, ..none }, 429),
    ];
    for (mood, status) in moods {
        with(&scene, mood);
        assert_eq!(try_post(&scene), Ok(status));
    }
    assert_eq!(messages(&scene), 0);
}

#[test]
fn a_lost_answer_was_obeyed() {
    let scene = Scene::new();
    with(&scene, Mood { answers_lost: 1, ..Mood::default() });
    assert_eq!(scene.get("/conversations/1")["id"], 1);
    assert!(matches!(try_post(&scene), Err(CallError::Unknown(_))));
    assert_eq!(messages(&scene), 1);
    assert_eq!(try_post(&scene), Ok(200));
}
