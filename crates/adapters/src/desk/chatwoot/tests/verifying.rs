use super::{Chatwoot, NOW, account};
use crate::desk::chatwoot::verify::sign;
use handover_core::port::channel::Call;
use handover_core::port::desk::Desk;
use serde_json::{Value, json};

const BODY: &[u8] = br#"{"event":"x"}"#;
const AT: &str = "1700000000";

fn verify(settings: Value, headers: &[(&str, &str)], body: &[u8]) -> Result<(), String> {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = Call { method: "POST", query: "", headers: &headers, body, at: NOW };
    Chatwoot.verify(&account(settings), &call).map_err(|error| error.to_string())
}

#[test]
fn the_signature_is_over_time_dot_body() {
    // printf '%s' '1700000000.{"event":"x"}' | openssl dgst -sha256 -hmac shh
    let known = "73debe7907afa76be9ab8c22dd10aaa4851cbcd8ed2f2b8d2811fe4bd3999e0b";
    assert_eq!(sign("shh", AT, BODY).unwrap(), known);
}

/// A name, settings, signature and time, the body, and what is wrong with it.
type Case<'a> = (&'a str, Value, Option<(&'a str, &'a str)>, &'a [u8], Option<&'a str>);

#[test]
fn a_server_that_signs_must_sign() {
    let right = format!("sha256={}", sign("shh", AT, BODY).unwrap());
    let upper = right.to_uppercase().replace("SHA256=", "sha256=");
    let signs = json!({ "secret": "shh", "signs": true });
    let late = format!("sha256={}", sign("shh", "1699999600", BODY).unwrap());
    let table: &[Case<'_>] = &[
        ("right", signs.clone(), Some((&right, AT)), BODY, None),
        ("in capitals", signs.clone(), Some((&upper, AT)), BODY, None),
        ("other body", signs.clone(), Some((&right, AT)), b"{}", Some("does not match")),
        ("other time", signs.clone(), Some((&right, "1700000001")), BODY, Some("does not match")),
        ("too late", signs.clone(), Some((&late, "1699999600")), BODY, Some("300 seconds")),
        ("no time", signs.clone(), Some((&right, "soon")), BODY, Some("whole seconds")),
        ("empty", signs.clone(), Some(("", AT)), BODY, Some("does not match")),
        ("unsigned", signs, None, BODY, Some("is missing")),
        ("may sign", json!({ "secret": "shh" }), None, BODY, None),
        (
            "may sign, wrongly",
            json!({ "secret": "shh" }),
            Some(("sha256=00", AT)),
            BODY,
            Some("does not match"),
        ),
        ("does not sign", json!({}), None, BODY, None),
        ("no secret is known", json!({ "secret": "" }), Some(("sha256=00", AT)), BODY, None),
    ];
    for (name, settings, signed, body, problem) in table {
        let headers: Vec<(&str, &str)> = signed
            .iter()
            .flat_map(|(signature, at)| {
                [("x-chatwoot-signature", *signature), ("x-chatwoot-timestamp", *at)]
            })
            .collect();
        match (verify(settings.clone(), &headers, body), problem) {
            (Ok(()), None) => {}
            (Err(said), Some(problem)) => assert!(said.contains(problem), "{name}: {said}"),
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}
