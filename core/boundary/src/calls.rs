//! The calls: every binding's exports are thin shims over these. Bytes in, bytes out; panics stop here.
//!
//! Results: `>= 0` is a number of bytes, `< 0` is minus an error number with a FAILURE record in `out` where there is one.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use everact::address::TurnId;
use everact::{Call, Completion, Engine, ErrorCode, Failure, HostEvent, Payload, Submission, TurnStart};

pub use everact::Bell;

use crate::command::Command;
use crate::event::Writer;
use crate::handle::{self, Held};
use crate::layout::{LEAD, OUT_BYTES_MIN, ask, cancel, complete, failure};
use crate::process_command::is_one;
use crate::read::{Record, malformed};
use crate::runner::Runner;

/// Commands in one frame at most, so that the answers to them fit a buffer: a FAILURE without its text has 24 bytes.
const COMMANDS_MAX: usize = 8192;
const _: () = assert!(COMMANDS_MAX * failure::FIXED_BYTES < OUT_BYTES_MIN);
/// Events taken from the lane by one poll at most.
const POLL_EVENTS_MAX: usize = 512;

thread_local! {
    /// Lists that are used again by the next call of this thread.
    static SCRATCH: RefCell<Call> = RefCell::new(Call::default());
}

/// The boundary's version: a host made for another one must not go on.
pub fn abi_version() -> u32 {
    1
}

/// Opens an engine from its JSON configuration and writes its number to `engine`.
pub fn open(config: &[u8], bell: Option<Bell>, out: &mut [u8], engine: &mut u64) -> i64 {
    guard(out, |_| {
        *engine = handle::hold(Runner::open(config, bell)?);
        Ok(0)
    })
}

/// Takes commands and writes the events that they cause.
pub fn exchange(engine: u64, commands: &[u8], out: &mut [u8], turns_max: u32, flags: u32) -> i64 {
    guard(out, |out| {
        let held = handle::get(engine)?;
        check_room(out)?;
        let mut call = SCRATCH.with_borrow_mut(std::mem::take);
        call.events.clear();
        call.begin_exchange();
        call.turns_max = turns_max as usize;
        call.lead = flags & LEAD != 0;
        let failed = carry_out(&held.runner, commands, &mut call);
        let mut writer = Writer::new(out);
        write_failed(&failed, &mut writer);
        write_caused(&held, &mut call.events, commands, &mut writer);
        let used = writer.used();
        SCRATCH.with_borrow_mut(|scratch| *scratch = call);
        Ok(used)
    })
}

/// Carries out a frame. A command that cannot be read is answered with a FAILURE and takes nothing along: those behind it are
/// carried out. Only a length that cannot be used ends the frame, because nothing says where the next command begins.
fn carry_out(runner: &Runner, commands: &[u8], call: &mut Call) -> Vec<(u64, Failure)> {
    let mut failed = Vec::new();
    let mut rest = commands;
    let mut count = 0;
    while !rest.is_empty() {
        let (record, after) = match Record::split(rest) {
            Ok(split) => split,
            Err(failure) => {
                let header = Record::header_of(rest);
                if let Some(record) = &header {
                    end_turn(runner, record, &failure, call);
                }
                failed.push((header.as_ref().and_then(named).unwrap_or(0), failure));
                break;
            }
        };
        rest = after;
        count += 1;
        if count > COMMANDS_MAX {
            refuse(runner, &record, call);
            continue;
        }
        match Command::read(&record) {
            Err(failure) => {
                end_turn(runner, &record, &failure, call);
                failed.push((record.id(), failure));
            }
            Ok(Command::Ask { submission, metadata }) => {
                runner.submit(&Submission { metadata: metadata.as_ref(), ..submission }, call);
            }
            Ok(Command::Cancel(ask)) => runner.cancel(ask, call),
            Ok(Command::Process(command)) => runner.process(command, call),
            Ok(Command::Complete {
                turn,
                outcome,
                state,
                tells,
                metadata,
                passivate,
                exit,
                defer,
                answered,
                wish,
            }) => {
                let before = call.events.len();
                let outcome = outcome.as_ref().map(|reply| *reply).map_err(|(code, text)| (*code, &**text));
                tells.with(|tells| {
                    runner.complete(
                        turn,
                        &Completion {
                            exit: exit.as_ref(),
                            outcome,
                            metadata: metadata.as_ref(),
                            state,
                            tells,
                            passivate,
                            defer,
                            wish: wish.as_ref(),
                        },
                        call,
                    );
                });
                if answered {
                    leave_out_own_reply(&mut call.events, before);
                }
            }
        }
    }
    failed
}

/// The host has given its caller the reply of the completion that caused the events from `before` on, and need not be told of it.
fn leave_out_own_reply(events: &mut Vec<HostEvent>, before: usize) {
    let is_own = |event: &HostEvent| matches!(event, HostEvent::Reply { outcome: Ok(Payload::Own), .. });
    if let Some(at) = events[before..].iter().position(is_own) {
        events.remove(before + at);
    }
}

/// The id of a record that is a command by its type; another one's id means nothing to the host.
fn named(record: &Record<'_>) -> Option<u64> {
    let is_command =
        matches!(record.kind(), ask::TYPE | complete::TYPE | cancel::TYPE) || is_one(record.kind());
    is_command.then(|| record.id())
}

/// A turn whose completion cannot be read has ended all the same: its host will not complete it again, so its actor must not
/// wait for it. Where the id names no open turn this changes nothing.
fn end_turn(runner: &Runner, record: &Record<'_>, failure: &Failure, call: &mut Call) {
    if record.kind() == complete::TYPE {
        // Whatever was wrong with it (metadata may be too large): to the kernel it is an outcome that could not be read.
        let outcome = Err((ErrorCode::MalformedFrame, failure.text.as_str()));
        let completion = Completion {
            exit: None,
            outcome,
            metadata: None,
            state: None,
            tells: &[],
            passivate: false,
            defer: false,
            wish: None,
        };
        runner.complete(TurnId(record.id()), &completion, call);
    }
}

/// A command beyond what a frame may hold is not carried out, and its caller receives why: these answers are events,
/// which wait in the lane when the buffer is full.
fn refuse(runner: &Runner, record: &Record<'_>, call: &mut Call) {
    let failure = malformed(format!("a frame has more than {COMMANDS_MAX} commands"));
    end_turn(runner, record, &failure, call);
    match Command::read(record) {
        Ok(Command::Ask { submission, .. }) => {
            if !submission.is_silent() {
                call.events.push(HostEvent::Reply { ask: submission.ask, outcome: Err(failure) });
            }
        }
        Ok(Command::Cancel(ask)) => runner.cancel(ask, call),
        Ok(Command::Process(command)) => command.refuse(&failure, call),
        Ok(Command::Complete { .. }) | Err(_) => {}
    }
}

/// Every failure has room for its number, the first ones for their text too.
fn write_failed(failed: &[(u64, Failure)], writer: &mut Writer<'_>) {
    for (index, (id, failure)) in failed.iter().enumerate() {
        writer.failure(*id, failure, (failed.len() - index - 1) * failure::FIXED_BYTES);
    }
}

/// Replies that point into the host's own buffer go first: they cannot wait in the lane. Then turns of asks that this very call
/// submitted to idle actors: they do not wait behind the next turns of actors that have just run one, and take nothing from
/// these, since a host runs all turns of a call before it makes the next one.
fn write_caused(held: &Held, events: &mut Vec<HostEvent>, commands: &[u8], writer: &mut Writer<'_>) {
    let place = |event: &HostEvent| match event {
        HostEvent::Reply { outcome: Ok(Payload::Own), .. } => 0,
        HostEvent::Turn(TurnStart { payload: Payload::Own, .. }) => 1,
        _ => 2,
    };
    if events.len() > 1 {
        events.sort_by_key(place);
    }
    let mut left = Vec::new();
    for event in events.drain(..) {
        if !left.is_empty() {
            left.push(event);
        } else if let Err(event) = writer.event(event, &held.blobs) {
            left.push(event);
        }
    }
    if !left.is_empty() {
        left.iter_mut().for_each(|event| own_to_owned(event, commands));
        held.runner.put_back(left);
    }
}

/// A turn that has to wait in the lane takes its payload along.
fn own_to_owned(event: &mut HostEvent, commands: &[u8]) {
    let HostEvent::Turn(TurnStart { payload: payload @ Payload::Own, ask: Some(ask_id), .. }) = event else {
        return;
    };
    let mut rest = commands;
    while let Ok((record, after)) = Record::split(rest) {
        rest = after;
        if let (ask::TYPE, true, Ok(Command::Ask { submission, .. })) =
            (record.kind(), record.id() == ask_id.0, Command::read(&record))
        {
            *payload = Payload::Owned(submission.payload.to_vec());
            return;
        }
    }
}

/// Writes events of the lane, waiting for the first no longer than `timeout_ms`.
pub fn poll(engine: u64, out: &mut [u8], timeout_ms: u32) -> i64 {
    guard(out, |out| {
        let held = handle::get(engine)?;
        check_room(out)?;
        let mut events = Vec::new();
        held.runner.poll(&mut events, POLL_EVENTS_MAX, Duration::from_millis(u64::from(timeout_ms)));
        let mut writer = Writer::new(out);
        let mut events = events.into_iter();
        while let Some(event) = events.next() {
            if let Err(event) = writer.event(event, &held.blobs) {
                held.runner.put_back(std::iter::once(event).chain(events).collect());
                break;
            }
        }
        Ok(writer.used())
    })
}

/// Moves a blob into `out`. Where `out` is too small the blob stays and the needed size is returned.
pub fn blob(engine: u64, id: u64, out: &mut [u8]) -> i64 {
    guard(out, |out| {
        let held = handle::get(engine)?;
        let missing = || Failure::new(ErrorCode::InvalidArgument, format!("there is no blob {id}"));
        let length = held.blobs.length(id).ok_or_else(missing)?;
        if let Some(room) = out.get_mut(..length) {
            room.copy_from_slice(&held.blobs.take(id).ok_or_else(missing)?);
        }
        Ok(length)
    })
}

/// Writes JSON about a topic (`stats`). Where `out` is too small nothing is written and the needed size is returned.
pub fn describe(engine: u64, topic: &[u8], out: &mut [u8]) -> i64 {
    guard(out, |out| {
        let held = handle::get(engine)?;
        let text = held.runner.describe(topic)?;
        if let Some(room) = out.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
        }
        Ok(text.len())
    })
}

/// Waits for a stack that somebody wants of a running handler; for one thread of the host's that does nothing else. Writes its
/// question, activation and turn, 64 bits each, into the 24 bytes of `out`; answers 0 bytes where none came within the time, `CLOSED` where none will come.
pub fn stack_next(engine: u64, timeout_ms: u32, out: &mut [u8]) -> i64 {
    guard(out, |out| {
        // The engine is not held while the thread waits: its end would wait for the thread.
        let stacks = handle::get(engine)?.runner.stacks().ok_or(Failure::plain(ErrorCode::Closed))?;
        let Some(wanted) = stacks.next(Duration::from_millis(u64::from(timeout_ms)))? else { return Ok(0) };
        let words = [wanted.question, wanted.activation.0, wanted.turn.0].map(u64::to_le_bytes);
        for (room, word) in out.chunks_exact_mut(8).zip(&words) {
            room.copy_from_slice(word);
        }
        Ok(words.as_flattened().len())
    })
}

/// Tells a stack that was wanted, as text in the order of the host's language; empty if the handler has none.
pub fn stack_tell(engine: u64, question: u64, stack: &[u8]) -> i64 {
    guard(&mut [], |_| {
        if let Some(stacks) = handle::get(engine)?.runner.stacks() {
            stacks.tell(question, &String::from_utf8_lossy(stack));
        }
        Ok(0)
    })
}

/// Copies a consistent state of all data into the new folder `path`.
pub fn backup(engine: u64, path: &[u8], out: &mut [u8]) -> i64 {
    guard(out, |_| {
        handle::get(engine)?.runner.backup(folder(path)?)?;
        Ok(0)
    })
}

/// Makes the folder `into` from the backup `from`.
pub fn restore(from: &[u8], into: &[u8], out: &mut [u8]) -> i64 {
    guard(out, |_| {
        Engine::restore(folder(from)?, folder(into)?)?;
        Ok(0)
    })
}

fn folder(path: &[u8]) -> Result<&Path, Failure> {
    let text = std::str::from_utf8(path);
    text.map(Path::new).map_err(|_| Failure::new(ErrorCode::InvalidArgument, "a path is not UTF-8"))
}

/// Begins to close: what is accepted is finished within the deadline, then `CLOSED` comes as an event.
pub fn close(engine: u64, deadline_ms: u32) -> i64 {
    guard(&mut [], |_| {
        handle::get(engine)?.runner.close(Duration::from_millis(u64::from(deadline_ms)));
        Ok(0)
    })
}

/// Lets the engine go, closed or not.
pub fn free(engine: u64) -> i64 {
    guard(&mut [], |_| {
        match handle::release(engine) {
            // Its threads stayed with the parent: waiting for them would never end.
            Some(held) if held.born.check().is_err() => std::mem::forget(held),
            held => drop(held),
        }
        Ok(0)
    })
}

/// To be called in a forked child: engines opened before answer `Forked` from then on.
pub fn forked() {
    crate::fork::forked();
}

/// Panics inside the guard: a test hook that shows where panics stop.
pub fn provoke_panic(out: &mut [u8]) -> i64 {
    guard(out, |_| panic!("provoked"))
}

fn check_room(out: &[u8]) -> Result<(), Failure> {
    if out.len() < OUT_BYTES_MIN {
        let text = format!("the buffer for events has {} bytes, it needs {OUT_BYTES_MIN}", out.len());
        return Err(Failure::new(ErrorCode::InvalidArgument, text));
    }
    Ok(())
}

/// Turns panics and failures into numbers.
fn guard(out: &mut [u8], work: impl FnOnce(&mut [u8]) -> Result<usize, Failure>) -> i64 {
    let outcome = catch_unwind(AssertUnwindSafe(|| work(out)));
    let failure = match outcome {
        Ok(Ok(bytes)) => return i64::try_from(bytes).unwrap_or(i64::MAX),
        Ok(Err(failure)) => failure,
        Err(panic) => {
            Failure::new(ErrorCode::Internal, format!("a panic in the core: {}", panic_text(&*panic)))
        }
    };
    Writer::new(out).failure(0, &failure, 0);
    -i64::from(failure.code as u16)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}
