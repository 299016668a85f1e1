//! Desks and livechat settings in the configuration file: read and checked, each mistake with its line.

mod alerts;

use crate::alerts::Wanted;
use crate::api::livechat::merged;
use crate::config::{ConfigError, line_at};
use crate::settings::{AccountKind, CONSOLE, Livechat, SettingsError, checked, desks};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{FieldKind, Manifest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const ID_CHARS_MAX: usize = 60;
const NAME_CHARS_MAX: usize = 80;

/// What the configuration file says of desks and livechat.
#[derive(Clone, Default)]
pub struct FromFile {
    /// The file.
    pub path: String,
    /// The keys of `[livechat]`, by the names of `PUT /v1/settings/livechat`.
    pub livechat: Map<String, Value>,
    /// The desks of `[desks.<id>]`, their secrets fetched.
    pub desks: Vec<Account>,
    /// The keys of `[alerts]`.
    pub alerts: Wanted,
    /// What works but could be better, a line each.
    pub notes: Vec<String>,
    lines: BTreeMap<String, usize>,
}

impl FromFile {
    /// Reads the tables `livechat` and `desks` of a file. `variable` reads the environment.
    ///
    /// # Errors
    /// Names file, line and fix.
    pub fn read(
        path: &str,
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let document = DeTable::parse(text).map_err(|error| ConfigError::Malformed {
            path: path.to_owned(),
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            problem: error.message().to_owned(),
        })?;
        let file = Self { path: path.to_owned(), ..Self::default() };
        let mut reader = Reader { file, text, variable: &variable };
        for (key, value) in document.get_ref() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("livechat", DeValue::Table(table)) => reader.livechat(table)?,
                ("alerts", DeValue::Table(table)) => reader.alerts(table)?,
                ("desks", DeValue::Table(table)) => {
                    for (id, desk) in table {
                        reader.desk(id.get_ref(), id.span().start, desk)?;
                    }
                }
                _ => {}
            }
        }
        Ok(reader.file)
    }

    /// What is wrong with a key of the file, with its place.
    pub fn wrong(&self, key: &str, problem: &str) -> ConfigError {
        let above = key.rsplit_once('.').map_or(key, |(above, _)| above);
        let line = self.lines.get(key).or_else(|| self.lines.get(above)).copied().unwrap_or(1);
        let problem = format!("{key}: {problem}");
        ConfigError::Malformed { path: self.path.clone(), line, problem }
    }
}

struct Reader<'a> {
    file: FromFile,
    text: &'a str,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

type Table<'a> = DeTable<'a>;

impl Reader<'_> {
    fn seen(&mut self, key: &str, byte: usize) {
        self.file.lines.insert(key.to_owned(), line_at(self.text, byte));
    }

    fn wrong<T>(&self, key: &str, problem: impl AsRef<str>) -> Result<T, ConfigError> {
        Err(self.file.wrong(key, problem.as_ref()))
    }

    /// The mistake that comes first in the file.
    fn first(&self, above: &str, problems: BTreeMap<String, String>) -> ConfigError {
        let place = |name: &String| self.file.lines.get(&format!("{above}.{name}")).copied();
        let first = problems.into_iter().min_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        let (name, problem) = first.unwrap_or_default();
        self.file.wrong(&format!("{above}.{name}"), &problem)
    }

    fn livechat(&mut self, table: &Table<'_>) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = format!("livechat.{}", name.get_ref());
            self.seen(&key, name.span().start);
            let value = match value.get_ref() {
                // The file's way to say that there is none.
                DeValue::String(text) if name.get_ref() == "desk" && text.is_empty() => Value::Null,
                DeValue::String(text) => Value::from(text.as_ref()),
                DeValue::Boolean(flag) => Value::from(*flag),
                DeValue::Integer(number) => {
                    i64::from_str_radix(number.as_str(), number.radix()).ok().into()
                }
                _ => return self.wrong(&key, "A text in quotes or a whole number is needed."),
            };
            self.file.livechat.insert(name.get_ref().clone().into_owned(), value);
        }
        let given = merged(&Livechat::default(), self.file.livechat.clone());
        let problems = match given {
            Ok(livechat) => livechat.wrong_values(),
            Err(problems) => problems,
        };
        if problems.is_empty() { Ok(()) } else { Err(self.first("livechat", problems)) }
    }

    fn desk(
        &mut self,
        id: &str,
        byte: usize,
        desk: &Spanned<DeValue<'_>>,
    ) -> Result<(), ConfigError> {
        let above = format!("desks.{id}");
        self.seen(&above, byte);
        check_id(id).or_else(|problem| self.wrong(&above, problem))?;
        let DeValue::Table(table) = desk.get_ref() else {
            return self.wrong(
                &above,
                format!("A desk is a table: write [desks.{id}] and its settings below."),
            );
        };
        for (name, _) in table {
            self.seen(&format!("{above}.{}", name.get_ref()), name.span().start);
        }
        let manifest = self.vendor(&above, table)?;
        let mut account = Account {
            id: AccountId::new(id),
            vendor: manifest.vendor.into(),
            name: id.to_owned(),
            settings: Map::new(),
        };
        for (name, value) in table {
            let (name, key) = (name.get_ref().as_ref(), format!("{above}.{}", name.get_ref()));
            if name == "vendor" {
                continue;
            }
            let field = manifest.fields.iter().find(|field| field.name == name);
            let value = match (field.map(|field| field.kind), value.get_ref()) {
                (None, DeValue::String(text)) if name == "name" => {
                    account.name = text.trim().chars().take(NAME_CHARS_MAX).collect();
                    continue;
                }
                (None, _) if name == "name" => {
                    return self.wrong(&key, "A text in quotes is needed.");
                }
                (None, _) => {
                    let names: Vec<&str> = manifest.fields.iter().map(|field| field.name).collect();
                    return self.wrong(
                        &key,
                        format!(
                            "There is no such setting in a {} desk. There are: vendor, name, {}.",
                            manifest.title,
                            names.join(", ")
                        ),
                    );
                }
                (Some(FieldKind::Bool), DeValue::Boolean(flag)) => Value::from(*flag),
                (Some(FieldKind::Bool), _) => {
                    return self.wrong(&key, "true or false is needed, without quotes.");
                }
                (Some(kind), DeValue::String(text)) => {
                    if kind == FieldKind::Secret {
                        let note = format!(
                            "{}, line {}: {key} stands in the file itself. It is safer elsewhere: {{ env = \"NAME\" }} or {{ file = \"/run/secrets/name\" }}.",
                            self.file.path,
                            self.file.lines.get(&key).copied().unwrap_or(1)
                        );
                        self.file.notes.push(note);
                    }
                    Value::from(text.as_ref())
                }
                (Some(_), DeValue::Table(source)) => Value::from(self.fetch(&key, source)?),
                (Some(_), _) => {
                    return self.wrong(&key, "A text in quotes is needed, or { env = \"NAME\" }, or { file = \"PATH\" }.");
                }
            };
            account.settings.insert(name.to_owned(), value);
        }
        if account.name.is_empty() {
            account.name = id.to_owned();
        }
        match checked(AccountKind::Desk, account.clone()) {
            Ok(_) => self.file.desks.push(account),
            Err(SettingsError::Fields(problems)) => return Err(self.first(&above, problems)),
            Err(error) => return self.wrong(&above, error.to_string()),
        }
        Ok(())
    }

    fn vendor(&self, above: &str, table: &Table<'_>) -> Result<&'static Manifest, ConfigError> {
        // A desk that reads the transcript itself is part of the program and has nothing to set.
        let known = desks().map(|desk| desk.manifest()).filter(|it| !it.capabilities.pulls);
        let names: Vec<&str> = known.clone().map(|manifest| manifest.vendor).collect();
        let given = table.iter().find(|(name, _)| name.get_ref() == "vendor");
        let given = given.map(|(_, value)| value.get_ref());
        let found =
            given.and_then(|value| known.clone().find(|it| Some(it.vendor) == value.as_str()));
        match (found, given) {
            (Some(manifest), _) => Ok(manifest),
            (None, None) => {
                self.wrong(above, format!("vendor is needed: one of {}.", names.join(", ")))
            }
            (None, Some(_)) => self.wrong(
                &format!("{above}.vendor"),
                format!("It must be one of {}, in quotes.", names.join(", ")),
            ),
        }
    }

    /// A value that stands elsewhere.
    fn fetch(&self, key: &str, source: &Table<'_>) -> Result<String, ConfigError> {
        let mut parts =
            source.iter().map(|(name, value)| (name.get_ref().as_ref(), value.get_ref()));
        let found = match (parts.next(), parts.next()) {
            (Some(("env", DeValue::String(name))), None) => {
                (self.variable)(name).ok_or_else(|| {
                    format!("The environment holds no {name}. Set it before the start.")
                })
            }
            (Some(("file", DeValue::String(path))), None) => std::fs::read_to_string(Path::new(
                path.as_ref(),
            ))
            .map_err(|error| {
                format!(
                    "The file {path} cannot be read: {error}. Make it readable for this program."
                )
            }),
            _ => Err("Write { env = \"NAME\" } or { file = \"PATH\" }.".into()),
        };
        match found {
            Ok(text) if text.trim().is_empty() => self.wrong(key, "What stands there is empty."),
            Ok(text) => Ok(text.trim().to_owned()),
            Err(problem) => self.wrong(key, problem),
        }
    }
}

fn check_id(id: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if id == CONSOLE {
        return Err(
            "The console is part of the program and needs no entry. Give another id.".into()
        );
    }
    if id.is_empty() || id == "new" || id.len() > ID_CHARS_MAX || !id.chars().all(fits) {
        return Err(format!(
            "An id of 1 to {ID_CHARS_MAX} small letters, digits, - or _ is needed, and not \"new\"."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::FromFile;
    use serde_json::json;

    const GOOD: &str = r#"[livechat]
desk = "support"
timeout_s = 1_800

[desks.support]
vendor = "tried"
name = "Support"
base_url = "https://desk.example"
token = { env = "TOKEN" }
"#;

    fn read(text: &str) -> Result<FromFile, String> {
        let variable = |name: &str| match name {
            "TOKEN" => Some("t0ken\n".to_owned()),
            "EMPTY" => Some(" ".to_owned()),
            _ => None,
        };
        FromFile::read("handover.toml", text, variable).map_err(|error| error.to_string())
    }

    #[test]
    fn desks_and_livechat_are_read_and_secrets_fetched() {
        let file = read(GOOD).ok().unwrap();
        assert_eq!(file.livechat["timeout_s"], 1800);
        let desk = &file.desks[0];
        assert_eq!(
            (desk.id.as_str(), desk.vendor.as_str(), desk.name.as_str()),
            ("support", "tried", "Support")
        );
        assert_eq!(desk.text("token"), Some("t0ken"));
        assert!(file.notes.is_empty(), "{:?}", file.notes);
    }

    #[test]
    fn a_secret_may_lie_in_a_file_and_is_better_not_in_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "from a file\n").unwrap();
        let there = format!("{{ file = \"{}\" }}", path.display());
        let file = read(&GOOD.replace("{ env = \"TOKEN\" }", &there)).ok().unwrap();
        assert_eq!(file.desks[0].text("token"), Some("from a file"));
        let file = read(&GOOD.replace("{ env = \"TOKEN\" }", "\"plain\"")).ok().unwrap();
        assert!(file.notes[0].contains("line 9: desks.support.token"), "{:?}", file.notes);
        assert!(!file.notes[0].contains("plain\""), "a note shows no secret");
    }

    #[test]
    fn no_desk_is_said_by_an_empty_text() {
        let file = read("[livechat]\ndesk = \"\"\n").ok().unwrap();
        assert_eq!(file.livechat["desk"], json!(null));
    }

    #[test]
    fn mistakes_are_named_with_file_line_and_fix() {
        for (from, to, line, says) in [
            ("vendor = \"tried\"", "vendor = \"pigeon\"", 6, "chatwoot"),
            ("vendor = \"tried\"", "vendor = \"console\"", 6, "one of"),
            ("vendor = \"tried\"", "", 5, "vendor is needed"),
            ("vendor = \"tried\"", "vendor = 7", 6, "in quotes"),
            ("name = \"Support\"", "colour = \"red\"", 7, "base_url"),
            ("name = \"Support\"", "inbox = \"7\"", 7, "no such setting"),
            ("name = \"Support\"", "name = 7", 7, "in quotes"),
            ("\"https://desk.example\"", "7", 8, "in quotes"),
            ("\"https://desk.example\"", "\"desk.example\"", 8, "https://"),
            ("name = \"Support\"", "ticket = \"never\"", 7, "session, contact"),
            ("{ env = \"TOKEN\" }", "{ env = \"NOTHING\" }", 9, "NOTHING"),
            ("{ env = \"TOKEN\" }", "{ env = \"EMPTY\" }", 9, "empty"),
            ("{ env = \"TOKEN\" }", "{ file = \"/not/there\" }", 9, "/not/there"),
            ("{ env = \"TOKEN\" }", "{ vault = \"x\" }", 9, "env ="),
            ("{ env = \"TOKEN\" }", "{ env = \"TOKEN\", file = \"x\" }", 9, "env ="),
            ("token = { env = \"TOKEN\" }", "", 5, "needed"),
            ("timeout_s = 1_800", "timeout_s = 604800", 3, "168 hours"),
            ("timeout_s = 1_800", "timeout_s = \"1h\"", 3, "168 hours"),
            ("timeout_s = 1_800", "timeout = 60", 3, "timeout_s"),
            ("timeout_s = 1_800", "end_label = \"\"", 3, "end the chat"),
            ("timeout_s = 1_800", "end_label = [1]", 3, "in quotes"),
            ("timeout_s = 1_800", "language = \"sv\"", 3, "Give one of: en, de"),
            ("[desks.support]", "[desks.Support]", 5, "small letters"),
            ("[desks.support]", "[desks.console]", 5, "part of the program"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            let problem = read(&text).err().unwrap_or_else(|| panic!("{to} was taken"));
            assert!(
                problem.starts_with(&format!("handover.toml, line {line}: ")),
                "{to}: {problem}"
            );
            assert!(problem.contains(says), "{to}: {problem}");
        }
    }
}
