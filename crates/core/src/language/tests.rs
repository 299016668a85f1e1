use super::{Language, fill};
use serde_json::{Map, Value};

fn words(language: Language) -> Map<String, Value> {
    match serde_json::to_value(language.phrases()).unwrap() {
        Value::Object(words) => words,
        other => panic!("{other}"),
    }
}

/// The words in braces.
fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
    places.sort_unstable();
    places
}

/// Words of several languages, and the names of places.
const INTERNATIONAL: [&str; 9] =
    ["chat", "bot", "team", "line", "why", "queue", "name", "utc", "agent"];

/// How much of a text stands in another one too, from 0 to 1: what was not translated stands out.
fn alike(text: &str, other: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 2);
        words.map(str::to_lowercase).filter(|word| !INTERNATIONAL.contains(&&**word)).collect()
    };
    let (text, other) = (words(text), words(other));
    let same = text.iter().filter(|word| other.contains(word)).count();
    same as f64 / text.len().max(1) as f64
}

#[test]
fn every_language_has_every_phrase() {
    let english = words(Language::English);
    for language in Language::ALL {
        for (key, text) in words(language) {
            let (text, first) = (text.as_str().unwrap(), english[&key].as_str().unwrap());
            let at = format!("{} {key}: {text}", language.code());
            assert!(!text.trim().is_empty() && text.trim() == text, "{at}");
            assert_eq!(places(text), places(first), "{at}");
            assert!(text.chars().next().is_some_and(|c| !c.is_lowercase()), "{at}");
            assert_eq!(text.starts_with('('), first.starts_with('('), "{at}");
            assert_eq!(text.ends_with('.'), first.ends_with('.'), "{at}");
            if language != Language::English {
                assert_ne!(text, first, "{at}");
                assert!(alike(text, first) <= 0.4, "{at}");
            }
        }
    }
}

#[test]
fn no_phrase_of_a_language_says_what_another_one_says() {
    for language in Language::ALL {
        let phrases = words(language);
        let mut texts: Vec<&str> = phrases.values().map(|text| text.as_str().unwrap()).collect();
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count, "{}", language.code());
    }
}

#[test]
fn a_button_label_fits_on_its_button() {
    for language in Language::ALL {
        assert!(language.phrases().end_label.chars().count() <= 40, "{}", language.code());
    }
}

#[test]
fn tags_are_read_as_people_write_them() {
    for (tag, language) in [
        ("pt-BR", Some(Language::Portuguese)),
        ("de_AT", Some(Language::German)),
        ("FR", Some(Language::French)),
        (" nl ", Some(Language::Dutch)),
        ("zh-Hans-CN", None),
        ("fr-FR,fr;q=0.9,en;q=0.8", Some(Language::French)),
        ("sv, pl;q=0.5, en;q=0.1", Some(Language::Polish)),
        ("es-419", Some(Language::Spanish)),
        ("english", None),
        ("*", None),
        ("", None),
        (",;-_", None),
        ("ıt", None),
    ] {
        assert_eq!(Language::of_tag(tag), language, "{tag}");
    }
}

#[test]
fn a_language_is_its_code_wherever_it_is_written() {
    for language in Language::ALL {
        assert_eq!(serde_json::to_value(language).unwrap(), language.code());
        assert_eq!(Language::of_code(language.code()), Some(language));
        assert_eq!(Language::of_tag(language.code()), Some(language));
        assert!(!language.name().is_empty());
    }
    assert!(serde_json::from_str::<Language>("\"sv\"").is_err());
}

#[test]
fn what_is_put_into_a_phrase_stays_as_it_is() {
    let said = fill("Line {line}: {why}", &[("line", "7"), ("why", "{line} {why} {")]);
    assert_eq!(said, "Line 7: {line} {why} {");
    assert_eq!(fill("{other} {", &[("why", "x")]), "{other} {");
    assert_eq!(fill("{}", &[]), "{}");
}
