//! What adapters share: signatures, markup.
