//! A host of processes: what it does and sees.

use everact_boundary::layout::{ask, complete, name, receive, reply, spawn, tie, turn};

use super::{Host, Record};

const KINDS: &str = r#"{"lane":"loop","kinds":[
    {"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]},
    {"name":"loop","role":"receiver","durable":false,"handlers":[{"name":"work"}]},
    {"name":"hooked","role":"process","durable":false,"activated":true,"handlers":[{"name":"other"},{"name":"work"}]}]}"#;

pub fn u64_at(mut record: Record, at: usize, value: u64) -> Record {
    record.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    record
}

pub fn spawn_record(id: u64, kind: u16, flags: u16, parent: u64, monitor: u64) -> Vec<u8> {
    let record = Record::new(spawn::TYPE, flags, id, spawn::FIXED_BYTES).u16(spawn::kind, kind);
    let record = u64_at(u64_at(record, spawn::parent, parent), spawn::monitor_id, monitor);
    record.u32(spawn::argument_bytes, 2).part(b"{}").end()
}

pub fn tie_record(id: u64, what: u16, flags: u16, on: u64, process: u64) -> Record {
    let record = Record::new(tie::TYPE, flags | tie::PROCESS, id, tie::FIXED_BYTES).u16(tie::what, what);
    u64_at(u64_at(record, tie::turn, on), tie::process, process)
}

pub fn message(id: u64, flags: u16, process: u64, payload: &[u8]) -> Vec<u8> {
    super::ask_record(id, flags | ask::PROCESS, &process.to_le_bytes(), payload)
}

pub fn name_record(id: u64, what: u16, text: &[u8], process: u64) -> Vec<u8> {
    let record = Record::new(name::TYPE, 0, id, name::FIXED_BYTES).u16(name::what, what);
    u64_at(record, name::process, process).u32(name::name_bytes, text.len()).part(text).end()
}

pub fn receive_record(id: u64, timeout_ms: usize) -> Vec<u8> {
    Record::new(receive::TYPE, 0, id, receive::FIXED_BYTES).u32(receive::timeout_ms, timeout_ms).end()
}

/// What a host does and sees.
pub struct World {
    pub host: Host,
    pub id: u64,
}

impl World {
    pub fn new() -> Self {
        Self { host: Host::open_as(KINDS), id: 0 }
    }

    pub fn next(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    pub fn exchange(&mut self, commands: &[u8]) -> Vec<Record> {
        let mut events = self.host.exchange(commands).expect("the commands are well formed");
        events.append(&mut self.host.poll());
        events
    }

    /// The numbers of a command's reply, and the other events.
    pub fn numbers(&mut self, id: u64, commands: &[u8]) -> (Result<Vec<u64>, u16>, Vec<Record>) {
        let mut events = self.exchange(commands);
        let at =
            events.iter().position(|one| (one.kind(), one.id()) == (reply::TYPE, id)).expect("an answer");
        let answer = events.remove(at);
        if answer.flags() & reply::FAILED != 0 {
            return (Err(answer.read_u16(reply::code)), events);
        }
        let bytes = &answer.0[reply::FIXED_BYTES..][..answer.read_u32(reply::payload_bytes)];
        let list = bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().expect("whole words")));
        (Ok(list.collect()), events)
    }

    pub fn spawn(&mut self, kind: u16, parent: u64, flags: u16) -> (u64, Vec<Record>) {
        let id = self.next();
        let (numbers, events) = self.numbers(id, &spawn_record(id, kind, flags, parent, 77));
        (numbers.expect("there is room")[0], events)
    }

    /// A turn of a process that stays open.
    pub fn open(&mut self, process: u64) -> (u64, u64) {
        let id = self.next();
        let events = self.exchange(&message(id, ask::CALLER_RUNS, process, b"1"));
        let turn = events.iter().find(|one| one.kind() == turn::TYPE).expect("it is idle");
        (turn.id(), id)
    }

    pub fn end(&mut self, of: u64, reason: u64) -> Vec<Record> {
        let done = Record::new(complete::TYPE, 0, of, complete::FIXED_BYTES)
            .u16(complete::exit, reason as u16)
            .u16(complete::exit_bytes, 5)
            .part(b"\"why\"")
            .end();
        self.exchange(&done)
    }
}

pub fn json(record: &Record) -> serde_json::Value {
    let at = turn::FIXED_BYTES + record.read_u32(turn::key_bytes) + record.read_u32(turn::state_bytes);
    serde_json::from_slice(&record.0[at..at + record.read_u32(turn::payload_bytes)]).expect("it is JSON")
}
