//! What JavaScript can call: the verbs of docs/reference/boundary.md.
//!
//! A number below zero is minus an error's number; its text is a FAILURE record in the event buffer.
//! Calls that may take longer than a moment run on other threads and answer with a promise.

use std::time::Duration;

use everact_boundary::calls;
use everact_boundary::layout::OUT_BYTES_MIN;
use napi::bindgen_prelude::{AsyncTask, Either, Function, Object, Uint8Array, Uint32Array};
use napi::{Env, Error, Result, Task};
use napi_derive::napi;

use crate::error::CoreFailure;
use crate::{convert, lane, looks, opening, watch};

/// What a call answers whose lane was freed or never was: minus the number of `Closed`.
const NO_LANE: i64 = -8;

/// The version of the boundary that this library speaks.
#[napi(catch_unwind)]
pub fn abi_version() -> u32 {
    calls::abi_version()
}

/// Opens an engine, or connects to one, from its JSON configuration; resolves to the lane's number or a failure.
#[napi(catch_unwind)]
pub fn open<'env>(env: &'env Env, config: String, bell: Function<'env, (), ()>) -> Result<Object<'env>> {
    opening::begin(env, config, bell)
}

/// Gives a lane its buffers: commands from JavaScript, events to it. Larger ones may follow later. One exchange
/// brings back at most `turns_max` turns.
#[napi(catch_unwind)]
pub fn attach(lane: u32, commands: Uint8Array, events: Uint8Array, turns_max: u32) -> bool {
    lane::with(lane, |lane| lane.attach(commands, events, turns_max)).is_some()
}

/// Takes the words through which JavaScript says what `exchange` and `poll` are for, and which turn's handler runs: lane, start and end
/// of the commands, start of the room for events, two halves of the turn, whose context is `running.context`. One array serves the
/// whole isolate. `module` is what calls handlers.
#[napi(catch_unwind)]
pub fn share(env: Env, words: Uint32Array, running: Object<'_>, module: String) -> Result<()> {
    if words.len() < lane::WORDS {
        return Err(Error::from_reason("there are too few words"));
    }
    looks::allow(&env, words.as_ptr(), &running, module)?;
    lane::share(words);
    env.add_env_cleanup_hook((), |()| {
        looks::end();
        lane::unshare();
    })?;
    Ok(())
}

/// Hands in the commands from one offset of the buffer to another; answers the bytes of events written, behind those that
/// JavaScript has not read yet.
///
/// This and `poll` are the calls that run per message. They take no arguments, because napi keeps books for each call
/// that has some: 260 ns a call against 60 ns (measured).
#[napi(catch_unwind)]
pub fn exchange() -> i32 {
    let [lane, start, end, room] = lane::words();
    short(lane::with(lane, |lane| lane.exchange(start, end, room)))
}

/// Takes what waits in the lane's queue; answers the bytes of events written.
#[napi(catch_unwind)]
pub fn poll() -> i32 {
    let [lane, _, _, room] = lane::words();
    short(lane::with(lane, |lane| lane.poll(room)))
}

/// What a call on a lane answers: never more than the buffer's bytes.
fn short(answer: Option<Option<i64>>) -> i32 {
    answer.flatten().unwrap_or(NO_LANE) as i32
}

/// Moves a long payload out; answers its bytes.
#[napi(catch_unwind)]
pub fn blob(lane: u32, id_low: u32, id_high: u32, mut into: Uint8Array) -> i64 {
    let engine = lane::with(lane, |lane| lane.engine);
    // SAFETY: the array was made by the SDK for this one call; nothing else reads or writes it meanwhile.
    let out = unsafe { into.as_mut() };
    engine.map_or(NO_LANE, |engine| calls::blob(engine, convert::id(id_low, id_high), out))
}

/// JSON about a topic (`stats`, ...).
#[napi(catch_unwind)]
pub fn describe(lane: u32, topic: String) -> Either<String, CoreFailure> {
    match lane::with(lane, |lane| lane.engine) {
        Some(engine) => answer(engine, &topic),
        None => Either::B(CoreFailure::read(NO_LANE, &[])),
    }
}

/// The same for a topic that waits for the store or for another machine; resolves to the answer.
#[napi(catch_unwind)]
pub fn inquire(lane: u32, topic: String) -> AsyncTask<Inquiry> {
    // Handle 0 is no engine: the core answers Closed.
    let engine = lane::with(lane, |lane| lane.engine).unwrap_or(0);
    AsyncTask::new(Inquiry { engine, topic })
}

/// A question on its way.
pub struct Inquiry {
    engine: u64,
    topic: String,
}

impl Task for Inquiry {
    type Output = Either<String, CoreFailure>;
    type JsValue = Either<String, CoreFailure>;

    fn compute(&mut self) -> Result<Self::Output> {
        Ok(answer(self.engine, &self.topic))
    }

    fn resolve(&mut self, _env: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(output)
    }
}

fn answer(engine: u64, topic: &str) -> Either<String, CoreFailure> {
    let mut out = vec![0; 4096];
    loop {
        let bytes = calls::describe(engine, topic.as_bytes(), &mut out);
        if bytes < 0 {
            return Either::B(CoreFailure::read(bytes, &out));
        }
        if bytes as usize <= out.len() {
            return Either::A(String::from_utf8_lossy(&out[..bytes as usize]).into_owned());
        }
        out = vec![0; bytes as usize];
    }
}

/// Begins to watch for a lane's engine: stacks of running handlers can be looked at, and a handler that holds up the event loop for
/// longer than `slow_ms` is named while it does.
#[napi(catch_unwind)]
pub fn watch(lane: u32, slow_ms: u32) -> Result<()> {
    let slow_after = Duration::from_millis(u64::from(slow_ms));
    let begun = lane::with(lane, |lane| {
        lane.named = watch::begin(lane.engine, looks::of_this_isolate(), slow_after)?;
        Ok(())
    });
    begun.unwrap_or(Ok(()))
}

/// The stack of a slow handler that was named while it ran, once.
#[napi(catch_unwind)]
pub fn named_stack(lane: u32, who: String) -> Option<String> {
    lane::with(lane, |lane| watch::take(&lane.named, &who)).flatten()
}

/// A copy of the data on its way, to a backup or back from one.
pub enum Copying {
    /// From an open engine to a folder.
    Backup {
        /// The open engine.
        engine: u64,
        /// The new folder.
        folder: String,
    },
    /// From a backup's folder to a new data folder.
    Restore {
        /// The backup's folder.
        from: String,
        /// The new data folder.
        into: String,
    },
}

impl Task for Copying {
    type Output = Option<CoreFailure>;
    type JsValue = Option<CoreFailure>;

    fn compute(&mut self) -> Result<Self::Output> {
        let mut out = vec![0; OUT_BYTES_MIN];
        let result = match self {
            Self::Backup { engine, folder } => calls::backup(*engine, folder.as_bytes(), &mut out),
            Self::Restore { from, into } => calls::restore(from.as_bytes(), into.as_bytes(), &mut out),
        };
        Ok((result < 0).then(|| CoreFailure::read(result, &out)))
    }

    fn resolve(&mut self, _env: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(output)
    }
}

/// Copies the data of an open engine to a folder; resolves to a failure or nothing.
#[napi(catch_unwind)]
pub fn backup(lane: u32, folder: String) -> AsyncTask<Copying> {
    // Handle 0 is no engine: the core answers Closed.
    let engine = lane::with(lane, |lane| lane.engine).unwrap_or(0);
    AsyncTask::new(Copying::Backup { engine, folder })
}

/// Makes a data folder from a backup; resolves to a failure or nothing.
#[napi(catch_unwind)]
pub fn restore(from: String, into: String) -> AsyncTask<Copying> {
    AsyncTask::new(Copying::Restore { from, into })
}

/// Begins to close; the end comes as an event.
#[napi(catch_unwind)]
pub fn close(lane: u32, deadline_ms: u32) -> i64 {
    lane::with(lane, |lane| lane.engine).map_or(NO_LANE, |engine| calls::close(engine, deadline_ms))
}

/// Lets a closed engine go; the lane's number is never used again.
#[napi(catch_unwind)]
pub fn free(lane: u32) -> i64 {
    lane::remove(lane).map_or(NO_LANE, calls::free)
}

/// Panics inside the core's guard, for the tests: a panic must come back as `Internal`.
#[napi(catch_unwind)]
pub fn provoke_panic() -> CoreFailure {
    let mut out = vec![0; OUT_BYTES_MIN];
    let result = calls::provoke_panic(&mut out);
    CoreFailure::read(result, &out)
}
