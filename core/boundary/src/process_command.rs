//! Commands about processes: read from a frame, carried out at once, answered by a REPLY of the command's number.

use std::borrow::Cow;

use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::behaviour::Ask;
use everact::process::{Crash, ExitReason, MonitorId, ProcessId, Resident};
use everact::registry::groups::GroupMonitor;
use everact::timers::TimedId;
use everact::{
    After, Answer, Call, Engine, ErrorCode, Failure, HostEvent, Metadata, Payload, Receive, Spawned, Tie,
};

use crate::layout::{
    EXIT_CUSTOM, EXIT_FAILED, EXIT_KILL, EXIT_KILLED, EXIT_NO_PROCESS, EXIT_NORMAL, EXIT_PASSIVATED,
    EXIT_SHUTDOWN, manage, name, publish, receive, respond, spawn, supervise, tie, timer,
};
use crate::read::{Record, malformed};

/// How an ask is answered: with the bytes of a reply, or with an error and its text.
pub type Outcome<'a> = Result<&'a [u8], (ErrorCode, Cow<'a, str>)>;

/// One command about processes: as a frame has it, or as a binding makes it that has no frames.
#[derive(Debug)]
pub enum ProcessCommand<'a> {
    /// A process is spawned.
    Spawn {
        /// The command's number, which the reply has.
        id: u64,
        /// What is spawned.
        given: Spawned<'a>,
        /// The turn that spawns it.
        by: Option<TurnId>,
    },
    /// A turn changes its ties.
    Tie {
        /// The command's number.
        id: u64,
        /// In whose name.
        turn: TurnId,
        /// What it changes.
        what: Change,
    },
    /// An exit signal is sent.
    Exit {
        /// The command's number.
        id: u64,
        /// The turn that sends it.
        by: Option<TurnId>,
        /// Who receives it.
        to: Resident,
        /// With which reason.
        reason: ExitReason,
    },
    /// A process' function wants a message.
    Receive {
        /// The function's turn.
        turn: TurnId,
        /// For how long, and what it holds.
        given: Receive,
    },
    /// A process' function answers an ask that it was handed.
    Respond {
        /// The function's turn.
        turn: TurnId,
        /// The ask.
        ask: AskId,
        /// The reply, or the error and its text.
        outcome: Outcome<'a>,
        /// What travels beside the reply.
        metadata: Option<Metadata>,
    },
    /// A behaviour is asked to do something.
    Manage {
        /// The command's number.
        id: u64,
        /// What, and by whom; or why it cannot be asked.
        given: Result<Box<Ask>, Failure>,
    },
    /// Names and groups.
    Name {
        /// The command's number.
        id: u64,
        /// One of the codes of `layout::name`.
        what: u16,
        /// The name or group.
        name: &'a str,
        /// The process, or the monitor of a group.
        process: ProcessId,
    },
    /// Waits from outside for the end of a process.
    Await {
        /// The command's number; its reply comes when the process has ended.
        id: u64,
        /// Which.
        process: ProcessId,
    },
    /// Starts a supervisor, or asks something of one.
    Supervise {
        /// The command's number.
        id: u64,
        /// One of the codes of `layout::supervise`.
        what: u16,
        /// The supervisor or the command.
        json: &'a [u8],
        /// The turn that starts it.
        by: Option<TurnId>,
        /// The supervisor that is asked.
        process: ProcessId,
    },
    /// Sets, cancels or reads a timer.
    Timer {
        /// The command's number.
        id: u64,
        /// Which of them.
        what: TimerChange<'a>,
    },
    /// Sends a message to all members of a group.
    Publish {
        /// The command's number.
        id: u64,
        /// The turn in whose name it is sent.
        by: Option<TurnId>,
        /// The group.
        group: &'a str,
        /// The handler's name.
        handler: &'a str,
        /// The encoded message.
        payload: &'a [u8],
    },
}

/// What is wanted of a timer.
#[derive(Debug)]
pub enum TimerChange<'a> {
    /// That a message is sent after a while.
    Set {
        /// Whether it is sent again and again.
        again: bool,
        /// The turn that sets it.
        by: Option<TurnId>,
        /// The receiver: the turn's own actor or process if no other is named.
        to: Option<Resident>,
        /// The kind that declares the handler.
        kind: KindId,
        /// The handler.
        handler: HandlerId,
        /// The encoded message.
        payload: &'a [u8],
        /// Milliseconds until it is sent, or the period.
        after_ms: u32,
    },
    /// That it is cancelled.
    Cancel(TimedId),
    /// What is left of it.
    Read(TimedId),
}

/// What a turn does about its ties.
#[derive(Debug)]
pub enum Change {
    /// Links it to another one.
    Link(Resident),
    /// Parts it from another one.
    Unlink(Resident),
    /// Watches another one under this number.
    Monitor(Resident, MonitorId),
    /// Watches no longer; with `true` a note that waits is taken out.
    Demonitor(MonitorId, bool),
    /// Takes exits as messages, or not.
    TrapExits(bool),
}

/// Whether a record is one of these commands.
pub(crate) fn is_one(kind: u16) -> bool {
    matches!(
        kind,
        spawn::TYPE
            | tie::TYPE
            | receive::TYPE
            | respond::TYPE
            | name::TYPE
            | supervise::TYPE
            | timer::TYPE
            | publish::TYPE
            | manage::TYPE
    )
}

/// The reason for which a process is to end. A custom one, a shutdown and a failure that is passed on have a detail.
///
/// # Errors
/// `MalformedFrame` for a number that is no reason's.
pub fn exit_reason(number: u16, detail: &[u8]) -> Result<Option<ExitReason>, Failure> {
    let detail_of_its_own = || (!detail.is_empty()).then(|| detail.into());
    match u64::from(number) {
        0 => Ok(None),
        EXIT_NORMAL => Ok(Some(ExitReason::Normal)),
        EXIT_SHUTDOWN => Ok(Some(ExitReason::Shutdown(detail_of_its_own()))),
        EXIT_KILL => Ok(Some(ExitReason::Kill)),
        EXIT_CUSTOM => Ok(Some(ExitReason::Custom(detail.into()))),
        EXIT_KILLED => Ok(Some(ExitReason::Killed)),
        EXIT_NO_PROCESS => Ok(Some(ExitReason::NoProcess)),
        EXIT_PASSIVATED => Ok(Some(ExitReason::Passivated)),
        EXIT_FAILED => {
            let crash = Crash::read(ErrorCode::HandlerFailed, &String::from_utf8_lossy(detail));
            Ok(Some(ExitReason::Failed(crash.into())))
        }
        _ => Err(malformed(format!("{number} is no exit reason"))),
    }
}

pub(crate) fn turn_or_none(number: u64) -> Option<TurnId> {
    Some(TurnId(number)).filter(|turn| turn.0 != 0)
}

/// The number that a reply goes to.
pub(crate) fn number(record: &Record<'_>) -> Result<u64, Failure> {
    let id = record.id();
    if id == 0 || AskId(id).is_local_caller() {
        return Err(malformed("an ask's or a command's number is 0 or beyond 2^63 - 1"));
    }
    Ok(id)
}

impl<'a> ProcessCommand<'a> {
    /// Reads a record, of which `is_one` has said that it is such a command.
    pub(crate) fn read(record: &Record<'a>) -> Result<Self, Failure> {
        match record.kind() {
            spawn::TYPE => {
                record.at_least(spawn::FIXED_BYTES)?;
                let mut parts = record.parts(spawn::FIXED_BYTES);
                let argument = parts.bytes(record.u32(spawn::argument_bytes))?;
                let name = parts.text(record.u32(spawn::name_bytes))?;
                let monitor = MonitorId(record.u64(spawn::monitor_id));
                let given = Spawned {
                    kind: KindId(record.u16(spawn::kind)),
                    argument,
                    name: Some(name).filter(|name| !name.is_empty()),
                    link: record.flags() & spawn::LINK != 0,
                    monitor: (record.flags() & spawn::MONITOR != 0).then_some(monitor),
                };
                Ok(Self::Spawn { id: number(record)?, given, by: turn_or_none(record.u64(spawn::parent)) })
            }
            tie::TYPE => Self::read_tie(record),
            receive::TYPE => {
                record.at_least(receive::FIXED_BYTES)?;
                let given =
                    Receive { timeout_ms: record.u32(receive::timeout_ms), held: record.u32(receive::held) };
                Ok(Self::Receive { turn: TurnId(record.id()), given })
            }
            respond::TYPE => Self::read_respond(record),
            supervise::TYPE => {
                record.at_least(supervise::FIXED_BYTES)?;
                let json = record.parts(supervise::FIXED_BYTES).bytes(record.u32(supervise::json_bytes))?;
                let by = turn_or_none(record.u64(supervise::turn));
                let process = ProcessId(record.u64(supervise::process));
                Ok(Self::Supervise {
                    id: number(record)?,
                    what: record.u16(supervise::what),
                    json,
                    by,
                    process,
                })
            }
            timer::TYPE => Self::read_timer(record),
            manage::TYPE => Self::read_manage(record),
            publish::TYPE => {
                record.at_least(publish::FIXED_BYTES)?;
                let mut parts = record.parts(publish::FIXED_BYTES);
                Ok(Self::Publish {
                    id: number(record)?,
                    by: turn_or_none(record.u64(publish::turn)),
                    group: parts.text(record.u32(publish::group_bytes))?,
                    handler: parts.text(record.u32(publish::handler_bytes))?,
                    payload: parts.bytes(record.u32(publish::payload_bytes))?,
                })
            }
            _ => {
                record.at_least(name::FIXED_BYTES)?;
                let text = record.parts(name::FIXED_BYTES).text(record.u32(name::name_bytes))?;
                let process = ProcessId(record.u64(name::process));
                Ok(Self::Name { id: number(record)?, what: record.u16(name::what), name: text, process })
            }
        }
    }

    fn read_timer(record: &Record<'a>) -> Result<Self, Failure> {
        record.at_least(timer::FIXED_BYTES)?;
        let id = number(record)?;
        let again = match record.u16(timer::what) {
            timer::CANCEL => {
                return Ok(Self::Timer { id, what: TimerChange::Cancel(TimedId(record.u64(timer::timer))) });
            }
            timer::READ => {
                return Ok(Self::Timer { id, what: TimerChange::Read(TimedId(record.u64(timer::timer))) });
            }
            timer::AFTER => false,
            timer::EVERY => true,
            other => return Err(malformed(format!("{other} is nothing that a timer can do"))),
        };
        let mut parts = record.parts(timer::FIXED_BYTES);
        let key = parts.text(record.u32(timer::key_bytes))?;
        let payload = parts.bytes(record.u32(timer::payload_bytes))?;
        let kind = KindId(record.u16(timer::kind));
        let to = match record.flags() & timer::PROCESS {
            0 if key.is_empty() => None,
            0 => Some(Resident::Actor { kind, key: key.into() }),
            _ => Some(Resident::Process(ProcessId(record.u64(timer::process)))),
        };
        let by = turn_or_none(record.u64(timer::turn));
        if to.is_none() && by.is_none() {
            return Err(malformed("a timer without a receiver outside of a turn"));
        }
        let handler = HandlerId(record.u16(timer::handler));
        let after_ms = record.u32(timer::after_ms);
        Ok(Self::Timer { id, what: TimerChange::Set { again, by, to, kind, handler, payload, after_ms } })
    }

    fn read_manage(record: &Record<'a>) -> Result<Self, Failure> {
        record.at_least(manage::FIXED_BYTES)?;
        let json = record.parts(manage::FIXED_BYTES).bytes(record.u32(manage::json_bytes))?;
        let supervised = record.flags() & manage::SUPERVISED != 0;
        let id = number(record)?;
        let asked = |request| Ask {
            ask: AskId(id),
            by: turn_or_none(record.u64(manage::turn)),
            to: ProcessId(record.u64(manage::process)),
            request,
            deadline_ms: record.u32(manage::deadline_ms),
        };
        let request = crate::manage::read(record.u16(manage::what), supervised, json);
        Ok(Self::Manage { id, given: request.map(|request| Box::new(asked(request))) })
    }

    fn read_tie(record: &Record<'a>) -> Result<Self, Failure> {
        record.at_least(tie::FIXED_BYTES)?;
        let (id, turn, flags) = (number(record)?, turn_or_none(record.u64(tie::turn)), record.flags());
        let mut parts = record.parts(tie::FIXED_BYTES);
        let key = parts.text(record.u32(tie::key_bytes))?;
        let detail = parts.bytes(record.u32(tie::reason_bytes))?;
        let to = match flags & tie::PROCESS {
            0 => Resident::Actor { kind: KindId(record.u16(tie::kind)), key: key.into() },
            _ => Resident::Process(ProcessId(record.u64(tie::process))),
        };
        let monitor = MonitorId(record.u64(tie::monitor_id));
        let what = match record.u16(tie::what) {
            tie::LINK => Change::Link(to),
            tie::UNLINK => Change::Unlink(to),
            tie::MONITOR => Change::Monitor(to, monitor),
            tie::DEMONITOR => Change::Demonitor(monitor, flags & tie::FLUSH != 0),
            tie::TRAP_EXITS => Change::TrapExits(flags & tie::ON != 0),
            tie::EXIT => {
                let reason = exit_reason(record.u16(tie::reason), detail)?;
                let reason = reason.ok_or_else(|| malformed("an exit without a reason"))?;
                return Ok(Self::Exit { id, by: turn, to, reason });
            }
            tie::AWAIT => {
                let process = ProcessId(record.u64(tie::process));
                return Ok(Self::Await { id, process });
            }
            other => return Err(malformed(format!("{other} is no change of ties"))),
        };
        let turn = turn.ok_or_else(|| malformed("a change of ties outside of a turn"))?;
        Ok(Self::Tie { id, turn, what })
    }

    fn read_respond(record: &Record<'a>) -> Result<Self, Failure> {
        record.at_least(respond::FIXED_BYTES)?;
        let mut parts = record.parts(respond::FIXED_BYTES);
        let bytes = parts.bytes(record.u32(respond::reply_bytes))?;
        let outcome = crate::command::answer(record.u16(respond::code), bytes)?;
        let metadata = match record.flags() & respond::METADATA {
            0 => None,
            _ => Some(parts.metadata()?),
        };
        let turn = TurnId(record.u64(respond::turn));
        Ok(Self::Respond { turn, ask: AskId(record.id()), outcome, metadata })
    }

    /// Answers that it cannot be carried out.
    pub(crate) fn refuse(self, failure: &Failure, call: &mut Call) {
        match self {
            Self::Spawn { id, .. }
            | Self::Tie { id, .. }
            | Self::Exit { id, .. }
            | Self::Name { id, .. }
            | Self::Manage { id, .. }
            | Self::Await { id, .. }
            | Self::Supervise { id, .. }
            | Self::Timer { id, .. }
            | Self::Publish { id, .. } => {
                call.events.push(HostEvent::Reply { ask: AskId(id), outcome: Err(failure.clone()) });
            }
            Self::Receive { turn, .. } => call.events.push(HostEvent::CancelTurn(turn, failure.code)),
            Self::Respond { .. } => {}
        }
    }

    /// Carries it out; its answer is an event.
    pub(crate) fn carry_out(self, engine: &Engine, call: &mut Call) {
        let (id, outcome) = match self {
            Self::Spawn { id, given, by } => {
                (id, engine.spawn(&given, by, call).map(|process| numbers([process.0])))
            }
            Self::Tie { id, turn, what } => {
                let tie = match &what {
                    Change::Link(to) => Tie::Link(to),
                    Change::Unlink(from) => Tie::Unlink(from),
                    Change::Monitor(to, monitor) => Tie::Monitor(to, *monitor),
                    Change::Demonitor(monitor, flush) => Tie::Demonitor(*monitor, *flush),
                    Change::TrapExits(on) => Tie::TrapExits(*on),
                };
                (id, engine.tie(turn, tie, call).map(|was| numbers([u64::from(was)])))
            }
            Self::Exit { id, by, to, reason } => {
                (id, engine.exit(by, &to, reason, call).map(|()| Vec::new()))
            }
            Self::Receive { turn, given } => {
                if engine.receive(turn, given, call).is_err() {
                    // The process has ended: the cancellation of this turn tells its host, which may be on its way.
                    call.events.push(HostEvent::CancelTurn(turn, ErrorCode::Cancelled));
                }
                return;
            }
            Self::Respond { turn, ask, outcome, metadata } => {
                let outcome = outcome.as_ref().map(|bytes| *bytes).map_err(|(code, text)| (*code, &**text));
                // If its caller no longer waits, it is dropped like a late completion.
                engine.reply(turn, ask, Answer { outcome, metadata: metadata.as_ref() }, call);
                return;
            }
            Self::Name { id, what, name, process } => (id, by_name(engine, what, name, process, call)),
            // The reply comes when it is done.
            Self::Manage { given: Ok(given), .. } => return engine.manage(*given, call),
            Self::Manage { id, given: Err(failure) } => (id, Err(failure)),
            Self::Await { id, process } => return engine.await_end(process, AskId(id), call),
            Self::Supervise { id, what, json, by, process } => {
                match supervised(engine, what, json, by, process, AskId(id), call) {
                    // The reply comes when it is done.
                    Ok(()) => return,
                    Err(failure) => (id, Err(failure)),
                }
            }
            Self::Timer { id, what } => (id, timed(engine, what, call)),
            Self::Publish { id, by, group, handler, payload } => {
                let told = engine.publish(group, handler, payload, by, call);
                (id, Ok(numbers([told as u64])))
            }
        };
        let outcome = outcome.map(Payload::Owned);
        call.events.push(HostEvent::Reply { ask: AskId(id), outcome });
    }
}

fn supervised(
    engine: &Engine,
    what: u16,
    json: &[u8],
    by: Option<TurnId>,
    process: ProcessId,
    ask: AskId,
    call: &mut Call,
) -> Result<(), Failure> {
    match what {
        supervise::START | supervise::RUN => {
            engine.start_written(json, by, what == supervise::RUN, Some(ask), call).map(|_| ())
        }
        supervise::COMMAND => engine.supervise_written(process, json, ask, call),
        other => Err(malformed(format!("{other} is nothing that a supervisor can do"))),
    }
}

fn timed(engine: &Engine, what: TimerChange<'_>, call: &mut Call) -> Result<Vec<u8>, Failure> {
    match what {
        TimerChange::Cancel(timer) => Ok(numbers(engine.cancel_timed(timer))),
        TimerChange::Read(timer) => Ok(numbers(engine.read_timed(timer))),
        TimerChange::Set { again, by, to, kind, handler, payload, after_ms } => {
            let to = match (to, by) {
                (Some(to), _) => to,
                (None, Some(turn)) => engine.resident_of(turn)?,
                (None, None) => return Err(malformed("a timer without a receiver outside of a turn")),
            };
            let given = After { to: &to, kind, handler, payload, after_ms, again };
            engine.send_after(&given, by, call).map(|timer| numbers([timer.0]))
        }
    }
}

fn by_name(
    engine: &Engine,
    what: u16,
    text: &str,
    process: ProcessId,
    call: &mut Call,
) -> Result<Vec<u8>, Failure> {
    let with_kind = |process: ProcessId| {
        let kind = engine.kind_of(process).unwrap_or(KindId::SUPERVISOR);
        [process.0, u64::from(kind.0)]
    };
    let found = |process: Option<ProcessId>| numbers(process.into_iter().flat_map(with_kind));
    match what {
        name::REGISTER => engine.register(text, process).map(|()| Vec::new()),
        name::UNREGISTER => Ok(found(engine.unregister(text))),
        name::WHEREIS => Ok(found(engine.whereis(text))),
        name::IS_ALIVE => Ok(numbers([u64::from(engine.is_alive(process))])),
        name::JOIN => engine.join(text, process, call).map(|()| Vec::new()),
        name::LEAVE => Ok(numbers([u64::from(engine.leave(text, process, call))])),
        name::MEMBERS => Ok(numbers(engine.members(text).into_iter().flat_map(with_kind))),
        name::MONITOR_GROUP => {
            let group = Some(text).filter(|text| !text.is_empty());
            let (monitor, members) = engine.monitor_group(group, process)?;
            Ok(numbers([monitor.0].into_iter().chain(members.into_iter().flat_map(with_kind))))
        }
        name::DEMONITOR_GROUP => Ok(numbers([u64::from(engine.demonitor_group(GroupMonitor(process.0)))])),
        other => Err(malformed(format!("{other} is no question about names"))),
    }
}

fn numbers(list: impl IntoIterator<Item = u64>) -> Vec<u8> {
    list.into_iter().flat_map(u64::to_le_bytes).collect()
}
