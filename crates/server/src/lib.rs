//! The program: command line, configuration, HTTP, drivers, bus and pages. It decides nothing about sessions.

pub mod activity;
pub mod alerts;
pub mod api;
pub mod app;
pub mod auth;
pub mod bots;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod desks;
pub mod doctor;
pub mod drivers;
pub mod files;
pub mod first_run;
pub mod http;
pub mod metered;
pub mod nodes;
pub mod render;
pub mod settings;
pub mod staff;
pub mod start;
pub mod story;
pub mod vault;
pub mod web;
