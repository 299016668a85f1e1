//! A runtime of the CSML language.
