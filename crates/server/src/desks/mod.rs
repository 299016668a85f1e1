//! What the program knows of desks beside their settings.

pub mod health;
