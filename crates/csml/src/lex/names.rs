//! Which words may be names.

/// Words that can never be read as a variable, whatever their case.
const NOT_READABLE: &[&str] = &[
    "foreach", "while", "if", "else", "import", "const", "insert", "as", "do", "flow", "step",
    "say", "use", "hold", "goto", "match", "remember", "forget", "break",
];

/// Words that can never be assigned, nor name a step or a function.
const NOT_ASSIGNABLE: &[&str] = &[
    "foreach",
    "while",
    "if",
    "else",
    "import",
    "as",
    "do",
    "event",
    "flow",
    "step",
    "say",
    "use",
    "hold",
    "goto",
    "match",
    "remember",
    "forget",
    "_metadata",
    "_memory",
    "_env",
    "true",
    "false",
    "null",
    "break",
];

/// The longest name, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 255;

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '\\')
}

pub(crate) fn readable(word: &str) -> bool {
    !NOT_READABLE.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

pub(crate) fn assignable(word: &str) -> bool {
    !NOT_ASSIGNABLE.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Names must not read as a number: `1e5`, `inf` and `nan` are none.
pub(crate) fn reads_as_number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}
