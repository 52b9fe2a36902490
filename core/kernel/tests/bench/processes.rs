//! What tests of processes do with a bench: each call as its engine makes it.

use everact_kernel::action::Action;
use everact_kernel::address::KindId;
use everact_kernel::kind::{Kind, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::Spawn;

use super::{Bench, Send, WORK, ask, done, kind};

pub const WORKER: KindId = KindId(2);
pub const RECEIVER: KindId = KindId(3);
pub const HOOKED: KindId = KindId(4);

pub fn kinds() -> Vec<Kind> {
    let process = |name: &str, role| Kind { role, ..kind(name, false) };
    vec![
        kind("cache", false),
        kind("account", true),
        process("worker", Role::Process),
        process("receiver", Role::Receiver),
        Kind { activated: true, ..process("hooked", Role::Process) },
    ]
}

pub fn with_processes() -> Bench {
    Bench::with(kinds(), Limits::default())
}

pub fn call<T>(bench: &mut Bench, call: impl FnOnce(&mut Bench, &mut Vec<Action>) -> T) -> T {
    let mut out = Vec::new();
    let result = call(bench, &mut out);
    bench.take(out);
    result
}

pub fn spawn_with(bench: &mut Bench, given: &Spawn<'_>) -> ProcessId {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.spawn(given, now, out)).expect("there is room")
}

pub fn plain(kind: KindId) -> Spawn<'static> {
    Spawn { kind, argument: b"argument", by: None, link: false, monitor: None }
}

pub fn spawn(bench: &mut Bench) -> ProcessId {
    spawn_with(bench, &plain(WORKER))
}

pub fn link(bench: &mut Bench, of: ProcessId, to: ProcessId) {
    let now = bench.now;
    let (of, to) = (Resident::Process(of), Resident::Process(to));
    call(bench, |bench, out| bench.shard.link(&of, &to, now, out)).expect("there is room");
}

pub fn unlink(bench: &mut Bench, of: ProcessId, from: ProcessId) {
    let now = bench.now;
    call(bench, |bench, out| bench.shard.unlink(&Resident::Process(of), &Resident::Process(from), now, out));
}

pub fn monitor(bench: &mut Bench, of: ProcessId, to: ProcessId, number: u64) {
    let (now, of, to) = (bench.now, Resident::Process(of), Resident::Process(to));
    call(bench, |bench, out| bench.shard.monitor(&of, &to, MonitorId(number), now, out))
        .expect("there is room");
}

pub fn demonitor(bench: &mut Bench, of: ProcessId, number: u64, flush: bool) -> bool {
    let (now, of) = (bench.now, Resident::Process(of));
    call(bench, |bench, out| bench.shard.demonitor(&of, MonitorId(number), flush, now, out))
}

pub fn exit(bench: &mut Bench, of: ProcessId, to: ProcessId, reason: ExitReason) {
    let now = bench.now;
    call(bench, |bench, out| {
        bench.shard.exit(Resident::Process(of), &Resident::Process(to), reason, now, out);
    });
}

pub fn trap(bench: &mut Bench, of: ProcessId) {
    bench.shard.trap_exits(&Resident::Process(of), true);
}

pub fn send(bench: &mut Bench, process: ProcessId, tell: bool) -> u64 {
    bench.send(Send { key: "", process: Some(process), tell, ..ask(WORKER, WORK, "") })
}

pub fn custom(text: &str) -> ExitReason {
    ExitReason::Custom(text.as_bytes().into())
}

pub fn alive(bench: &Bench, process: ProcessId) -> bool {
    bench.shard.is_alive(process)
}

/// The notes among the turns handed out, of which each is completed.
pub fn notes(bench: &mut Bench) -> Vec<Note> {
    let mut notes = Vec::new();
    while !bench.turns.is_empty() {
        let turn = bench.finish(&done(b""));
        if let Payload::Note(note) = turn.payload {
            notes.push(*note);
        }
    }
    notes
}

/// Of one that there is no more, nobody knows the kind.
fn kind_beside(reason: &ExitReason) -> Option<KindId> {
    (*reason != ExitReason::NoProcess).then_some(WORKER)
}

pub fn exit_note(from: ProcessId, reason: ExitReason) -> Note {
    let kind = kind_beside(&reason);
    Note::Exit { from: Resident::Process(from), kind, reason, parent: false }
}

pub fn down(number: u64, from: ProcessId, reason: ExitReason) -> Note {
    let kind = kind_beside(&reason);
    Note::Down { monitor: MonitorId(number), from: Resident::Process(from), kind, reason }
}
