//! Reenact: node.
