//! Supervision trees: data that the kernel runs. No host code decides a restart.
//!
//! ```
//! use everact::{Call, Config, Engine, SupervisorStart};
//! use everact::address::KindId;
//! use everact::supervision::{ChildSpec, ChildStart, Strategy, SupervisorSpec};
//!
//! let json = br#"{"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]}]}"#;
//! let engine = Engine::open(Config::read(json, |_| None).unwrap(), None).unwrap();
//! let worker = ChildStart::Process { kind: KindId(0), argument: b"{}"[..].into(), name: None };
//! let spec = SupervisorSpec::new(Strategy::OneForOne, vec![ChildSpec::worker("first", worker)]);
//! let given = SupervisorStart { spec, name: None, awaited_by: None };
//! let supervisor = engine.start_supervisor(given, None, &mut Call::new(0, false)).unwrap();
//! assert!(engine.is_alive(supervisor));
//! ```

mod reply;
mod written;

use everact_kernel::address::{AskId, TurnId};
use everact_kernel::error::Failure;
use everact_kernel::process::ProcessId;
use everact_kernel::supervision::{ChildStart, Command, SupervisorSpec};

use crate::call::Call;
use crate::engine::Engine;

pub use reply::as_json;
pub(crate) use reply::reply;

/// A supervisor to be started.
#[derive(Debug)]
pub struct SupervisorStart<'a> {
    /// Its rules and its children.
    pub spec: SupervisorSpec<ChildStart>,
    /// The name that it has from its beginning.
    pub name: Option<&'a str>,
    /// The ask whose reply comes once all children have started, or says what became of it instead.
    pub awaited_by: Option<AskId>,
}

impl Engine {
    /// Starts a supervisor and its children, linked to the process of the turn that starts it, if one does. Children start one after
    /// the other; if one does not, the supervisor ends. One that is started from outside ends orderly with an exit from there.
    ///
    /// # Errors
    /// `InvalidArgument` if the spec cannot be, `NameTaken`, `Overloaded` beyond `processes_max`, `Closed`, `ActorStopped` if the
    /// turn is over.
    pub fn start_supervisor(
        &self,
        given: SupervisorStart<'_>,
        by: Option<TurnId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        self.machine().start_supervisor(given, by, call)
    }

    /// Starts the root, the supervisor of the whole program: `close` asks it to end, and waits until all below it have ended.
    ///
    /// # Errors
    /// As `start_supervisor`; `InvalidArgument` if there is a root that is alive.
    pub fn run(&self, given: SupervisorStart<'_>, call: &mut Call) -> Result<ProcessId, Failure> {
        self.machine().run(given, call)
    }

    /// The same from JSON (`docs/reference/boundary.md`, Supervisors), the root's if `root` says so.
    ///
    /// # Errors
    /// As `start_supervisor` and `run`; `InvalidArgument` with the path to what cannot be read.
    pub fn start_written(
        &self,
        json: &[u8],
        by: Option<TurnId>,
        root: bool,
        awaited_by: Option<AskId>,
        call: &mut Call,
    ) -> Result<ProcessId, Failure> {
        let (spec, name) = written::supervisor(json, self.machine().kinds())?;
        let given = SupervisorStart { spec, name: name.as_deref(), awaited_by };
        match root {
            true => self.run(given, call),
            false => self.start_supervisor(given, by, call),
        }
    }

    /// Asks something of a supervisor. The answer comes as the reply of this ask, now or later: JSON.
    pub fn supervise(
        &self,
        supervisor: ProcessId,
        command: Command<ChildStart>,
        ask: AskId,
        call: &mut Call,
    ) {
        self.machine().supervise(supervisor, command, ask, call);
    }

    /// The same from JSON (`docs/reference/boundary.md`, Supervisors).
    ///
    /// # Errors
    /// `InvalidArgument` with the path to what cannot be read.
    pub fn supervise_written(
        &self,
        supervisor: ProcessId,
        json: &[u8],
        ask: AskId,
        call: &mut Call,
    ) -> Result<(), Failure> {
        let command = written::command(json, self.machine().kinds())?;
        self.supervise(supervisor, command, ask, call);
        Ok(())
    }
}
