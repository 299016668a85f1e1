//! A believable Gorgias.
