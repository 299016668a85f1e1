//! Every case does what it counts, also where there is no valgrind.

use std::process::Command;

#[test]
fn every_case_runs() {
    for name in [
        "decide",
        "chat_decode",
        "answer_json",
        "render",
        "csml_turn",
        "commit_alone",
        "commit_64",
        "lease_settle",
    ] {
        let counts = env!("CARGO_BIN_EXE_counts");
        let ran = Command::new(counts).arg(format!("--run={name}=3")).output().unwrap();
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stdout));
    }
}
