//! Commands from a frame: what the host wants done.

use std::borrow::Cow;
use std::sync::Arc;

use everact::address::{AskId, HandlerId, KindId, TurnId};
use everact::behaviour::Wish;
use everact::commit::MarkSource;
use everact::process::{ExitReason, ProcessId};
use everact::{ErrorCode, Failure, Metadata, Recognition, Submission, Tell};

use crate::layout::{ask, cancel, complete, outcome, tell};
use crate::process_command::{Outcome, ProcessCommand, exit_reason, is_one, number, turn_or_none};
use crate::read::{Record, malformed};

/// One command, borrowed from its frame.
#[derive(Debug)]
pub(crate) enum Command<'a> {
    Ask {
        submission: Submission<'a>,
        metadata: Option<Metadata>,
    },
    Complete {
        turn: TurnId,
        outcome: Outcome<'a>,
        state: Option<&'a [u8]>,
        tells: Tells<'a>,
        metadata: Option<Metadata>,
        passivate: bool,
        exit: Option<ExitReason>,
        defer: bool,
        answered: bool,
        wish: Option<Wish>,
    },
    Cancel(AskId),
    Process(ProcessCommand<'a>),
}

/// The tells of a completion, and what travels beside each.
#[derive(Debug, Default)]
pub(crate) struct Tells<'a> {
    plain: Vec<Tell<'a>>,
    /// Empty if nothing travels beside any of them.
    beside: Vec<Option<Metadata>>,
}

impl Tells<'_> {
    /// As the engine takes them.
    pub(crate) fn with<T>(&self, take: impl FnOnce(&[Tell<'_>]) -> T) -> T {
        if self.beside.is_empty() {
            return take(&self.plain);
        }
        let pairs = self.plain.iter().zip(&self.beside);
        let tells: Vec<Tell<'_>> =
            pairs.map(|(tell, beside)| Tell { metadata: beside.as_ref(), ..*tell }).collect();
        take(&tells)
    }
}

impl<'a> Command<'a> {
    /// Reads a record.
    pub(crate) fn read(record: &Record<'a>) -> Result<Self, Failure> {
        match record.kind() {
            ask::TYPE => read_ask(record),
            complete::TYPE => read_complete(record),
            cancel::TYPE => Ok(Self::Cancel(AskId(record.id()))),
            kind if is_one(kind) => ProcessCommand::read(record).map(Self::Process),
            other => Err(malformed(format!("{other} is no command"))),
        }
    }
}

fn read_ask<'a>(record: &Record<'a>) -> Result<Command<'a>, Failure> {
    record.at_least(ask::FIXED_BYTES)?;
    let silent = record.flags() & ask::SILENT != 0;
    if silent && record.flags() & ask::TELL == 0 {
        return Err(malformed("the flag SILENT needs the flag TELL"));
    }
    if !silent {
        number(record)?;
    }
    let mut parts = record.parts(ask::FIXED_BYTES);
    let (key, process) = match record.flags() & ask::PROCESS {
        0 => (parts.text(record.u32(ask::key_bytes))?, None),
        _ => ("", Some(process_id(parts.bytes(record.u32(ask::key_bytes))?)?)),
    };
    let payload = parts.bytes(record.u32(ask::payload_bytes))?;
    let source = parts.text(record.u32(ask::source_bytes))?;
    let flags = record.flags();
    let metadata = match flags & ask::METADATA {
        0 => None,
        _ => Some(parts.metadata()?),
    };
    let submission = Submission {
        process,
        ask: if silent { AskId::NOBODY } else { AskId(record.id()) },
        kind: KindId(record.u16(ask::kind)),
        handler: HandlerId(record.u16(ask::handler)),
        key,
        payload,
        metadata: None,
        deadline_ms: record.u32(ask::deadline_ms),
        parent: turn_or_none(record.u64(ask::parent)),
        recognition: recognition(flags, source, record),
        caller_runs: flags & ask::CALLER_RUNS != 0,
        tell: flags & ask::TELL != 0,
    };
    Ok(Command::Ask { submission, metadata })
}

/// A process in place of a key: its number in eight bytes.
fn process_id(bytes: &[u8]) -> Result<ProcessId, Failure> {
    let bytes = bytes.try_into().map_err(|_| malformed("a process is named by 8 bytes"))?;
    Ok(ProcessId(u64::from_le_bytes(bytes)))
}

fn recognition(flags: u16, source: &str, record: &Record<'_>) -> Option<Recognition> {
    if flags & ask::PRODUCER != 0 {
        let source = MarkSource::Producer(Arc::from(source));
        Some(Recognition { source, sequence: record.u64(ask::sequence), keep_ms: 0 })
    } else if flags & ask::KEY != 0 {
        let source = MarkSource::Key(Arc::from(source));
        Some(Recognition { source, sequence: 0, keep_ms: u64::from(record.u32(ask::mark_ttl_ms)) })
    } else {
        None
    }
}

fn read_complete<'a>(record: &Record<'a>) -> Result<Command<'a>, Failure> {
    record.at_least(complete::FIXED_BYTES)?;
    let (reply_bytes, state_bytes) = (record.u32(complete::reply_bytes), record.u32(complete::state_bytes));
    let mut parts = record.parts(complete::FIXED_BYTES);
    let outcome = answer(record.u16(complete::code), parts.bytes(reply_bytes)?)?;
    let state = parts.bytes(state_bytes)?;
    let exit_bytes = record.u16(complete::exit_bytes);
    let exit = exit_reason(record.u16(complete::exit), parts.bytes(u32::from(exit_bytes))?)?;
    let mut read =
        complete::FIXED_BYTES + reply_bytes as usize + state_bytes as usize + usize::from(exit_bytes);
    let metadata = match record.flags() & complete::METADATA {
        0 => None,
        _ => Some(parts.metadata()?),
    };
    read += metadata.as_ref().map_or(0, |metadata| metadata.block_bytes());
    let count = usize::from(record.u16(complete::effect_count));
    let effects = if count == 0 { Effects::default() } else { read_effects(parts.aligned(read)?, count)? };
    Ok(Command::Complete {
        turn: TurnId(record.id()),
        outcome,
        state: (record.flags() & complete::DIRTY != 0).then_some(state),
        tells: effects.tells,
        metadata,
        passivate: record.flags() & complete::PASSIVATE != 0,
        exit,
        defer: record.flags() & complete::DEFER != 0,
        answered: record.flags() & complete::ANSWERED != 0,
        wish: effects.wish,
    })
}

/// How an ask is answered, by a completion or by itself: with the bytes of a reply, or with an error and its text.
pub(crate) fn answer(code: u16, bytes: &[u8]) -> Result<Outcome<'_>, Failure> {
    if code == 0 {
        return Ok(Ok(bytes));
    }
    let code = ErrorCode::from_number(code).ok_or_else(|| malformed(format!("{code} is no error")))?;
    Ok(Err((code, failure_text(code, bytes))))
}

/// The text of a turn's failure. A turn can end with any bytes at all: what is not UTF-8 is replaced, what is too long is
/// cut. An application error's text is left whole, because the kernel refuses it when it is too long.
fn failure_text(code: ErrorCode, text: &[u8]) -> Cow<'_, str> {
    if code == ErrorCode::ApplicationError {
        return String::from_utf8_lossy(text);
    }
    everact::error::bounded(text)
}

/// What a completion brings besides its reply and state.
#[derive(Debug, Default)]
struct Effects<'a> {
    tells: Tells<'a>,
    wish: Option<Wish>,
}

fn read_effects(mut frame: &[u8], count: usize) -> Result<Effects<'_>, Failure> {
    let mut tells = Vec::with_capacity(count.min(frame.len() / tell::FIXED_BYTES + 1));
    let mut beside = Vec::new();
    let (mut wish, mut wanted) = (None, false);
    for _ in 0..count {
        let (record, rest) = Record::split(frame)?;
        frame = rest;
        match record.kind() {
            tell::TYPE => {}
            outcome::TYPE if !wanted => {
                record.at_least(outcome::FIXED_BYTES)?;
                wish = crate::outcome::read(
                    record.parts(outcome::FIXED_BYTES).bytes(record.u32(outcome::json_bytes))?,
                )?;
                wanted = true;
                continue;
            }
            outcome::TYPE => return Err(malformed("a completion has two outcomes")),
            other => return Err(malformed(format!("{other} is no effect of a completion"))),
        }
        record.at_least(tell::FIXED_BYTES)?;
        let mut parts = record.parts(tell::FIXED_BYTES);
        let (key, process) = match record.flags() & tell::PROCESS {
            0 => (parts.text(record.u32(tell::key_bytes))?, None),
            _ => ("", Some(process_id(parts.bytes(record.u32(tell::key_bytes))?)?)),
        };
        let payload = parts.bytes(record.u32(tell::payload_bytes))?;
        let (kind, handler) = (KindId(record.u16(tell::kind)), HandlerId(record.u16(tell::handler)));
        tells.push(Tell { kind, handler, key, process, payload, metadata: None });
        if record.flags() & tell::METADATA != 0 {
            beside.resize(tells.len() - 1, None);
            beside.push(Some(parts.metadata()?));
        }
    }
    if !beside.is_empty() {
        beside.resize(tells.len(), None);
    }
    Ok(Effects { tells: Tells { plain: tells, beside }, wish })
}
