//! The clock: one reading a call, of a time that never goes back; the time of day follows from it.
//!
//! | clock | who moves it | for |
//! | --- | --- | --- |
//! | `SystemClock` | the operating system | an engine on threads of its own |
//! | `DrivenClock` | the driver, in steps; the time of day forwards and backwards | simulation, test kits |
//!
//! Nothing else in the engine asks the system for the time, so an engine on a driven clock does not notice how long anything
//! takes (`the_engine_asks_its_clock_only` of tests/tidy).

mod driven;
mod system;

use std::fmt;

use everact_kernel::Now;

pub use driven::DrivenClock;
pub use system::SystemClock;

/// Where the kernel's `Now` comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time. The monotonic parts never go back; the time of day may, when a person sets it.
    fn now(&self) -> Now;

    /// Follows the system's time of day, where it was set; called about once a second.
    fn adjust(&self) {}
}
