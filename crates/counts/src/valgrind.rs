//! Counting with valgrind: the instructions of the whole program, all its threads and libraries.

use crate::Failed;
use crate::cases::Case;
use std::process::Command;

/// The C library picks how it copies by the processor; so that two processors count alike, it may not.
const ONE_WAY: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX,-ERMS,-FSRM,-RTM";

/// Instructions of one time of a case.
///
/// # Errors
/// When valgrind is not there, or the case fails.
pub(crate) fn count(case: &Case) -> Result<u64, Failed> {
    let (few, many) = case.times;
    let more = total(case, many)?.saturating_sub(total(case, few)?);
    Ok(more / u64::from(many - few).max(1))
}

fn total(case: &Case, times: u32) -> Result<u64, Failed> {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .arg(format!("--run={}={times}", case.name))
        .env("GLIBC_TUNABLES", ONE_WAY)
        .output()
        .map_err(|error| format!("valgrind could not be started: {error}. Install valgrind"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    if !ran.status.success() {
        let why = String::from_utf8_lossy(&ran.stdout);
        return Err(format!("{}: {why}{said}", case.name).into());
    }
    collected(&said).ok_or_else(|| format!("valgrind has not told a count: {said}").into())
}

/// Of `==7== Collected : 12345`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_count_is_read() {
        let said = "==7== \n==7== Events    : Ir\n==7== Collected : 12345\n==7== \n";
        assert_eq!(collected(said), Some(12345));
        assert_eq!(collected("==7== Process terminating"), None);
    }
}
