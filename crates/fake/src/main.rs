//! `handover-fake`: a believable help desk to try Handover with.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program prints")]

use clap::{Args, Parser, Subcommand, ValueEnum};
use handover_core::port::clock::Clock;
use handover_core::time::Timestamp;
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::gorgias::Gorgias;
use handover_fake::server::{Desk, serve};
use handover_fake::vendor::{HookMood, Vendor};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// A believable help desk to try Handover with. It keeps everything in memory.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    desk: Which,
}

#[derive(Subcommand)]
enum Which {
    /// A Chatwoot
    Chatwoot {
        #[command(flatten)]
        common: Common,
        /// Which release it is, from 2.0 on
        #[arg(long, default_value = "4.15.1")]
        version: Version,
        /// Let the token see a second account
        #[arg(long)]
        two_accounts: bool,
        /// Attach an active agent bot to every inbox: conversations begin as pending
        #[arg(long)]
        agent_bot: bool,
    },
    /// A Gorgias
    Gorgias {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Common {
    /// Where to listen: an address and a port
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: String,
    /// Where Handover reaches it [default: http:// and the address it listens on]
    #[arg(long)]
    url: Option<String>,
    /// What becomes of its hooks
    #[arg(long, value_enum, default_value = "prompt")]
    hooks: Hooks,
}

#[derive(Clone, Copy, ValueEnum)]
enum Hooks {
    /// They go out once, in order
    Prompt,
    /// Each goes out twice
    Twice,
    /// They are held back until you let them go on the page
    Late,
    /// What waits goes out in the wrong order
    OutOfOrder,
    /// They are lost
    Lost,
}

impl From<Hooks> for HookMood {
    fn from(hooks: Hooks) -> Self {
        match hooks {
            Hooks::Prompt => Self::Prompt,
            Hooks::Twice => Self::Twice,
            Hooks::Late => Self::Late,
            Hooks::OutOfOrder => Self::OutOfOrder,
            Hooks::Lost => Self::Lost,
        }
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let (Which::Chatwoot { common, .. } | Which::Gorgias { common }) = &arguments.desk;
    let listener = TcpListener::bind(&common.listen)
        .await
        .map_err(|error| format!("--listen {}: {error}", common.listen))?;
    let at = listener.local_addr().map_err(|error| error.to_string())?;
    let base = common.url.clone().unwrap_or_else(|| format!("http://{at}"));
    let hooks = common.hooks.into();
    let vendor: Arc<dyn Vendor> = match arguments.desk {
        Which::Chatwoot { version, two_accounts, agent_bot, .. } => {
            Arc::new(chatwoot(&base, version, two_accounts, agent_bot))
        }
        Which::Gorgias { .. } => Arc::new(Gorgias::new(Arc::new(SystemClock))),
    };
    let desk = Desk::new(vendor, &base, hooks);
    tell(&desk, &base);
    serve(Arc::new(desk), listener).await
}

fn chatwoot(base: &str, version: Version, two_accounts: bool, agent_bot: bool) -> Chatwoot {
    let mut chatwoot = Chatwoot::new(Arc::new(SystemClock), version).at(base);
    if two_accounts {
        chatwoot = chatwoot.with_two_accounts();
    }
    if agent_bot {
        chatwoot = chatwoot.with_agent_bot();
    }
    chatwoot
}

fn tell(desk: &Desk, base: &str) {
    println!("The agents' page: {base}/");
    println!("Type this into Handover's settings:");
    for (what, value) in desk.connecting() {
        println!("  {what}: {value}");
    }
    println!(
        "Handover must be allowed to call this machine: `allow_private_networks = true` in its configuration file."
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
        let given = ["handover-fake", "chatwoot", "--version", "2.18", "--hooks", "out-of-order"];
        let Which::Chatwoot { common, version, .. } = Arguments::parse_from(given).desk else {
            panic!("another desk");
        };
        assert_eq!(version, Version::V2);
        assert_eq!(HookMood::from(common.hooks), HookMood::OutOfOrder);
        assert!(
            Arguments::try_parse_from(["handover-fake", "chatwoot", "--version", "1.0"]).is_err()
        );
    }
}
