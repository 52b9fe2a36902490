//! Python's binding: `everact._core`. Conversion between Python objects and the core's, and nothing else.
//!
//! | file | what |
//! | --- | --- |
//! | `calls` | the class `Core`: one method a verb of the boundary |
//! | `lane` | events as Python objects: `Turn`, replies as tuples, `Notification` |
//! | `convert` | arguments to submissions and completions |
//! | `error` | failures as the generated exceptions |
//! | `method` | handlers as the methods of references: `Method`, `BoundMethod` |
//! | `process` | commands about processes, a function each |
//! | `memory` | who owns which bytes; the bell's file descriptor; forks and threads |

mod calls;
mod convert;
mod error;
mod lane;
mod memory;
mod method;
mod process;

use pyo3::prelude::*;

/// The compiled core of the package `everact`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::calls::{Core, Opening, forked, provoke_panic, restore, version};
    #[pymodule_export]
    use crate::lane::{Notification, Turn};
    #[pymodule_export]
    use crate::method::{BoundMethod, method};
    #[pymodule_export]
    use crate::process::{
        await_end, demonitor, exit, link, manage, monitor, name, publish, receive, respond, send, send_after,
        spawn, supervise, timer, trap_exits, unlink,
    };
}
