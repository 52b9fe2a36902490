//! Reenact: sim.
