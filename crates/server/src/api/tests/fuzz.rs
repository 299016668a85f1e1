//! The whole HTTP surface for programs, driven by our own OpenAPI document, and hooks beside it: what is right, broken by
//! chance that a seed repeats. `HANDOVER_FUZZ_ROUNDS=500` goes on for longer, `HANDOVER_SEED=7` begins elsewhere.

#[path = "../../../../adapters/tests/hostile/mutate.rs"]
mod mutate;

use super::{Answer, As, KEY, SECRET, World};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use handover_core::port::place::HOOK_TOKEN;
use mutate::{Chance, ODD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// Calls of each operation.
const ROUNDS: usize = 200;
/// A call that waits, for messages or for another server, is left alone after this.
const PATIENCE: Duration = Duration::from_secs(2);
/// What every route may answer besides what is written of it: wrong method, too slow, an address that leads nowhere.
const ALWAYS: [u16; 4] = [404, 405, 408, 414];

struct Operation {
    method: Method,
    path: String,
    told: Value,
}

struct Fuzz {
    world: World,
    document: Value,
    session: String,
    chance: Chance,
    /// How often which status came.
    seen: BTreeMap<u16, usize>,
    waited: usize,
    /// What was wrong, by its kind and place.
    found: BTreeMap<String, String>,
}

fn rounds() -> usize {
    let given = std::env::var("HANDOVER_FUZZ_ROUNDS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

impl Fuzz {
    async fn new() -> Self {
        let many = NonZeroU32::new(1_000_000).unwrap();
        let world = World::configured(|config| config.api_requests_per_s = many).await;
        world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
        let session = world.session().await;
        for vendor in ["chatwoot", "gorgias"] {
            let settings = json!({
                "base_url": "https://127.0.0.1:1", "token": "desk-secret-of-the-tests",
                "username": "api@desk.example", "api_key": "desk-secret-of-the-tests",
            });
            let known: &[&str] = match vendor {
                "chatwoot" => &["base_url", "token"],
                _ => &["base_url", "username", "api_key"],
            };
            let mut settings = settings.as_object().unwrap().clone();
            settings.retain(|name, _| known.contains(&name.as_str()));
            let body = json!({ "vendor": vendor, "name": "Ours", "settings": settings });
            let path = format!("/v1/settings/desks/{vendor}?connect=false");
            world.put(As::Bearer, &path, body).await.fine();
        }
        let document = world.get(As::Nobody, "/v1/openapi.json").await.fine().json;
        let chance = Chance::from_env(1);
        Self {
            world,
            document,
            session,
            chance,
            seen: BTreeMap::new(),
            waited: 0,
            found: BTreeMap::new(),
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let paths = self.document["paths"].as_object().unwrap();
        let methods = ["get", "put", "post", "delete"];
        let all = paths.iter().flat_map(|(path, item)| {
            methods.iter().filter(|method| item.get(**method).is_some()).map(|method| Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                told: item[*method].clone(),
            })
        });
        all.collect()
    }

    fn schema<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(place) => self.document.pointer(place.trim_start_matches('#')).expect(place),
            None => schema,
        }
    }

    /// Something that fits a schema.
    fn fitting(&self, schema: &Value) -> Value {
        let schema = self.schema(schema);
        if let Some(example) = schema.get("example").or_else(|| schema.pointer("/examples/0")) {
            return example.clone();
        }
        for word in ["oneOf", "anyOf", "allOf"] {
            if let Some(first) =
                schema[word].as_array().and_then(|of| of.iter().find(|it| it["type"] != "null"))
            {
                return self.fitting(first);
            }
        }
        if let Some(first) = schema["enum"].as_array().and_then(|of| of.first()) {
            return first.clone();
        }
        let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or("object");
        match kind {
            "string" => json!("text"),
            "integer" | "number" => json!(1),
            "boolean" => json!(false),
            "array" => json!([self.fitting(&schema["items"])]),
            _ => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                Value::Object(fields.map(|(name, it)| (name.clone(), self.fitting(it))).collect())
            }
        }
    }

    /// One call of an operation: right, or wrong in a few ways.
    fn call(&mut self, operation: &Operation, round: usize) -> (Request<Body>, String) {
        let right = round == 0;
        let mut path = operation.path.clone();
        let mut query = Vec::new();
        for told in operation.told["parameters"].as_array().cloned().unwrap_or_default() {
            let name = told["name"].as_str().unwrap();
            let fitting = self.fitting(&told["schema"]);
            let mut value = match (name, fitting.as_str()) {
                ("wait_s", _) => "0".to_owned(),
                (_, Some(text)) => text.to_owned(),
                (_, None) => fitting.to_string(),
            };
            if !right && self.chance.below(4) == 0 {
                value = format!("{}{}", self.chance.pick(ODD), self.chance.pick(&["", &value]));
            }
            match told["in"].as_str() {
                Some("path") => {
                    let known = if path.contains("/sessions/") { &self.session } else { &value };
                    let known = if path.contains("/desks/") { "chatwoot" } else { known };
                    let value =
                        if right || self.chance.below(4) > 0 { known.to_owned() } else { value };
                    let value = if value.is_empty() { "x".to_owned() } else { value };
                    path = path.replace(&format!("{{{name}}}"), &escaped(&value));
                }
                Some("query") if right || self.chance.below(3) > 0 => {
                    query.push(format!("{}={}", escaped(name), escaped(&value)));
                }
                _ => {}
            }
        }
        if !right && self.chance.below(6) == 0 {
            query.push(format!(
                "{}={}",
                escaped(self.chance.pick::<&str>(ODD)),
                self.chance.pick(&["%zz", "1", ""])
            ));
        }
        if operation.path.contains("/desks/") && operation.method == Method::PUT {
            query = vec!["connect=false".into()];
        }
        let uri = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let media = operation.told.pointer("/requestBody/content/application~1json/schema");
        let fitting = media.map(|schema| self.fitting(schema));
        let mut body = fitting.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        if !right && self.chance.below(8) > 0 {
            let seed = if body.is_empty() { b"{}".to_vec() } else { body.clone() };
            let others = [self.document["info"].to_string().into_bytes(), seed.clone()];
            body = self.chance.mutated(&seed, &others);
        }
        let who = if right {
            As::Bearer
        } else {
            *self.chance.pick(&[
                As::Bearer,
                As::Bearer,
                As::Bearer,
                As::Signed,
                As::Public,
                As::Nobody,
            ])
        };
        let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
        let method = if right || self.chance.below(12) > 0 {
            operation.method.clone()
        } else {
            self.chance.pick(&methods).clone()
        };
        let mut request = self.world.request(who, method.clone(), &uri, None);
        let types = [
            "application/json",
            "application/json",
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
            "application/x-www-form-urlencoded",
            "\u{ff}",
            "",
        ];
        let kind = if right { "application/json" } else { *self.chance.pick(&types) };
        if let Ok(kind) = HeaderValue::from_bytes(kind.as_bytes()) {
            request.headers_mut().insert("content-type", kind);
        }
        let shown: String = String::from_utf8_lossy(&body).chars().take(600).collect();
        *request.body_mut() = Body::from(body);
        (request, format!("{method} {uri} {kind} {shown}"))
    }

    /// Sends it and looks at the answer. Gives the status.
    async fn send(&mut self, request: Request<Body>, told: Option<&Value>, of: &str) -> u16 {
        let Ok(answer) = tokio::time::timeout(PATIENCE, self.world.send(request)).await else {
            self.waited += 1;
            return 0;
        };
        *self.seen.entry(answer.status).or_default() += 1;
        for why in self.wrong_with(&answer, told) {
            let place: String = of.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
            let text: String = answer.text.chars().take(600).collect();
            let finding = format!("{why}: {} {of}\n    {text}", answer.status);
            self.found.entry(format!("{why} {place} {}", answer.status)).or_insert(finding);
        }
        answer.status
    }

    /// What is wrong with an answer. `told` is what the document says of the operation.
    fn wrong_with(&self, answer: &Answer, told: Option<&Value>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |fine: bool, why: &str| {
            if !fine {
                wrong.push(why.to_owned());
            }
        };
        let status = answer.status;
        let written = told.map(|told| &told["responses"][status.to_string()]);
        let written = written.filter(|written| written.is_object());
        // Its store stores everything, so 503 is a failure here though it is documented.
        must(status < 500 || (status != 503 && written.is_some()), "a failure of the server");
        must(told.is_none() || written.is_some() || ALWAYS.contains(&status), "not documented");
        for secret in [SECRET, "password of the tests", "desk-secret-of-the-tests"] {
            must(!answer.text.contains(secret), "a secret is told");
        }
        let kind = answer.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or("");
        if status >= 400 {
            let word = |name: &str| answer.json["error"][name].as_str().unwrap_or_default().len();
            must(kind.starts_with("application/json"), "no JSON");
            must(word("code") > 0 && word("message") > 10, "no words");
            must(status != 422 || word("field") > 0, "no field");
            must(answer.text.len() < 5000, "what was sent is sent back");
            must(
                !answer.text.contains("panicked") && !answer.text.contains("qlite"),
                "insides are told",
            );
        } else if let Some(content) = written.and_then(|it| it["content"].as_object())
            && let Some((media, told)) = content.iter().next()
        {
            must(kind.starts_with(media.as_str()), "another content type");
            let required = self.schema(&told["schema"])["required"].as_array();
            let mut required = required.into_iter().flatten().filter_map(Value::as_str);
            must(required.all(|field| answer.json.get(field).is_some()), "a field is missing");
        }
        wrong
    }

    /// All that was found to be wrong, once each.
    fn nothing_found(&self) {
        let found: Vec<&str> = self.found.values().map(String::as_str).collect();
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    }

    fn close(&self, what: &str, began: std::time::Instant) {
        let calls: usize = self.seen.values().sum();
        println!(
            "{what}: {calls} calls, {} left waiting, by status {:?}; {:.1} s",
            self.waited,
            self.seen,
            began.elapsed().as_secs_f64()
        );
    }
}

fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[tokio::test]
async fn every_operation_of_the_document_answers_as_it_says() {
    let began = std::time::Instant::now();
    let mut fuzz = Fuzz::new().await;
    let operations = fuzz.operations();
    assert!(operations.len() > 15, "hardly anything is documented");
    let mut right = 0;
    for operation in &operations {
        let later = &operation.told["responses"]["503"]["description"];
        let checks_a_key = operation.told["responses"]["401"].is_object();
        let of = format!("{} {}", operation.method, operation.path);
        assert!(later.is_string() || !checks_a_key, "{of}: what if it cannot be stored?");
        // The loop test calls the desk's vendor: it has tests of its own.
        let looped = operation.path.ends_with("/test");
        for round in usize::from(looped)..rounds() {
            let (request, of) = fuzz.call(operation, round);
            if looped && of.contains("/chatwoot/") {
                continue;
            }
            // Deleting or ending what the others need would leave them with 404 only.
            let ends = operation.method == Method::DELETE || operation.path.ends_with("/end");
            if ends && (of.contains(&fuzz.session) || of.contains("/chatwoot")) {
                continue;
            }
            let documented = (request.method() == operation.method).then_some(&operation.told);
            let status = fuzz.send(request, documented, &of).await;
            right += usize::from(round == 0 && status < 300 && status > 0);
        }
    }
    fuzz.close("OpenAPI", began);
    fuzz.nothing_found();
    println!("{right} of {} operations were right at once", operations.len());
    assert!(fuzz.seen.contains_key(&422) && fuzz.seen.contains_key(&200), "{:?}", fuzz.seen);
    // Everything goes on as before.
    fuzz.world.say(As::Signed, "eve", "Hello").await.fine();
    assert_eq!(fuzz.world.get(As::Nobody, "/readyz").await.status, 200);
}

#[tokio::test]
async fn hooks_and_frames_of_any_kind_are_answered_in_words() {
    let began = std::time::Instant::now();
    let mut fuzz = Fuzz::new().await;
    let settings = &fuzz.world.running.app.settings;
    let token = |desk: &str| {
        use crate::settings::AccountKind::Desk;
        let id = handover_core::ids::AccountId::new(desk);
        settings.account(Desk, &id).unwrap().text(HOOK_TOKEN).unwrap().to_owned()
    };
    let tokens = [token("chatwoot"), token("gorgias")];
    let places = [
        format!("/hooks/chatwoot/{}", tokens[0]),
        format!("/hooks/gorgias/{}", tokens[1]),
        format!("/v1/livechat/gorgias/receive?key={}", tokens[1]),
        format!("/v1/livechat/chatwoot/receive?key={}", tokens[0]),
        "/hooks/chatwoot/wrong".to_owned(),
        "/v1/web/web/messages".to_owned(),
        "/v1/api/chat".to_owned(),
    ];
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for text in [
        include_str!("../../../../adapters/src/desk/chatwoot/fixtures/messages.json"),
        include_str!("../../../../adapters/src/desk/chatwoot/fixtures/conversations.json"),
    ] {
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        seeds.extend(cases.iter().map(|case| case["hook"].to_string().into_bytes()));
    }
    for text in [
        include_str!("../../../../adapters/src/desk/gorgias/fixtures/form.txt"),
        include_str!("../../../../adapters/src/desk/gorgias/fixtures/studio.txt"),
        include_str!("../../../../adapters/src/desk/gorgias/fixtures/message_created.json"),
    ] {
        seeds.push(text.trim().as_bytes().to_vec());
    }
    let frame = |frame: Value| json!({ "frames": [frame] }).to_string().into_bytes();
    seeds.push(frame(json!({ "type": "hello", "after": 0, "language": "en" })));
    seeds.push(frame(
        json!({ "type": "say", "id": "1", "content": { "type": "text", "text": "hi" } }),
    ));
    seeds.push(super::said("eve", Some("1"), "Hello").to_string().into_bytes());
    for _ in 0..rounds() * 15 {
        let place = fuzz.chance.pick(&places).clone();
        let seed = fuzz.chance.pick(&seeds).clone();
        let body = fuzz.chance.mutated(&seed, &seeds);
        let types = [
            "application/json",
            "application/json",
            "application/x-www-form-urlencoded",
            "text/html",
        ];
        let kind = *fuzz.chance.pick(&types);
        let shown: String = String::from_utf8_lossy(&body).chars().take(600).collect();
        let of = format!("{place} {kind} {shown}");
        let method = fuzz
            .chance
            .pick(&[Method::POST, Method::POST, Method::POST, Method::PUT, Method::GET])
            .clone();
        let request = Request::builder()
            .method(method)
            .uri(&place)
            .header("content-type", kind)
            .header("x-api-key", KEY)
            .body(Body::from(body))
            .unwrap();
        fuzz.send(request, None, &of).await;
    }
    fuzz.close("hooks and frames", began);
    fuzz.nothing_found();
    let errors: usize = fuzz.seen.range(400..).map(|(_, count)| count).sum();
    assert!(errors > 0 && fuzz.seen.contains_key(&200), "{:?}", fuzz.seen);
    fuzz.world.say(As::Signed, "zoe", "Hello").await.fine();
}
