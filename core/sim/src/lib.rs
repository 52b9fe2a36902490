//! What the core runs on under simulation: a disk that loses, tears and refuses as a seed decides.
//!
//! | room | what it holds |
//! | --- | --- |
//! | `seed` | numbers that a seed decides |
//! | `runs` | which seeds a test runs, as the environment chooses |
//! | `disk` | files in memory, what of them is durable, and what a cut of the power leaves |
//! | `vfs` | the disk as a file system of SQLite's; the one room of the core with unsafe code (docs/adr/0004-simulated-disk.md) |
//! | `workload` | records that a seed decides |
//! | `checker` | what was acknowledged, and whether a store still holds it |
#![deny(unsafe_code)]

pub mod checker;
pub mod disk;
pub mod runs;
pub mod seed;
pub mod vfs;
pub mod workload;
