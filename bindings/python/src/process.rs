//! Commands about processes, a function each. All but `receive` and `respond` give the command's number, to which one of the
//! events is the reply.

use everact_boundary::engine::address::{AskId, HandlerId, KindId, TurnId};
use everact_boundary::engine::behaviour::Ask;
use everact_boundary::engine::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_boundary::engine::timers::TimedId;
use everact_boundary::engine::{ErrorCode, Failure, Receive, Spawned, Submission};
use everact_boundary::manage::read;
use everact_boundary::{Change, ProcessCommand, TimerChange, exit_reason};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyList};

use crate::calls::Core;
use crate::convert::{Entries, Receiver, metadata};
use crate::error::exception;

/// A command's number and what it caused.
type Caused<'py> = PyResult<(u64, Bound<'py, PyList>)>;

/// An actor by kind and key, or a process by its number.
#[derive(FromPyObject)]
pub(crate) enum Who {
    #[pyo3(transparent)]
    Process(u64),
    Actor(u16, PyBackedStr),
}

impl Who {
    fn resident(&self) -> Resident {
        match self {
            Self::Process(number) => Resident::Process(ProcessId(*number)),
            Self::Actor(kind, key) => Resident::Actor { kind: KindId(*kind), key: (&**key).into() },
        }
    }
}

/// Why a process is to end: one of `layout`'s numbers, and the encoded detail.
pub(crate) type Reason = (u16, PyBackedBytes);

/// A reason as the core wants it; the number 0 is none.
pub(crate) fn reason(given: Option<&Reason>) -> Result<Option<ExitReason>, Failure> {
    given.map_or(Ok(None), |(number, detail)| exit_reason(*number, detail))
}

fn turn_or_none(turn: u64) -> Option<TurnId> {
    (turn != 0).then_some(TurnId(turn))
}

/// Asks or tells a process, or an actor. A process's kind is what its sender takes it for. A tell has the number 0 and no
/// reply.
#[pyfunction]
#[pyo3(signature = (core, kind, handler, to, payload, parent, deadline_ms, tell, beside, /))]
#[expect(clippy::too_many_arguments, reason = "a message with all that it may have")]
pub(crate) fn send<'py>(
    py: Python<'py>,
    core: &Core,
    kind: u16,
    handler: u16,
    to: Receiver,
    payload: &Bound<'py, PyBytes>,
    parent: u64,
    deadline_ms: u32,
    tell: bool,
    beside: Option<Entries>,
) -> Caused<'py> {
    let metadata = metadata(beside.as_ref()).map_err(|failure| exception(py, &failure))?;
    let (key, process) = to.parts();
    let given = Submission {
        process,
        ask: AskId::NOBODY,
        kind: KindId(kind),
        handler: HandlerId(handler),
        key,
        payload: payload.as_bytes(),
        metadata: metadata.as_ref(),
        deadline_ms,
        parent: turn_or_none(parent),
        recognition: None,
        caller_runs: !tell,
        tell,
    };
    core.send(py, given, payload)
}

/// Spawns a process; the reply is its number. A monitor's number of 0 is none.
#[pyfunction]
#[pyo3(signature = (core, kind, argument, parent, link, monitor, name, /))]
#[expect(clippy::too_many_arguments, reason = "a process with all that it may begin with")]
pub(crate) fn spawn<'py>(
    py: Python<'py>,
    core: &Core,
    kind: u16,
    argument: &[u8],
    parent: u64,
    link: bool,
    monitor: u64,
    name: Option<&str>,
) -> Caused<'py> {
    let monitor = (monitor != 0).then_some(MonitorId(monitor));
    let given = Spawned { kind: KindId(kind), argument, name, link, monitor };
    core.carry_out(py, |id| ProcessCommand::Spawn { id, given, by: turn_or_none(parent) })
}

fn tie<'py>(py: Python<'py>, core: &Core, turn: u64, what: Change) -> Caused<'py> {
    core.carry_out(py, |id| ProcessCommand::Tie { id, turn: TurnId(turn), what })
}

/// Links the turn's resident to another one.
#[pyfunction]
#[pyo3(signature = (core, turn, to, /))]
pub(crate) fn link<'py>(py: Python<'py>, core: &Core, turn: u64, to: Who) -> Caused<'py> {
    tie(py, core, turn, Change::Link(to.resident()))
}

/// Parts the turn's resident from another one.
#[pyfunction]
#[pyo3(signature = (core, turn, to, /))]
pub(crate) fn unlink<'py>(py: Python<'py>, core: &Core, turn: u64, to: Who) -> Caused<'py> {
    tie(py, core, turn, Change::Unlink(to.resident()))
}

/// Watches another one, under a number that is used once.
#[pyfunction]
#[pyo3(signature = (core, turn, to, number, /))]
pub(crate) fn monitor<'py>(py: Python<'py>, core: &Core, turn: u64, to: Who, number: u64) -> Caused<'py> {
    tie(py, core, turn, Change::Monitor(to.resident(), MonitorId(number)))
}

/// Watches no longer; the reply says whether the watch was on.
#[pyfunction]
#[pyo3(signature = (core, turn, number, flush, /))]
pub(crate) fn demonitor<'py>(
    py: Python<'py>,
    core: &Core,
    turn: u64,
    number: u64,
    flush: bool,
) -> Caused<'py> {
    tie(py, core, turn, Change::Demonitor(MonitorId(number), flush))
}

/// Takes exits as messages, or not; the reply says what held before.
#[pyfunction]
#[pyo3(signature = (core, turn, on, /))]
pub(crate) fn trap_exits<'py>(py: Python<'py>, core: &Core, turn: u64, on: bool) -> Caused<'py> {
    tie(py, core, turn, Change::TrapExits(on))
}

/// Sends an exit signal, in a turn's name or from outside.
#[pyfunction]
#[pyo3(signature = (core, turn, to, given, /))]
pub(crate) fn exit<'py>(py: Python<'py>, core: &Core, turn: u64, to: Who, given: Reason) -> Caused<'py> {
    let failed = || Failure::new(ErrorCode::InvalidArgument, "an exit has a reason");
    let reason = reason(Some(&given)).and_then(|reason| reason.ok_or_else(failed));
    let reason = reason.map_err(|failure| exception(py, &failure))?;
    core.carry_out(py, |id| ProcessCommand::Exit { id, by: turn_or_none(turn), to: to.resident(), reason })
}

/// Names and groups: `what` is a code of `layout::name`.
#[pyfunction]
#[pyo3(signature = (core, what, name, process, /))]
pub(crate) fn name<'py>(py: Python<'py>, core: &Core, what: u16, name: &str, process: u64) -> Caused<'py> {
    core.carry_out(py, |id| ProcessCommand::Name { id, what, name, process: ProcessId(process) })
}

/// Waits from outside for the end of a process; the reply, its `Down`, may come later.
#[pyfunction]
#[pyo3(signature = (core, process, /))]
pub(crate) fn await_end<'py>(py: Python<'py>, core: &Core, process: u64) -> Caused<'py> {
    core.carry_out(py, |id| ProcessCommand::Await { id, process: ProcessId(process) })
}

/// Starts a supervisor or asks something of one: `what` is a code of `layout::supervise`. The reply may come later.
#[pyfunction]
#[pyo3(signature = (core, what, json, turn, process, /))]
pub(crate) fn supervise<'py>(
    py: Python<'py>,
    core: &Core,
    what: u16,
    json: &[u8],
    turn: u64,
    process: u64,
) -> Caused<'py> {
    let (by, process) = (turn_or_none(turn), ProcessId(process));
    core.carry_out(py, |id| ProcessCommand::Supervise { id, what, json, by, process })
}

/// Asks a behaviour to do something: `what` is a code of `layout::manage`. The reply may come later.
#[pyfunction]
#[pyo3(signature = (core, what, supervised, json, turn, process, deadline_ms, /))]
#[expect(clippy::too_many_arguments, reason = "a request with all that it may have")]
pub(crate) fn manage<'py>(
    py: Python<'py>,
    core: &Core,
    what: u16,
    supervised: bool,
    json: &[u8],
    turn: u64,
    process: u64,
    deadline_ms: u32,
) -> Caused<'py> {
    let (by, to) = (turn_or_none(turn), ProcessId(process));
    core.carry_out(py, |id| {
        let asked = |request| Box::new(Ask { ask: AskId(id), by, to, request, deadline_ms });
        ProcessCommand::Manage { id, given: read(what, supervised, json).map(asked) }
    })
}

/// Has a message sent after a while, or again and again; the reply is the timer.
#[pyfunction]
#[pyo3(signature = (core, again, turn, to, kind, handler, payload, after_ms, /))]
#[expect(clippy::too_many_arguments, reason = "a message and its time")]
pub(crate) fn send_after<'py>(
    py: Python<'py>,
    core: &Core,
    again: bool,
    turn: u64,
    to: Who,
    kind: u16,
    handler: u16,
    payload: &[u8],
    after_ms: u32,
) -> Caused<'py> {
    let what = TimerChange::Set {
        again,
        by: turn_or_none(turn),
        to: Some(to.resident()),
        kind: KindId(kind),
        handler: HandlerId(handler),
        payload,
        after_ms,
    };
    core.carry_out(py, |id| ProcessCommand::Timer { id, what })
}

/// Cancels a timer, or reads it; the reply is the milliseconds that are left, or nothing.
#[pyfunction]
#[pyo3(signature = (core, timer, cancel, /))]
pub(crate) fn timer<'py>(py: Python<'py>, core: &Core, timer: u64, cancel: bool) -> Caused<'py> {
    let timer = TimedId(timer);
    let what = if cancel { TimerChange::Cancel(timer) } else { TimerChange::Read(timer) };
    core.carry_out(py, |id| ProcessCommand::Timer { id, what })
}

/// Sends a message to all members of a group; the reply is to how many.
#[pyfunction]
#[pyo3(signature = (core, turn, group, handler, payload, /))]
pub(crate) fn publish<'py>(
    py: Python<'py>,
    core: &Core,
    turn: u64,
    group: &str,
    handler: &str,
    payload: &[u8],
) -> Caused<'py> {
    core.carry_out(py, |id| ProcessCommand::Publish { id, by: turn_or_none(turn), group, handler, payload })
}

/// A process' function wants a message; what is there comes at once.
#[pyfunction]
#[pyo3(signature = (core, turn, timeout_ms, held, /))]
pub(crate) fn receive<'py>(
    py: Python<'py>,
    core: &Core,
    turn: u64,
    timeout_ms: u32,
    held: u32,
) -> PyResult<Bound<'py, PyList>> {
    let given = Receive { timeout_ms, held };
    core.carry_out(py, |_| ProcessCommand::Receive { turn: TurnId(turn), given }).map(|(_, events)| events)
}

/// A process' function answers an ask that it was handed; with a code, `reply` is the failure's text.
#[pyfunction]
#[pyo3(signature = (core, turn, ask, code, reply, beside, /))]
pub(crate) fn respond<'py>(
    py: Python<'py>,
    core: &Core,
    turn: u64,
    ask: u64,
    code: u16,
    reply: &[u8],
    beside: Option<Entries>,
) -> PyResult<Bound<'py, PyList>> {
    let metadata = metadata(beside.as_ref()).map_err(|failure| exception(py, &failure))?;
    let outcome = match ErrorCode::from_number(code) {
        None => Ok(reply),
        Some(code) => Err((code, String::from_utf8_lossy(reply))),
    };
    core.carry_out(py, |_| ProcessCommand::Respond { turn: TurnId(turn), ask: AskId(ask), outcome, metadata })
        .map(|(_, events)| events)
}
