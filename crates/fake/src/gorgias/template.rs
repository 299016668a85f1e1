//! Templates: `{{a.b[-1].c}}` stands for a value of what a hook is about.

use serde_json::Value;

/// Fills a template in. What stands for null is told; what is not there leaves nothing.
pub(super) fn fill(
    template: &str,
    context: &Value,
    null: &str,
    escape: impl Fn(&str) -> String,
) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((path, behind)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            break;
        };
        if let Some(value) = lookup(path, context) {
            filled.push_str(&escape(&shown(value, null)));
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Whether a template is nothing but the whole context.
pub(super) fn is_whole(template: &str) -> bool {
    let inner = template.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|path| path.trim() == "context")
}

/// The value at a path; `context` itself is everything.
fn lookup<'a>(path: &str, context: &'a Value) -> Option<&'a Value> {
    let path = path.trim();
    if path == "context" {
        return Some(context);
    }
    let mut value = context;
    for part in path.split('.') {
        let (name, indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
        value = value.get(name.trim())?;
        for index in indexes.split(['[', ']']).filter(|index| !index.is_empty()) {
            let items = value.as_array()?;
            let at: i64 = index.trim().parse().ok()?;
            let at = if at < 0 { at.checked_add_unsigned(items.len() as u64)? } else { at };
            value = items.get(usize::try_from(at).ok()?)?;
        }
    }
    Some(value)
}

/// A value as text, in the manner of Python.
fn shown(value: &Value, null: &str) -> String {
    match value {
        Value::Null => null.to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str) -> String {
        let context = json!({ "ticket": { "id": 7, "spam": false, "subject": null,
            "messages": [{ "body_text": "one" }, { "body_text": "a {{b}}" }] } });
        fill(template, &context, "None", str::to_owned)
    }

    #[test]
    fn values_become_text() {
        assert_eq!(filled("{{ticket.id}}/{{ ticket.spam }}/{{ticket.subject}}"), "7/False/None");
        assert_eq!(filled("{{ticket.messages[-1].body_text}}"), "a {{b}}");
        assert_eq!(filled("{{ticket.messages[0].body_text}}"), "one");
    }

    #[test]
    fn what_is_not_there_leaves_nothing() {
        assert_eq!(
            filled("[{{message.id}}{{ticket.messages[5].id}}{{ticket.messages[-9].id}}]"),
            "[]"
        );
        assert_eq!(filled("{{}}{{ticket"), "{{ticket");
    }
}
