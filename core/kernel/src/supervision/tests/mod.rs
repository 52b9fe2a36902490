//! Supervisors in small worlds, by topic. What is expected was seen in OTP, unless a test says that it is ours.

mod backoff;
mod bench;
mod commands;
mod dynamic;
mod invariants;
mod restarts;
mod shutdown;
mod significant;
mod specs;
mod starts;
mod trees;
