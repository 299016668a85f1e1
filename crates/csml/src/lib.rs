//! A runtime of the CSML language.
//!
//! A bot is compiled once into a [`Program`], which all of its conversations share. A turn is a function: program,
//! state, event and ports in; messages, new state and what went wrong out.
//!
//! ```
//! use csml::{BotFile, Client, Closed, Event, Limits, Ports, Program, SeededRandom, State, SystemClock, TurnInput};
//!
//! let bot = BotFile::from_json(
//!     r#"{"id": "b", "name": "b", "default_flow": "Default", "flows": [
//!         {"id": "1", "name": "Default", "commands": [], "content": "start:\n  say \"Your name?\"\n  hold\n  say \"Hi {{event}}\""}
//!     ]}"#,
//! )?;
//! let program = Program::compile(&bot)?;
//! let random = SeededRandom::new(1);
//! let ports = Ports { http: &Closed, app: &Closed, smtp: &Closed, clock: &SystemClock, random: &random };
//! let turn = |state: &State, text: &str| {
//!     program.run(TurnInput {
//!         state,
//!         event: &Event::text(text),
//!         metadata: &serde_json::json!({}),
//!         client: &Client::default(),
//!         step_limit: None,
//!         limits: &Limits::default(),
//!         ports,
//!         arrival: None,
//!     })
//! };
//! let asked = turn(&State::new(), "hello")?;
//! assert!(asked.state.is_on_hold());
//! let answered = turn(&asked.state, "Ann")?;
//! assert_eq!(answered.messages[0].content["text"], "Hi Ann");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bot;
mod builtin;
mod check;
mod code;
mod compile;
mod component;
mod lex;
mod limits;
mod method;
mod parse;
mod ports;
mod problem;
mod report;
mod run;
mod state;
mod tree;
mod turn;
mod value;

pub use bot::{BotFile, FlowFile, Module, OtherBot, ReadError};
pub use code::Program;
pub use lex::Pos;
pub use limits::{Limit, Limits};
pub use ports::{
    App, AppCall, AppOverHttp, Clock, Closed, Http, HttpRequest, HttpResponse, Mail, PortError,
    Ports, Random, SeededRandom, Smtp, SystemClock,
};
pub use report::{Diagnostic, Kind, Report};
pub use state::{Place, State};
pub use turn::{
    Client, Event, Failure, LogLevel, LogLine, MemoryChange, Message, Refusal, Switch, TurnError,
    TurnInput, TurnOutput,
};
