use super::words;
use handover_core::language::Language;
use serde_json::{Map, Value};

fn all(language: Language) -> Map<String, Value> {
    match serde_json::to_value(words(language)).unwrap() {
        Value::Object(words) => words,
        other => panic!("{other}"),
    }
}

/// The words in braces.
fn places(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[test]
fn every_language_has_every_word_of_the_pages() {
    let english = all(Language::English);
    for language in Language::ALL {
        for (key, text) in all(language) {
            let (text, first) = (text.as_str().unwrap(), english[&key].as_str().unwrap());
            let at = format!("{} {key}: {text}", language.code());
            assert!(!text.trim().is_empty() && text.trim() == text, "{at}");
            assert_eq!(places(text), places(first), "{at}");
            assert_eq!(text.ends_with('.'), first.ends_with('.'), "{at}");
            assert_eq!(text.ends_with('…'), first.ends_with('…'), "{at}");
            // "Chat" is a German word too.
            let same =
                language == Language::English || (language, &*key) == (Language::German, "chat");
            assert_eq!(text == first, same, "{at}");
            for left in [" the ", " our ", " again", " with "] {
                assert!(language == Language::English || !text.contains(left), "{at}");
            }
        }
    }
}

#[test]
fn words_beside_buttons_and_in_the_header_are_short() {
    for language in Language::ALL {
        let all = all(language);
        for key in ["attach", "write", "send", "edit", "remove", "again", "waiting", "new_messages"]
        {
            let chars = all[key].as_str().unwrap().chars().count();
            assert!(chars <= 32, "{} {key} has {chars}", language.code());
        }
    }
}

/// What is refused with a word that the page does not know would be told in English.
#[test]
fn the_page_has_words_for_every_refusal() {
    let page = include_str!("../../assets/chat/words.js");
    let codes = [
        "too_fast",
        "not_stored",
        "file_gone",
        "text",
        "file_too_large",
        "invalid_field",
        "broken_body",
        "too_many_files",
    ];
    for code in codes {
        assert!(page.contains(&format!("{code}: words.")), "{code}");
    }
    let english = all(Language::English);
    for key in page.split("words.").skip(1) {
        let key: String = key.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        assert!(english.contains_key(&key), "words.js uses {key}");
    }
}

/// A key that is misspelt would show nothing.
#[test]
fn the_pages_scripts_use_words_that_there_are() {
    let english = all(Language::English);
    let scripts = [
        include_str!("../../assets/chat/main.js"),
        include_str!("../../assets/chat/show.js"),
        include_str!("../../assets/chat/log.js"),
        include_str!("../../assets/chat/upload.js"),
    ];
    for script in scripts {
        for used in script.split("words.").skip(1) {
            let key: String =
                used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // `./words.js`
            assert!(key == "js" || english.contains_key(&key), "{key}");
        }
        for left in ["Sending", "Not sent", "Upload", "The file", "Try again", "offline."] {
            assert!(!script.contains(&format!("\"{left}")), "{left}");
        }
    }
}

/// The loader runs on any site before anything else of ours is there, so it brings its three words along.
#[test]
fn the_loader_says_what_the_page_says() {
    let loader = include_str!("../../assets/widget.js");
    for language in Language::ALL {
        let words = words(language);
        let said = format!(
            "{}: [\"{}\", \"{}\", \"{}\"]",
            language.code(),
            words.chat,
            words.open_chat,
            words.close_chat
        );
        assert!(loader.contains(&said), "widget.js must hold {said}");
    }
}
