//! A private PostgreSQL for tests: from the machine's own programs, in a folder of its own, on a socket in that folder.
//!
//! A shell beside the test starts it, and stops it and removes the folder when the test's process is gone, however it went:
//! the shell reads what the test writes to it, and meets the end of that.

use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// Makes the folder and the server in it, then does what it is told, a word a line, until nobody tells it any more.
const SHELL: &str = r#"
trap '' INT TERM HUP
bin=$1 settings=$2 address=$3
dir=$(mktemp -d -t handover-pg.XXXXXX) || exit 1
start() { "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -s -o "-k '$dir' -c listen_addresses=$address -c port=5432 $settings" start; }
{ "$bin/initdb" -D "$dir/data" -U handover -A trust -E UTF8 --locale=C -N &&
  { [ -z "$address" ] || echo 'host all all samenet trust' >>"$dir/data/pg_hba.conf"; } && start; } >"$dir/said" 2>&1 </dev/null ||
  { cat "$dir/said" "$dir/log" | tail -n 20 | tr '\n' ' '; rm -rf "$dir"; exit 1; }
echo "ready $dir"
while read -r word; do
  case $word in
    start) start ;;
    stop) "$bin/pg_ctl" -D "$dir/data" -s -m immediate stop ;;
    kill)
      read -r first <"$dir/data/postmaster.pid"
      # It makes no more of them meanwhile.
      kill -STOP "$first"
      others=$(cat "/proc/$first/task/$first/children")
      kill -9 "$first" $others
      for one in "$first" $others; do while kill -0 "$one" 2>/dev/null; do sleep 0.01; done; done ;;
  esac >>"$dir/said" 2>&1 </dev/null
  echo "done $?"
done
"$bin/pg_ctl" -D "$dir/data" -s -m immediate stop >/dev/null 2>&1
rm -rf "$dir"
"#;

/// Nothing has to outlive the machine, so nothing is flushed.
const UNFLUSHED: &str = "-c fsync=off -c full_page_writes=off";

/// The same for all.
const SETTINGS: &str = "-c max_connections=300 -c shared_buffers=64MB -c autovacuum_naptime=10s";

/// A server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    shell: Child,
    /// What the shell is told, until it is told no more, and what it says.
    talk: Mutex<(Option<ChildStdin>, BufReader<ChildStdout>)>,
    /// Where it listens besides.
    address: Option<Ipv4Addr>,
    databases: AtomicU32,
}

impl Server {
    /// Starts one that does not wait for the disk.
    ///
    /// # Panics
    /// When there are no programs of PostgreSQL, or they do not do what they should.
    pub fn start() -> Self {
        Self::start_with(UNFLUSHED, None)
    }

    /// Starts one that waits for the disk, as a real one does.
    ///
    /// # Panics
    /// When there are no programs of PostgreSQL, or they do not do what they should.
    pub fn start_durable() -> Self {
        Self::start_with("-c fsync=on", None)
    }

    /// Starts one that listens on an address of this machine, too, and lets in whoever is in that address's network. Only
    /// for a network that nobody else is in. [`Self::at`] gives the way there.
    ///
    /// # Panics
    /// When there are no programs of PostgreSQL, or they do not do what they should.
    pub fn start_at(address: Ipv4Addr) -> Self {
        Self::start_with(UNFLUSHED, Some(address))
    }

    fn start_with(settings: &str, address: Option<Ipv4Addr>) -> Self {
        let programs = programs();
        let settings = format!("{settings} {SETTINGS}");
        let listens = address.map(|it| it.to_string()).unwrap_or_default();
        let mut shell = shell(&[&programs.display().to_string(), &settings, &listens]);
        let (stdin, stdout) = (shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let folder = line.trim().strip_prefix("ready ");
        let folder = folder.unwrap_or_else(|| panic!("PostgreSQL did not start: {line}")).into();
        let talk = Mutex::new((Some(stdin), stdout));
        Self { folder, programs, shell, talk, address, databases: AtomicU32::new(0) }
    }

    /// Makes an empty database; gives its address.
    ///
    /// # Panics
    /// When the server does not do it.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.address(&name)
    }

    /// The folder that it works in: `data`, its socket, its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a database.
    pub fn address(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://handover@{folder}/{database}")
    }

    /// The way to the same database over the network.
    ///
    /// # Panics
    /// When the server listens on no address.
    pub fn at(&self, database: &str) -> String {
        format!("postgres://handover@{}:5432/{database}?sslmode=disable", self.address.unwrap())
    }

    /// Runs a statement in a database, as an administrator would; gives what it says.
    ///
    /// # Panics
    /// When it fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql).unwrap_or_else(|said| panic!("{sql}: {said}"))
    }

    /// The same of one that may fail.
    ///
    /// # Errors
    /// What it says then.
    ///
    /// # Panics
    /// When it cannot be run at all.
    pub fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let said = Command::new(self.programs.join("psql"))
            .args([
                "-X", "-q", "-A", "-t", "-p", "5432", "-U", "handover", "-d", database, "-c", sql,
                "-h",
            ])
            .arg(&self.folder)
            .output()
            .unwrap();
        if !said.status.success() {
            return Err(String::from_utf8_lossy(&said.stderr).into_owned());
        }
        Ok(String::from_utf8(said.stdout).unwrap().trim().to_owned())
    }

    /// Stops it as a power cut would.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        self.tell("stop");
    }

    /// Kills it, with all its processes (SIGKILL).
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        self.tell("kill");
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        self.tell("start");
    }

    fn tell(&self, word: &str) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, said) = &mut *talk;
        writeln!(told.as_mut().unwrap(), "{word}").unwrap();
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "done 0", "PostgreSQL did not {word}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.talk.get_mut().unwrap_or_else(PoisonError::into_inner).0 = None;
        // It has nothing more to say.
        let _ = self.shell.wait();
    }
}

/// The server that all tests of a program share.
///
/// # Panics
/// When there is none to be had.
pub fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(Server::start);
    &SHARED
}

/// An empty database on the shared server; gives its address.
///
/// # Panics
/// When there is none to be had.
pub fn database() -> String {
    shared().database()
}

/// Drives a future to its end on a runtime that lives as long as the tests, with the connections on it.
///
/// # Panics
/// When the machine has no threads left for one.
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    });
    RUNTIME.block_on(future)
}

/// Where the programs are: beside the `postgres` on the path, or where Debian puts them, the newest first.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|found| found.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.extend(versions);
    let whole = |folder: &&PathBuf| {
        ["postgres", "initdb", "pg_ctl", "psql"].iter().all(|it| folder.join(it).is_file())
    };
    folders.iter().find(whole).cloned().unwrap_or_else(|| {
        panic!("these tests need PostgreSQL's programs: install the package postgresql, or run ./test, which does")
    })
}

fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name);
    name.and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).unwrap_or(0)
}

/// PostgreSQL does not run for the administrator, so it runs for the user that Debian made for it.
fn shell(arguments: &[&str]) -> Child {
    let id = Command::new("id").arg("-u").output().unwrap();
    let mut command = if id.stdout.trim_ascii() == b"0" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command
        .args(["-c", SHELL, "sh"])
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
