//! What processes use, as the system tells.

use std::path::Path;

/// Clock ticks of the system's accounts in a second: the same on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// The processor's time that a process has used so far, in seconds.
pub fn cpu_s(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name before may hold spaces.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let field = |n: usize| rest.split(' ').nth(n).and_then(|it| it.parse::<f64>().ok());
    (field(11).unwrap_or(0.0) + field(12).unwrap_or(0.0)) / TICKS_PER_S
}

/// The same of all processes that work in a folder: a database's.
pub fn cpu_s_in(folder: &Path) -> f64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|it| std::fs::read_link(it.path().join("cwd")).is_ok_and(|cwd| cwd == folder))
        .filter_map(|it| it.file_name().to_str()?.parse().ok())
        .map(cpu_s)
        .sum()
}

/// Resident memory of a process, in kilobytes.
pub fn resident_kb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0.0)
}

/// How much of the machine's processors was idle between two readings of [`busy_and_idle`].
pub fn idle_share(before: (f64, f64), after: (f64, f64)) -> f64 {
    let (busy, idle) = (after.0 - before.0, after.1 - before.1);
    if busy + idle > 0.0 { idle / (busy + idle) } else { 1.0 }
}

/// Ticks in which the machine's processors did something, and in which they did not.
pub fn busy_and_idle() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|it| it.parse().ok())
        .collect();
    let idle = ticks.get(3).unwrap_or(&0.0) + ticks.get(4).unwrap_or(&0.0);
    (ticks.iter().take(8).sum::<f64>() - idle, idle)
}
