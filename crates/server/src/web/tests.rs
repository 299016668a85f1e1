//! Pages over the whole program.
