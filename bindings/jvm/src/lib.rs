//! Reenact: jvm.
