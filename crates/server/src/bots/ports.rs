//! What a running bot may ask of the world.
