//! Reenact: python.
