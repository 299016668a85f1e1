//! Components: the native ones, and those a bot defines.

mod custom;
mod native;

pub(crate) use custom::{Custom, call as custom};
pub(crate) use native::{NAMES, Native, call as native};
