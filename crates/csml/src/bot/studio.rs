//! The widgets that the Studio offers beside the native components. Bots call them without `Component.`; the engine
//! gets their definitions from the Studio.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::BotFile;

/// Name, and the parameters in order: name, type, whether it is required.
type Widget = (&'static str, &'static [(&'static str, &'static str, bool)]);

const CHOICE: &[(&str, &str, bool)] = &[
    ("options", "Array", true),
    ("title", "String", false),
    ("description", "String", false),
    ("selected", "String", false),
    ("placeholder", "String", false),
    ("submit_label", "String", false),
];

const CHOICES: &[(&str, &str, bool)] = &[
    ("options", "Array", true),
    ("title", "String", false),
    ("description", "String", false),
    ("min", "Number", false),
    ("submit_label", "String", false),
];

const WIDGETS: &[Widget] = &[
    ("Payload", &[("payload", "String", true)]),
    ("QuickReply", &[("title", "String", false), ("buttons", "Array", true)]),
    ("Radio", CHOICE),
    ("Dropdown", CHOICE),
    ("Multiselect", CHOICES),
    ("Checkbox", CHOICES),
    (
        "Input",
        &[
            ("type", "String", false),
            ("title", "String", false),
            ("description", "String", false),
            ("minlength", "Number", false),
            ("maxlength", "Number", false),
            ("min", "Number", false),
            ("max", "Number", false),
            ("required", "Bool", false),
            ("placeholder", "String", false),
            ("default_value", "String", false),
            ("submit_label", "String", false),
        ],
    ),
    (
        "Calendar",
        &[("min_date", "Any", false), ("max_date", "Any", false), ("input_mode", "String", false)],
    ),
    ("LaTeX", &[("text", "String", true), ("tts", "String", false)]),
];

impl BotFile {
    /// Adds the Studio's widgets, as far as the bot does not define them itself. Their messages have the widget's name
    /// in lower case as type and the arguments as content.
    pub fn with_studio_components(mut self) -> Self {
        let own = self.native_components.get_or_insert_with(BTreeMap::new);
        for (name, parameters) in WIDGETS {
            own.entry((*name).to_owned()).or_insert_with(|| definition(parameters));
        }
        self
    }
}

fn definition(parameters: &[(&str, &str, bool)]) -> Json {
    let one = |(name, wanted, required): &(&str, &str, bool)| json!({ *name: { "type": wanted, "required": required } });
    json!({ "params": parameters.iter().map(one).collect::<Vec<_>>() })
}
