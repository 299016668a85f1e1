//! Moving from SQLite to PostgreSQL and back with the real program: under load, cut off at any moment, and where it must be
//! refused (promises B, C, D, F).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::time::Timestamp;
use handover_store::conformance::fill::fill;
use handover_store::conformance::server::{block_on, database, shared};
use handover_store::moving::Opening;
use handover_store::sqlite::FilePlace;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::api::{Api, client, press};
use support::chance::Chance;
use support::ledger::Ledger;
use support::load::{Crowd, Load};
use support::program::{Program, free_address, log_of};

/// The program with these arguments and nothing of the environment.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    command.env_clear().args(arguments).stdin(Stdio::null());
    command
}

fn words_of(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// Runs it to its end, which has to be a good one; gives what it said.
fn handover(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    let said = words_of(&output);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// Runs it to its end, which has to be a bad one; gives what it said.
fn refused(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    let said = words_of(&output);
    assert!(!output.status.success(), "{arguments:?}: {said}");
    said
}

/// Lets the program on a folder run on this database, or on the folder's own file.
fn runs_on(folder: &Path, database: Option<&str>) {
    let database = database.map(|url| format!("database = {url:?}\n")).unwrap_or_default();
    let settings = format!("api_requests_per_s = 100000\n{database}");
    std::fs::write(folder.with_extension("toml"), settings).unwrap();
}

/// A system that has run once, and has stopped.
fn new_system(home: &Path, database: Option<&str>) -> (PathBuf, SocketAddr) {
    let (folder, address) = (home.join("data"), free_address());
    runs_on(&folder, database);
    Program::start(&folder, address).stop(Duration::from_secs(10));
    (folder, address)
}

/// Passes while the program runs, then the last one while nothing does. Gives the program on the other place, and how long
/// there was none.
async fn moved(
    program: Program,
    folder: &Path,
    arguments: &[&str],
    to: Option<&str>,
) -> (Program, Duration) {
    let (folder, to) = (folder.to_owned(), to.map(str::to_owned));
    let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
    let moving = tokio::task::spawn_blocking(move || {
        let pass = |more: &[&str]| {
            let mut all: Vec<&str> = arguments.iter().map(String::as_str).collect();
            all.extend(more);
            handover(&all)
        };
        println!("{}{}", pass(&[]), pass(&["--compare"]));
        let (address, began) = (program.address, Instant::now());
        let (status, stopped) = program.stop(Duration::from_secs(10));
        assert!(status.success(), "{status}");
        let last = pass(&["--finish", "--compare"]);
        runs_on(&folder, to.as_deref());
        let finished = began.elapsed();
        let program = Program::start(&folder, address);
        let pause = began.elapsed();
        println!(
            "{last}stopped after {stopped:?}, moved after {finished:?}, up again after {pause:?}"
        );
        (program, pause)
    });
    moving.await.unwrap()
}

async fn upload(address: SocketAddr) -> (String, Vec<u8>) {
    let answer =
        client().get(format!("http://{address}/files/a1b2c3/cat.png")).send().await.unwrap();
    let modified = answer.headers()["last-modified"].to_str().unwrap().to_owned();
    (modified, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_b_c_d_hold_when_a_live_system_moves_there_and_back() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let (folder, address) = new_system(home.path(), None);
    let uploads = folder.join("uploads");
    std::fs::create_dir_all(&uploads).unwrap();
    let picture = std::fs::read("tests/support/picture.png").unwrap();
    let kept =
        serde_json::json!({ "name": "cat.png", "mime": "image/png", "size_bytes": picture.len() });
    std::fs::write(uploads.join("a1b2c3.json"), kept.to_string()).unwrap();
    std::fs::write(uploads.join("a1b2c3"), &picture).unwrap();
    let program = Program::start(&folder, address);
    let at_first = upload(address).await;

    let api = Api::new(address);
    let crowd = Crowd::start(Load::new(api.clone()), 3, 3, 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let data = folder.to_str().unwrap();
    let there = ["export", "--data", data, "--to", &database];
    let (program, pause) = moved(program, &folder, &there, Some(&database)).await;
    assert_eq!(upload(address).await, at_first, "the picture in the database");
    std::fs::remove_dir_all(&uploads).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let back = ["import", "--data", data, "--from", &database];
    let (program, pause_back) = moved(program, &folder, &back, None).await;
    assert_eq!(upload(address).await, at_first, "the picture in the folder again");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let counted = crowd.over().await;
    while api.metric("handover_deliveries_pending").await != Some(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.kill();
    let ledger = Ledger::open(&folder).await;
    counted.check(&ledger).await;
    println!("nothing ran for {pause:?} there, {pause_back:?} back; {counted}");
    assert!(counted.total() > 200, "there was hardly any load; the log: {}", log_of(&folder));
    assert!(counted.repeated > 0, "nobody met a pause");
    assert!(pause.max(pause_back) < Duration::from_secs(20), "{pause:?}, {pause_back:?}");
}

/// Killed at any moment, and cut off from the database at any moment: the next run goes on, and in the end all is there once.
#[test]
fn promises_b_c_hold_when_an_export_is_cut_short_again_and_again() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let (folder, address) = new_system(home.path(), None);
    let now = Timestamp::from_ms(jiff::Timestamp::now().as_millisecond());
    {
        let mut place = FilePlace::open(&folder.join("handover.db"), Opening::Target).unwrap();
        block_on(fill(&mut place, 4000, 5, now));
    }
    let data = folder.to_str().unwrap();
    let name = database.rsplit('/').next().unwrap();
    let count = || shared().psql(name, "SELECT count(*) FROM conversations");
    let mut chance = Chance::new(u64::from(std::process::id()));
    let (mut killed, mut cut_off, mut grown) = (0, 0, 0);
    for pass in ["", "--finish"] {
        let enough = killed + 5;
        loop {
            let mut arguments = vec!["export", "--data", data, "--to", &database];
            arguments.extend(Some(pass).filter(|pass| !pass.is_empty()));
            let mut child =
                command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let limit = Duration::from_millis(chance.between(20, 150 * (killed % 5 + 1)));
            let (began, mut ended) = (Instant::now(), None);
            while ended.is_none() && (began.elapsed() < limit || killed >= enough) {
                if chance.between(0, 6) == 0 && cut_off < 20 {
                    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                         WHERE application_name = 'handover moving' AND datname = current_database()";
                    cut_off += shared().psql(name, cut).parse::<u32>().unwrap();
                }
                std::thread::sleep(Duration::from_millis(10));
                ended = child.try_wait().unwrap();
            }
            if ended.is_some() {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", words_of(&output));
                println!("{}", words_of(&output));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            let there = if count_is_there(name) { count().parse::<u32>().unwrap() } else { 0 };
            assert!(there >= grown, "what was there stays: {there} after {grown}");
            grown = there;
        }
    }
    println!("killed {killed} times, cut off {cut_off} times");
    assert!(killed >= 3 && cut_off >= 1, "it was hardly ever cut short");
    for (table, all) in
        [("conversations", 4000), ("entries", 20_000), ("deliveries", 20_000), ("inbox", 20_000)]
    {
        let there = shared().psql(name, &format!("SELECT count(*) FROM {table}"));
        assert_eq!(there, all.to_string(), "{table}");
    }
    runs_on(&folder, Some(&database));
    Program::start(&folder, address).stop(Duration::from_secs(10));
}

fn count_is_there(name: &str) -> bool {
    shared().psql(name, "SELECT to_regclass('conversations') IS NOT NULL") == "t"
}

/// Promise F, and what an operator may get wrong. No password is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_go_together_is_refused_in_words() {
    let home = tempfile::tempdir().unwrap();
    let (folder, address) = new_system(home.path(), None);
    let data = folder.to_str().unwrap();
    let secret = |url: &str| url.replacen("handover@", "handover:hush@", 1);
    let export = |to: &str, more: &[&str]| {
        let mut all = vec!["export", "--data", data, "--to", to];
        all.extend(more);
        let said = refused(&all);
        assert!(!said.contains("hush"), "{said}");
        said
    };
    // Another system's data, running or not.
    let another = secret(&database());
    std::fs::create_dir(home.path().join("other")).unwrap();
    let (other, _) = new_system(&home.path().join("other"), Some(&another));
    for more in [&[][..], &["--finish"]] {
        let said = export(&another, more);
        assert!(said.contains("another system's data"), "{said}");
    }
    let said = export(data, &[]);
    assert!(said.contains("into itself"), "{said}");
    let said = export(other.to_str().unwrap(), &["--key-file", "/no/such/key"]);
    assert!(said.contains("--key-file"), "{said}");
    let said = export(&secret(&database()), &["--key-file", other.join("key").to_str().unwrap()]);
    assert!(said.contains("another key") && said.contains("--key-file"), "{said}");
    let said = refused(&["import", "--from", "/no/such/place", "--data", data]);
    assert!(said.contains("/no/such/place"), "{said}");
    let said = refused(&["import", "--from", &secret(&database()), "--data", data]);
    assert!(said.contains("nothing to be moved") && !said.contains("hush"), "{said}");

    // The last pass needs the source stopped; the others do not. Nothing starts on what is only filled in part.
    let program = Program::start(&folder, address);
    Api::new(address).chat("ada", "1", press("ABOUT_ME")).await;
    let url = secret(&database());
    let said = export(&url, &["--finish"]);
    assert!(said.contains("another handover is running") && said.contains("--finish"), "{said}");
    let first = handover(&["export", "--data", data, "--to", &url]);
    assert!(first.contains("1 conversations") && first.contains("--finish"), "{first}");
    let node = home.path().join("node");
    runs_on(&node, Some(&url));
    std::fs::create_dir(&node).unwrap();
    let on_database = || words_of(&Program::run_to_end(&node, free_address()));
    let words = on_database();
    assert!(words.contains("is being filled") && words.contains("--finish"), "{words}");
    program.stop(Duration::from_secs(10));

    // Once it is moved the source does not start, nor is it moved again over what has gone on.
    handover(&["export", "--data", data, "--to", &url, "--finish"]);
    let words = words_of(&Program::run_to_end(&folder, address));
    assert!(
        words.contains("was moved to") && words.contains("reopen") && !words.contains("hush"),
        "{words}"
    );
    let checked = refused(&["check", "--data", data, "--listen", "127.0.0.1:0"]);
    assert!(checked.contains("was moved to"), "{checked}");
    let again = export(&url, &["--finish"]);
    assert!(again.contains("open"), "{again}");
    let words = on_database();
    assert!(words.contains("--key-file"), "the key went nowhere by itself: {words}");

    // A running node keeps its database from being closed, and is not disturbed by the attempt.
    runs_on(&folder, Some(&url));
    let program = Program::start(&folder, address);
    let import = ["import", "--from", &url, "--data", data];
    handover(&import);
    let words = refused(&[&import[..], &["--finish"]].concat());
    assert!(words.contains("still runs") && !words.contains("hush"), "{words}");
    Api::new(address).chat("ada", "2", press("ABOUT_ME")).await;
    program.stop(Duration::from_secs(10));

    // Going back, and then not going back after all.
    handover(&[&import[..], &["--finish"]].concat());
    let words = words_of(&Program::run_to_end(&folder, address));
    assert!(words.contains("was moved to"), "{words}");
    let reopened = handover(&["reopen", "--database", &url]);
    assert!(reopened.contains("is open") && !reopened.contains("hush"), "{reopened}");
    Program::start(&folder, address).stop(Duration::from_secs(10));
}

/// A data folder does as a copy to keep: with its key, and once it is opened it runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_database_is_copied_into_a_folder_that_can_be_used() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let (folder, address) = new_system(home.path(), Some(&database));
    let program = Program::start(&folder, address);
    let api = Api::new(address);
    api.chat("ada", "1", press("ABOUT_ME")).await;
    let copy = home.path().join("copy");
    let (data, to) = (folder.to_str().unwrap(), copy.to_str().unwrap());
    let export = ["export", "--database", &database, "--data", data, "--to", to];
    handover(&export);
    api.chat("bob", "1", press("ABOUT_ME")).await;
    assert!(handover(&export).contains("2 conversations"), "what came since");
    drop(program);
    assert!(!Program::run_to_end(&copy, address).status.success(), "it is a copy");
    handover(&["reopen", "--data", to]);
    let _program = Program::start(&copy, address);
    // Promise C: the copy knows what came in.
    let (answer, _) = api.chat("ada", "1", press("ABOUT_ME")).await;
    assert!(answer["messages"].is_array(), "{answer}");
    assert_eq!(api.metric("handover_conversations").await, Some(2));
}
