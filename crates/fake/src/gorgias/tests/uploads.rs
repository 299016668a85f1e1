use super::*;

fn form(body: &[u8]) -> Request {
    let mut request = Request::new("POST", url("upload?type=attachment"))
        .header("content-type", "multipart/form-data; boundary=b");
    request.body = body.to_vec();
    request
}

#[test]
fn a_file_is_kept_shown_and_fetched_with_the_key_only() {
    let world = world();
    let reply = world.call(form(
        b"--b\r\nContent-Disposition: form-data; name=\"a b.txt\"; filename=\"a b.txt\"\r\n\
          Content-Type: text/plain\r\n\r\nhello\r\n--b--\r\n",
    ));
    assert_eq!(reply.status, 201);
    let file = read(&reply)[0].clone();
    assert_eq!((&file["name"], &file["size"]), (&json!("a b.txt"), &json!(5)));
    let file_url = file["url"].as_str().unwrap();
    assert!(file_url.starts_with("https://shop.gorgias.example/attachments/"));
    let fetched = world.call(Request::get(file_url).file());
    assert_eq!(
        (fetched.header("content-type"), fetched.body.as_slice()),
        (Some("text/plain"), &b"hello"[..])
    );
    assert_eq!(world.desk.call(&Request::get(file_url)).unwrap().status, 401);
    let id = world.ticket("c1@chat.invalid");
    let message = json!({ "channel": "api", "via": "api", "from_agent": false, "attachments": [file],
        "sender": { "email": "c1@chat.invalid" } });
    world.post(&format!("tickets/{id}/messages"), &message);
    assert_eq!(world.desk.conversations()[0].messages[1].files, ["a b.txt"]);
    world.all_fit();
}

#[test]
fn an_agents_file_can_be_fetched() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    let sent = world.desk.agent_sends_file(&id, "Ana", "a.png", "image/png", b"\x89PNG");
    let message = world.get(&format!("tickets/{id}/messages/{sent}"));
    let fetched = world.call(Request::get(message["attachments"][0]["url"].as_str().unwrap()));
    assert_eq!(fetched.body, b"\x89PNG");
}

#[test]
fn a_crooked_form_is_refused_and_noted() {
    let world = world();
    assert_eq!(world.call(form(b"hello")).status, 400);
    assert_eq!(world.call(form(b"--b--\r\n")).status, 400);
    assert_eq!(world.desk.misfits().len(), 2);
}
