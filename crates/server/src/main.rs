//! `handover`: the command line.

use clap::{Parser, Subcommand};
use handover::cli;
use handover::cli::adapter::{Kind, Recording};
use handover::cli::deliveries::What;
use handover::cli::moving::Way;
use handover::cli::server::Where;
use handover::config::{Given, Presets};
use std::path::PathBuf;
use std::process::ExitCode;

/// A message is many small allocations: with this allocator a relayed one costs about a fifth less of the processor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lets people who talk to a chatbot reach a human and come back.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(clap::Args, Clone)]
struct ServeArguments {
    /// Where to listen: an address and a port [default: 127.0.0.1:8080]
    #[arg(long, env = "HANDOVER_LISTEN")]
    listen: Option<String>,
    /// The folder that holds everything [default: data]
    #[arg(long, env = "HANDOVER_DATA")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that several nodes share [default: a file in the data folder, for one]
    #[arg(long, env = "HANDOVER_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// A NATS server that carries hints between nodes [default: the database does]
    #[arg(long, env = "HANDOVER_BUS", hide_env_values = true, value_name = "URL")]
    bus: Option<String>,
    /// A NATS server with JetStream, to which all that happens is published [default: nothing is]
    #[arg(long, env = "HANDOVER_EVENTS", hide_env_values = true, value_name = "URL")]
    events: Option<String>,
    /// The file with the key that seals secrets: the same on all nodes [default: key in the data folder]
    #[arg(long, env = "HANDOVER_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Where this program is reached from outside [default: http:// and the address it listens on]
    #[arg(long, env = "HANDOVER_PUBLIC_URL")]
    public_url: Option<String>,
    /// A TOML file with the same settings
    #[arg(long, env = "HANDOVER_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (this is also what happens without a command)
    Serve(ServeArguments),
    /// Look at configuration and data folder, say what is wrong, change nothing
    Check(ServeArguments),
    /// Test the loop: a contact that is not there goes round the desks of a running server
    Doctor(DoctorArguments),
    /// See what a running server gave up or has still to bring; repeat or skip it
    #[command(subcommand)]
    Deliveries(DeliveriesCommand),
    /// Copy everything from here to another place: a data folder, or a PostgreSQL database
    ///
    /// Without --finish Handover may go on running here: what there is now is brought ahead, and may be brought ahead as often as
    /// you like. Then stop Handover and run it once more with --finish: what has changed since is brought over, both places
    /// are counted and compared, and the new one is ready to be started. A run that is cut short goes on where it stopped.
    Export(ExportArguments),
    /// Copy everything from another place to here; the same as export, the other way round
    ///
    /// Without --finish Handover may go on running there, but never here. See handover export --help.
    Import(ImportArguments),
    /// Start again from a place that was moved away from, or that holds a copy
    Reopen(PlaceArguments),
    /// Work with bots
    #[command(subcommand)]
    Bot(BotCommand),
    /// Work with adapters
    #[command(subcommand)]
    Adapter(AdapterCommand),
}

/// Where this Handover keeps everything.
#[derive(clap::Args)]
struct PlaceArguments {
    /// The folder that holds everything [default: data]
    #[arg(long, env = "HANDOVER_DATA")]
    data: Option<PathBuf>,
    /// The PostgreSQL database that holds everything [default: a file in the data folder]
    #[arg(long, env = "HANDOVER_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// The file with the key that seals secrets [default: key in the data folder]
    #[arg(long, env = "HANDOVER_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// A TOML file with the same settings
    #[arg(long, env = "HANDOVER_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(clap::Args)]
struct ExportArguments {
    /// Where to: a data folder, or postgres://user:password@host/database
    #[arg(long, env = "HANDOVER_TO", hide_env_values = true, value_name = "PLACE")]
    to: String,
    #[command(flatten)]
    pass: PassArguments,
    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(clap::Args)]
struct ImportArguments {
    /// Where from: a data folder, or postgres://user:password@host/database
    #[arg(long, env = "HANDOVER_FROM", hide_env_values = true, value_name = "PLACE")]
    from: String,
    #[command(flatten)]
    pass: PassArguments,
    #[command(flatten)]
    place: PlaceArguments,
}

#[derive(clap::Args)]
struct PassArguments {
    /// The last pass: nothing runs on either place any more. The old one is closed, the new one is opened
    #[arg(long)]
    finish: bool,
    /// Read and compare again what earlier passes have brought over, too
    #[arg(long)]
    compare: bool,
}

#[derive(clap::Args)]
struct DoctorArguments {
    /// The desk to test [default: all]
    #[arg(long)]
    desk: Option<String>,
    #[command(flatten)]
    server: ServerArguments,
}

/// A running server.
#[derive(clap::Args)]
struct ServerArguments {
    /// Where the server runs [default: where the configuration lets it listen, http://127.0.0.1:8080]
    #[arg(long)]
    url: Option<String>,
    /// A file that holds the secret of an API channel [default: HANDOVER_API_SECRET]
    #[arg(long)]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Subcommand)]
enum DeliveriesCommand {
    /// List what was given up, the last first; or what waits, the longest first
    List {
        /// dead or pending
        #[arg(long, default_value = "dead")]
        state: String,
        /// Only those of this channel, desk or bot
        #[arg(long)]
        account: Option<String>,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Show a delivery with its tries and their calls
    Show {
        /// The delivery, as the list shows it
        delivery: String,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Try again what was given up
    Repeat {
        /// The deliveries, as the list shows them
        deliveries: Vec<String>,
        /// All that were given up
        #[arg(long)]
        all: bool,
        /// With --all: only those of this channel, desk or bot
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Give a delivery up for good; what waits behind it goes on
    Skip {
        /// The delivery, as the list shows it
        delivery: String,
        /// Why: it stays with the delivery
        #[arg(long)]
        note: String,
        #[command(flatten)]
        server: ServerArguments,
    },
}

#[derive(Subcommand)]
enum BotCommand {
    /// Check a bot: a bot.json, a zip, or a folder with bot.json and flows/*.csml
    Validate {
        /// The bot
        bot: PathBuf,
        /// Print what was found as JSON, for editors
        #[arg(long)]
        json: bool,
    },
    /// Talk to a bot in the terminal; /press PAYLOAD presses a button, /quit ends
    Talk {
        /// The bot
        bot: PathBuf,
        /// Metadata of the contact, as a JSON object
        #[arg(long, default_value = "{}")]
        metadata: String,
    },
    /// Play conversations in text files against a bot
    Test {
        /// The stories
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The bot [default: the one in whose folder the stories lie]
        #[arg(long)]
        bot: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum AdapterCommand {
    /// Print as JSON what an adapter reads in a recorded hook, or why it ignores or refuses it
    ///
    /// The file may hold a JSON body, a form, an address with its query (a GET hook), or a whole request as
    /// {"method", "url" or "path", "headers", "body"}. No signature is looked at. Ends with 1 when the hook is
    /// refused, with 2 when it could not be tried.
    Decode {
        /// Who reads it
        kind: Kind,
        /// The kind of desk or channel, such as chatwoot
        vendor: String,
        /// The recorded hook; - is standard input
        file: PathBuf,
        /// What stood after the ? of the address
        #[arg(long)]
        query: Option<String>,
        /// A header that came along
        #[arg(long = "header", value_name = "NAME: VALUE")]
        headers: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        None => cli::serve::run(given(arguments.serve)),
        Some(Command::Serve(serve)) => cli::serve::run(given(serve)),
        Some(Command::Check(serve)) => cli::check::run(given(serve)),
        Some(Command::Doctor(DoctorArguments { desk, server })) => {
            cli::doctor::run(cli::doctor::Asked { desk, server: place(server) })
        }
        Some(Command::Deliveries(command)) => deliveries(command),
        Some(Command::Export(ExportArguments { to, pass, place })) => {
            let PassArguments { finish, compare } = pass;
            cli::moving::run(at(place), Way::Export { to }, finish, compare)
        }
        Some(Command::Import(ImportArguments { from, pass, place })) => {
            let PassArguments { finish, compare } = pass;
            cli::moving::run(at(place), Way::Import { from }, finish, compare)
        }
        Some(Command::Reopen(place)) => cli::moving::reopen(at(place)),
        Some(Command::Bot(BotCommand::Validate { bot, json })) => cli::bot::validate(&bot, json),
        Some(Command::Bot(BotCommand::Test { files, bot })) => {
            cli::bot::test(&files, bot.as_deref())
        }
        Some(Command::Bot(BotCommand::Talk { bot, metadata })) => cli::bot::talk(&bot, &metadata),
        Some(Command::Adapter(AdapterCommand::Decode { kind, vendor, file, query, headers })) => {
            cli::adapter::decode(&Recording { kind, vendor, file, query, headers })
        }
    }
}

fn deliveries(command: DeliveriesCommand) -> ExitCode {
    let (server, what) = match command {
        DeliveriesCommand::List { state, account, limit, server } => {
            (server, What::List { state, account, limit })
        }
        DeliveriesCommand::Show { delivery, server } => (server, What::Show { delivery }),
        DeliveriesCommand::Repeat { deliveries, all, account, server } => {
            (server, What::Repeat { deliveries, all, account })
        }
        DeliveriesCommand::Skip { delivery, note, server } => {
            (server, What::Skip { delivery, note })
        }
    };
    cli::deliveries::run(place(server), what)
}

fn place(server: ServerArguments) -> Where {
    let ServerArguments { url, secret_file, serve } = server;
    Where { url, secret_file, given: given(serve) }
}

fn at(place: PlaceArguments) -> Given {
    let PlaceArguments { data, database, key_file, config } = place;
    Given { data, database, key_file, file: config, ..Given::default() }
}

/// Secrets come by the environment only: a flag would show in the list of processes.
fn given(serve: ServeArguments) -> Given {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    Given {
        listen: serve.listen,
        data: serve.data,
        database: serve.database,
        bus: serve.bus,
        events: serve.events,
        key_file: serve.key_file,
        public_url: serve.public_url,
        file: serve.config,
        presets: Presets {
            admin_password: variable("HANDOVER_ADMIN_PASSWORD"),
            api_key: variable("HANDOVER_API_KEY"),
            api_secret: variable("HANDOVER_API_SECRET"),
        },
    }
}
