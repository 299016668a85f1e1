//! The Store port.
