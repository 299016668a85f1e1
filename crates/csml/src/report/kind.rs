//! The kinds of faults, of bots and of turns.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal,)+) => {
        /// What sort of fault. The names are stable: tools may match on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])+ #[serde(rename = $name)] $kind,)+
        }

        impl Kind {
            /// The stable name, as in JSON.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// The text is not of the grammar.
    Syntax = "syntax",
    /// Too many levels of nesting.
    TooDeep = "too_deep",
    /// More source than a bot may have.
    SourceTooLarge = "source_too_large",
    /// A word of the language as a name.
    ReservedWord = "reserved_word",
    /// A name over 255 bytes.
    NameTooLong = "name_too_long",
    /// A name that reads as a number.
    NumberAsName = "number_as_name",
    /// A number literal over 64 bits or with underscores.
    BadNumber = "bad_number",
    /// Two steps of one name in a flow.
    DuplicateStep = "duplicate_step",
    /// Two functions of one name in a flow.
    DuplicateFunction = "duplicate_function",
    /// Two flows of one name.
    DuplicateFlow = "duplicate_flow",
    /// A call of something that does not exist.
    UnknownFunction = "unknown_function",
    /// A statement that functions may not hold.
    NotAllowedInFunction = "not_allowed_in_function",
    /// `break` or `continue` without a loop.
    OutsideLoop = "outside_loop",
    /// `return` in a step.
    ReturnOutsideFunction = "return_outside_function",
    /// An import of a function that does not exist.
    ImportMissingFunction = "import_missing_function",
    /// An import under a name that is taken.
    ImportNameTaken = "import_name_taken",
    /// An insert of a step that does not exist.
    InsertMissingStep = "insert_missing_step",
    /// An insert under a name that is taken.
    InsertNameTaken = "insert_name_taken",
    /// An assignment to a constant.
    ConstantAssigned = "constant_assigned",
    /// A constant that is no constant expression.
    ConstantExpression = "constant_expression",
    /// A flow with steps but no `start`.
    MissingStart = "missing_start",
    /// `default_flow` names no flow.
    BadDefaultFlow = "bad_default_flow",
    /// A goto to a step that does not exist.
    UnknownStep = "unknown_step",
    /// A goto to a flow that does not exist.
    UnknownFlow = "unknown_flow",
    /// A step that nothing leads to.
    UnreachableStep = "unreachable_step",
    /// Statements that can never run.
    UnreachableStatement = "unreachable_statement",
    /// A step that goes round without waiting for anybody.
    EndlessStep = "endless_step",
    /// A hold that no event leads out of.
    HoldNeverLeft = "hold_never_left",
    /// A command that two flows have.
    DuplicateCommand = "duplicate_command",
    /// `use`, which `do` has replaced.
    DeprecatedUse = "deprecated_use",
    /// `Fn`, which `App` has replaced.
    DeprecatedFn = "deprecated_fn",
    /// `Object`, which braces have replaced.
    DeprecatedObject = "deprecated_object",
    /// A custom component that the bot does not define.
    UnknownComponent = "unknown_component",
    /// The word `Component` alone.
    ComponentNamespace = "component_namespace",
    /// A custom component whose definition makes no sense.
    ComponentDefinition = "component_definition",
    /// A custom component whose defaults need each other.
    ComponentCircular = "component_circular",
    /// A name that holds nothing.
    UnknownVariable = "unknown_variable",
    /// A key that an object lacks.
    MissingKey = "missing_key",
    /// An index at or past the end.
    IndexOutOfRange = "index_out_of_range",
    /// An index below zero.
    IndexNegative = "index_negative",
    /// An index that is neither number nor text.
    BadIndexType = "bad_index_type",
    /// A method that the value does not have.
    UnknownMethod = "unknown_method",
    /// Arguments that a method or built-in function does not take.
    WrongArguments = "wrong_arguments",
    /// More arguments than a component takes.
    TooManyArguments = "too_many_arguments",
    /// Fewer arguments than a function takes.
    MissingArguments = "missing_arguments",
    /// A component without a parameter it needs.
    MissingParameter = "missing_parameter",
    /// A component's parameter of the wrong type.
    WrongParameterType = "wrong_parameter_type",
    /// An operation between values it does not fit.
    IllegalOperation = "illegal_operation",
    /// A number over 64 bits.
    Overflow = "overflow",
    /// A division by zero.
    DivisionByZero = "division_by_zero",
    /// A loop over something that is no list or text.
    NotIterable = "not_iterable",
    /// A goto whose place is no text.
    GotoNotText = "goto_not_text",
    /// A goto to a step that does not exist, met in a turn.
    MissingStep = "missing_step",
    /// A goto to a flow that does not exist, met in a turn.
    MissingFlow = "missing_flow",
    /// A goto to a bot that this one may not reach.
    UnknownBot = "unknown_bot",
    /// More steps in a turn than allowed.
    StepLimit = "step_limit",
    /// A message too long to send.
    MessageTooLong = "message_too_long",
    /// A constant's inside changed.
    ConstantChanged = "constant_changed",
    /// A secret that would have been shown.
    SecureShown = "secure_shown",
    /// A secret that would have been stored.
    SecureStored = "secure_stored",
    /// An empty list where an element is needed.
    EmptyArray = "empty_array",
    /// A text that is no number.
    NotNumeric = "not_numeric",
    /// A slice beyond the ends.
    SliceOutOfRange = "slice_out_of_range",
    /// A slice that ends before it starts.
    SliceReversed = "slice_reversed",
    /// A broken pattern.
    BadPattern = "bad_pattern",
    /// A broken pattern or a wrong argument beside it.
    BadPatternOrArgument = "bad_pattern_or_argument",
    /// Broken JSON.
    BadJson = "bad_json",
    /// Broken YAML.
    BadYaml = "bad_yaml",
    /// Bytes that are no text.
    BadUtf8 = "bad_utf8",
    /// A value that has no such form.
    NotConvertible = "not_convertible",
    /// A date that cannot be read or printed.
    BadDate = "bad_date",
    /// A time zone that does not exist.
    BadTimezone = "bad_timezone",
    /// A hash or signature that is not offered.
    UnknownAlgorithm = "unknown_algorithm",
    /// An encoding that is not offered.
    UnknownEncoding = "unknown_encoding",
    /// Encoded text that cannot be decoded.
    BadEncoding = "bad_encoding",
    /// A token that does not hold.
    JwtRefused = "jwt_refused",
    /// A request that failed.
    HttpFailed = "http_failed",
    /// An app call that failed.
    AppFailed = "app_failed",
    /// A mail without what it needs.
    SmtpIncomplete = "smtp_incomplete",
    /// A mail that was not sent.
    SmtpFailed = "smtp_failed",
    /// A limit that ended the turn.
    Limit = "limit",
}
