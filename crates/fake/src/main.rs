//! `handover-fake`: a believable help desk to try Handover with.

fn main() {}
