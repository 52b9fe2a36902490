//! Drivers: who calls the machine's steps, and when.
//!
//! | driver | who does the work | time |
//! | --- | --- | --- |
//! | `threads` | three threads of the engine's own, and callers that lead | passes by itself |
//! | `caller` | the thread that holds it, step by step, in any order | as the clock is driven |

pub(crate) mod caller;
pub(crate) mod threads;
