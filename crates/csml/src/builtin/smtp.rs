//! `SMTP(server)`: a mail account, built up like a request.

use crate::{
    lex::Pos,
    method,
    ports::Mail,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::{call::Arguments, world::World},
    value::{self, Map, Value, to_plain_json},
};

const MECHANISMS: &[&str] = &["PLAIN", "LOGIN", "XOAUTH2"];

pub(super) fn new(arguments: &Arguments, at: Pos) -> Outcome<Value> {
    match arguments.values.as_slice() {
        [server] if server.as_text().is_some() => {
            let map = Map::tagged("smtp")
                .with("smtp_server", server.clone())
                .with("port", Value::int(465, at))
                .with("tls", Value::bool(true, at));
            Ok(Value::map(map, at))
        }
        _ => Err(Problem::arguments("`SMTP(\"mail.example.org\")`").into()),
    }
}

pub(super) fn method(
    name: &str,
    map: &Map,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    let mut account = map.clone();
    match (name, arguments) {
        ("auth", _) => {
            method::two_texts(arguments, "`.auth(\"user\", \"password\")`")?;
            for (key, value) in ["username", "password"].into_iter().zip(arguments) {
                account.insert(key.into(), value.clone());
            }
        }
        ("port", [port @ Value { kind: value::Kind::Int(1..=65535), .. }]) => {
            account.insert("port".into(), port.clone());
        }
        ("tls" | "starttls", [on @ Value { kind: value::Kind::Bool(_), .. }]) => {
            account.insert(name.into(), on.clone());
        }
        ("set_auth_mechanism", [mechanisms]) => {
            let one = std::slice::from_ref(mechanisms);
            let list = mechanisms.as_list().unwrap_or(one);
            let known =
                |value: &Value| value.as_text().is_some_and(|text| MECHANISMS.contains(&text));
            if list.is_empty() || !list.iter().all(known) {
                return Err(Problem::arguments(
                    "`.set_auth_mechanism(\"PLAIN\")`, LOGIN or XOAUTH2",
                )
                .into());
            }
            account.insert("auth_mechanism".into(), Value::list(list.to_vec(), at));
        }
        ("send", [mail]) => return send(&account, mail, at, world),
        ("port" | "tls" | "starttls" | "set_auth_mechanism" | "send", _) => {
            return Err(Problem::arguments(
                "`.port(465)`, `.tls(true)`, `.starttls(false)`, `.send(mail)`",
            )
            .into());
        }
        _ => return Err(method::unknown(name).into()),
    }
    Ok(Value::map(account, at))
}

fn send(account: &Map, mail: &Value, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let incomplete = |what: &str| soft(Kind::SmtpIncomplete, format!("the mail has no {what}"));
    let (Some(username), Some(password)) =
        (account.get_text("username"), account.get_text("password"))
    else {
        return incomplete("account: call `.auth(user, password)` first");
    };
    let Some(fields) = mail.as_map() else {
        return Err(Problem::arguments("`.send({\"from\": .., \"to\": .., \"text\": ..})`").into());
    };
    for field in ["from", "to"] {
        if fields.get(field).is_none_or(Value::is_null) {
            return incomplete(&format!("`{field}`"));
        }
    }
    if fields.get_text("text").is_none() && fields.get_text("html").is_none() {
        return incomplete("`text` or `html`");
    }
    let is_on = |name: &str| {
        matches!(account.get(name).map(|value| &value.kind), Some(value::Kind::Bool(true)))
    };
    let port = match account.get("port").map(|value| &value.kind) {
        Some(value::Kind::Int(int)) => u16::try_from(*int).unwrap_or(465),
        _ => 465,
    };
    let mechanisms = account.get("auth_mechanism").and_then(Value::as_list).unwrap_or(&[]);
    let letter = Mail {
        server: account.get_text("smtp_server").unwrap_or("").to_owned(),
        port,
        tls: is_on("tls"),
        starttls: is_on("starttls"),
        username: username.to_owned(),
        password: password.to_owned(),
        auth_mechanisms: mechanisms.iter().map(Value::to_text).collect(),
        mail: to_plain_json(mail).as_object().cloned().unwrap_or_default(),
    };
    let time_left = world.request()?;
    let sent = world.ports.smtp.send(&letter, time_left);
    world.time_left()?;
    match sent {
        Ok(()) => Ok(Value::bool(true, at)),
        Err(error) => soft(Kind::SmtpFailed, format!("the mail was not sent: {}", error.0)),
    }
}
