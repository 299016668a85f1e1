//! A vendor as a real HTTP server, with a small page for its agents.
