//! Reenact: c.
