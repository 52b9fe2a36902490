//! A host in bytes: writes commands and reads events by the layout's table alone.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its own part")]

pub mod processes;

use everact_boundary::calls;
use everact_boundary::layout::{self, ask, complete, failure, reply, turn};

pub const CONFIG: &str = r#"{"message_bytes_max":200000,"kinds":[
    {"name":"echo","durable":false,"handlers":[{"name":"work"},{"name":"look","read_only":true}]}]}"#;

/// One record of a frame.
#[derive(Clone, Debug)]
pub struct Record(pub Vec<u8>);

impl Record {
    pub fn new(kind: u16, flags: u16, id: u64, fixed_bytes: usize) -> Self {
        let mut bytes = vec![0; fixed_bytes];
        bytes[layout::TYPE_AT..layout::TYPE_AT + 2].copy_from_slice(&kind.to_le_bytes());
        bytes[layout::FLAGS_AT..layout::FLAGS_AT + 2].copy_from_slice(&flags.to_le_bytes());
        bytes[layout::ID_AT..layout::ID_AT + 8].copy_from_slice(&id.to_le_bytes());
        Self(bytes)
    }

    pub fn u16(mut self, at: usize, value: u16) -> Self {
        self.0[at..at + 2].copy_from_slice(&value.to_le_bytes());
        self
    }

    pub fn u32(mut self, at: usize, value: usize) -> Self {
        self.0[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
        self
    }

    /// Adds a variable part.
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Pads and writes the length.
    pub fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let length = self.0.len();
        self.u32(layout::BYTES_AT, length).0
    }

    pub fn read_u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.0[at..at + 2].try_into().expect("two bytes"))
    }

    pub fn read_u32(&self, at: usize) -> usize {
        u32::from_le_bytes(self.0[at..at + 4].try_into().expect("four bytes")) as usize
    }

    pub fn read_u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes"))
    }

    pub fn kind(&self) -> u16 {
        self.read_u16(layout::TYPE_AT)
    }

    pub fn flags(&self) -> u16 {
        self.read_u16(layout::FLAGS_AT)
    }

    pub fn id(&self) -> u64 {
        self.read_u64(layout::ID_AT)
    }
}

/// The records of a frame.
pub fn records(frame: &[u8]) -> Vec<Record> {
    let mut rest = frame;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let length = Record(rest[..16].to_vec()).read_u32(layout::BYTES_AT);
        assert!(
            length >= 16 && length.is_multiple_of(8) && length <= rest.len(),
            "the core writes whole records"
        );
        all.push(Record(rest[..length].to_vec()));
        rest = &rest[length..];
    }
    all
}

pub fn ask_record(id: u64, flags: u16, key: &[u8], payload: &[u8]) -> Vec<u8> {
    ask_with(id, flags, key, payload, &[])
}

/// With a block of metadata after the other parts.
pub fn ask_with(id: u64, flags: u16, key: &[u8], payload: &[u8], metadata: &[u8]) -> Vec<u8> {
    Record::new(ask::TYPE, flags, id, ask::FIXED_BYTES)
        .u32(ask::deadline_ms, layout::NO_DEADLINE as usize)
        .u32(ask::key_bytes, key.len())
        .u32(ask::payload_bytes, payload.len())
        .part(key)
        .part(payload)
        .part(metadata)
        .end()
}

pub fn complete_record(id: u64, text: &[u8]) -> Vec<u8> {
    Record::new(complete::TYPE, 0, id, complete::FIXED_BYTES)
        .u32(complete::reply_bytes, text.len())
        .part(text)
        .end()
}

/// An engine behind the boundary.
pub struct Host {
    pub engine: u64,
    out: Vec<u8>,
}

impl Host {
    pub fn open() -> Self {
        Self::open_with("\"lane\":\"loop\"")
    }

    /// With one more setting, as JSON.
    pub fn open_with(setting: &str) -> Self {
        Self::open_as(&CONFIG.replacen('{', &format!("{{{setting},"), 1))
    }

    /// With this configuration.
    pub fn open_as(config: &str) -> Self {
        let mut engine = 0;
        let mut out = vec![0; layout::OUT_BYTES_MIN];
        let code = calls::open(config.as_bytes(), None, &mut out, &mut engine);
        assert_eq!(code, 0, "{}", String::from_utf8_lossy(&out[..200]));
        Self { engine, out }
    }

    /// Hands commands in; the events, or the failure's code and text.
    pub fn exchange(&mut self, commands: &[u8]) -> Result<Vec<Record>, (i64, String)> {
        let bytes = calls::exchange(self.engine, commands, &mut self.out, 16, 0);
        self.read(bytes)
    }

    pub fn poll(&mut self) -> Vec<Record> {
        let bytes = calls::poll(self.engine, &mut self.out, 0);
        self.read(bytes).expect("polling works")
    }

    fn read(&self, bytes: i64) -> Result<Vec<Record>, (i64, String)> {
        match usize::try_from(bytes) {
            Ok(bytes) => Ok(records(&self.out[..bytes])),
            Err(_) => {
                let length = Record(self.out[..16].to_vec()).read_u32(layout::BYTES_AT);
                Err((-bytes, failure_text(&Record(self.out[..length].to_vec()))))
            }
        }
    }

    /// Begins to close.
    pub fn close(&self, deadline_ms: u32) {
        assert_eq!(calls::close(self.engine, deadline_ms), 0);
    }

    /// A plain ask, its turn and its reply: the engine is alive.
    pub fn works(&mut self, number: u64) {
        let events = self
            .exchange(&ask_record(number, ask::CALLER_RUNS, b"alive", b"x"))
            .expect("the engine takes commands");
        let start = events.iter().find(|record| record.kind() == turn::TYPE).expect("the actor is idle");
        let events = self.exchange(&complete_record(start.id(), b"y")).expect("the engine takes commands");
        assert!(events.iter().any(|record| (record.kind(), record.id()) == (reply::TYPE, number)));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        calls::free(self.engine);
    }
}

pub fn failure_text(record: &Record) -> String {
    let length = record.read_u32(failure::text_bytes);
    String::from_utf8(record.0[failure::FIXED_BYTES..failure::FIXED_BYTES + length].to_vec()).expect("text")
}
