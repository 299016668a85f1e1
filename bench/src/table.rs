//! Prints rows as a table that a page can show.

use crate::figures::{Goal, Row, Spread};
use crate::rows::Group;

/// How idle a machine was before a run that deserves trust.
const QUIET: f64 = 0.88;

/// Prints a group.
pub fn print(group: &Group, rows: &[Row]) {
    println!("\n### {}: {}\n", group.name, group.about);
    println!("| what | per second | p50 ms | p99 ms | processor µs | ratio | reach | |");
    println!("|---|---:|---:|---:|---:|---:|---:|---|");
    for row in rows {
        let beside = row.beside.as_ref();
        let beside = beside.and_then(|name| rows.iter().find(|other| other.name == *name));
        let ratio = beside.and_then(|beside| row.ratio(beside));
        let reach = match row.goal {
            Goal::None => String::new(),
            Goal::Ratio(reach) => format!("{reach:.2}"),
            Goal::AtMost(figure, most) => format!("{figure} ≤ {most}"),
        };
        let reached = match row.reached(ratio) {
            None => "",
            Some(true) => "reached",
            Some(false) => "not reached",
        };
        println!(
            "| {} | {} | {} | {} | {} | {} | {reach} | {reached} |",
            row.name,
            cell(row.spread("per_s"), 0),
            cell(row.spread("p50_ms"), 2),
            cell(row.spread("p99_ms"), 2),
            cell(row.spread("cpu_us"), 0),
            cell(ratio, 2),
        );
    }
    for row in rows {
        print_more(row);
    }
    for note in group.notes {
        println!("\nNote: {note}");
    }
}

/// What has no column.
fn print_more(row: &Row) {
    let shown = ["per_s", "p50_ms", "p99_ms", "cpu_us"];
    let mut names: Vec<&str> = row.rounds.iter().flat_map(|it| it.of.keys().copied()).collect();
    names.sort_unstable();
    names.dedup();
    let more: Vec<String> = names
        .into_iter()
        .filter(|name| !shown.contains(name))
        .map(|name| format!("{name} {}", cell(row.spread(name), 1)))
        .collect();
    if !more.is_empty() {
        println!("\n{}: {}", row.name, more.join(", "));
    }
    for note in row.notes() {
        println!("\n{}: {note}", row.name);
    }
    if row.faults() > 0 {
        println!("\n**{}: {} failed, lost, doubled or out of order**", row.name, row.faults());
    }
    let noisy = row.rounds.iter().filter(|round| round.idle_before < QUIET).count();
    if noisy > 0 {
        println!("\n{}: {noisy} of {} runs began on a busy machine", row.name, row.rounds.len());
    }
}

fn cell(spread: Option<Spread>, digits: usize) -> String {
    match spread {
        None => String::new(),
        Some(Spread { median, lowest, highest }) if lowest == highest => {
            format!("{median:.digits$}")
        }
        Some(Spread { median, lowest, highest }) => {
            format!("{median:.digits$} ({lowest:.digits$} to {highest:.digits$})")
        }
    }
}
