//! Events into a frame. What does not fit stays in the lane.

use std::io::Write;

use everact::error::FAILURE_TEXT_BYTES_MAX;
use everact::process::ProcessId;
use everact::{Failure, HostEvent, Payload, Sender, TurnStart};

use crate::blob::Blobs;
use crate::layout::{
    BLOB_REFERENCE_BYTES, BYTES_AT, FLAGS_AT, HEADER_BYTES, ID_AT, INLINE_BYTES_MAX, TYPE_AT, cancel_turn,
    closed, failure, forget, notice, receive_timed_out, reply, turn,
};
use crate::note::encode;

/// A frame that is being written.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut [u8],
    used: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self { out, used: 0 }
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Writes an event; gives it back where there is no room.
    pub(crate) fn event(&mut self, event: HostEvent, blobs: &Blobs) -> Result<(), HostEvent> {
        if self.out.len() - self.used < needed(&event) {
            return Err(event);
        }
        match event {
            HostEvent::Turn(start) => self.turn(start, blobs),
            HostEvent::Reply { ask, outcome: Ok(payload) } => self.reply(ask.0, &payload, blobs),
            HostEvent::Reply { ask, outcome: Err(failure) } => {
                // An application error's text is its fields: whole or not at all.
                let text = cut(&failure.text, FAILURE_TEXT_BYTES_MAX);
                let at = self.begin(reply::TYPE, reply::FAILED, ask.0, reply::FIXED_BYTES);
                self.u16(at + reply::code, failure.code as u16);
                self.u32(at + reply::payload_bytes, text.len() as u32);
                self.finish(at, &[text]);
            }
            HostEvent::ReceiveTimedOut(turn) => {
                let at = self.begin(receive_timed_out::TYPE, 0, turn.0, receive_timed_out::FIXED_BYTES);
                self.finish(at, &[]);
            }
            HostEvent::Forget(activation) => {
                let at = self.begin(forget::TYPE, 0, activation.0, forget::FIXED_BYTES);
                self.finish(at, &[]);
            }
            HostEvent::CancelTurn(id, code) => {
                let at = self.begin(cancel_turn::TYPE, 0, id.0, cancel_turn::FIXED_BYTES);
                self.u16(at + cancel_turn::code, code as u16);
                self.finish(at, &[]);
            }
            HostEvent::Closed => {
                let at = self.begin(closed::TYPE, 0, 0, closed::FIXED_BYTES);
                self.finish(at, &[]);
            }
            HostEvent::Observed(seen) => {
                let code = seen.code().map_or(notice::SLOW_TURN, |code| code as u16);
                self.text(notice::TYPE, 0, code, &seen.to_string(), TEXT_BYTES_MAX);
            }
            HostEvent::Log(line) => {
                let at = self.begin(notice::TYPE, 0, 0, notice::FIXED_BYTES);
                self.u16(at + notice::level, line.level as u16);
                self.u32(at + notice::text_bytes, line.json.len() as u32);
                self.finish(at, &[line.json.as_bytes()]);
            }
        }
        Ok(())
    }

    /// Writes that a command could not be taken, where there is room, and leaves so many bytes for what follows.
    pub(crate) fn failure(&mut self, id: u64, failed: &Failure, leave: usize) {
        let Some(room) = (self.out.len() - self.used).checked_sub(failure::FIXED_BYTES) else { return };
        // A small buffer gets the beginning of the text: the code alone says too little.
        let room = room.saturating_sub(leave).saturating_sub(8);
        self.text(failure::TYPE, id, failed.code as u16, &failed.text, room);
    }

    fn text(&mut self, kind: u16, id: u64, code: u16, text: &str, room: usize) {
        let text = cut(text, room.min(TEXT_BYTES_MAX));
        let at = self.begin(kind, 0, id, notice::FIXED_BYTES);
        self.u16(at + notice::code, code);
        self.u32(at + notice::text_bytes, text.len() as u32);
        self.finish(at, &[text]);
    }

    fn turn(&mut self, start: TurnStart, blobs: &Blobs) {
        let mut flags = 0;
        let mut references = [[0u8; BLOB_REFERENCE_BYTES]; 2];
        let process;
        let mut key: &[u8] = &[];
        let mut state: &[u8] = &[];
        if let Some(birth) = &start.birth {
            flags |= turn::FIRST;
            key = birth.key.as_bytes();
            if let Some(ProcessId(number)) = birth.process {
                flags |= turn::PROCESS;
                process = number.to_le_bytes();
                key = &process;
            }
            if let Some(stored) = &birth.state {
                flags |= turn::STATE;
                state = stored;
            }
        }
        let [state_reference, payload_reference] = &mut references;
        if state.len() > INLINE_BYTES_MAX {
            flags |= turn::STATE_BLOB;
            *state_reference = blobs.keep(state.to_vec());
            state = state_reference;
        }
        let metadata = start.payload.metadata().map_or(&[][..], |metadata| metadata.as_bytes());
        let note = noted(&start.payload);
        let mut payload = note.as_deref().or(start.payload.bytes()).unwrap_or(&[]);
        if start.payload == Payload::Own {
            flags |= turn::OWN;
        } else if payload.len() > INLINE_BYTES_MAX {
            flags |= turn::BLOB;
            *payload_reference = blobs.keep(payload.to_vec());
            payload = payload_reference;
        }
        if start.sender.as_ref().is_some_and(|sender| sender.process.is_some()) {
            flags |= turn::SENDER_PROCESS;
        }
        let (mut room, mut long) = ([0; SENDER_ROOM], String::new());
        let sender = start.sender.as_ref().map_or(&[][..], |sender| named(sender, &mut room, &mut long));
        let bits = [
            (start.read_only, turn::READ_ONLY),
            (start.nested, turn::NESTED),
            (start.received, turn::RECEIVED),
            (start.internal, turn::INTERNAL),
            (start.ask.is_none(), turn::TELL),
            (!metadata.is_empty(), turn::METADATA),
        ];
        flags |= bits.iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit);
        let at = self.begin(turn::TYPE, flags, start.turn.0, turn::FIXED_BYTES);
        self.u64(at + turn::activation, start.activation.0);
        self.u16(at + turn::kind, start.kind.0);
        self.u16(at + turn::handler, start.handler.0);
        self.u32(at + turn::remaining_ms, start.remaining_ms);
        self.u64(at + turn::now_ms, start.now_ms as u64);
        self.u64(at + turn::seed, start.seed);
        self.u64(at + turn::ask, start.ask.map_or(0, |ask| ask.0));
        self.u64(at + turn::revision, start.revision);
        self.u32(at + turn::key_bytes, key.len() as u32);
        self.u32(at + turn::state_bytes, state.len() as u32);
        self.u32(at + turn::payload_bytes, payload.len() as u32);
        self.u32(at + turn::sender_bytes, sender.len() as u32);
        self.finish(at, &[key, state, payload, sender, metadata]);
    }

    fn reply(&mut self, id: u64, payload: &Payload, blobs: &Blobs) {
        let mut flags = 0;
        let reference;
        let note = noted(payload);
        let mut bytes = note.as_deref().or(payload.bytes()).unwrap_or(&[]);
        let metadata = payload.metadata().map_or(&[][..], |metadata| metadata.as_bytes());
        if !metadata.is_empty() {
            flags |= reply::METADATA;
        }
        if *payload == Payload::Own {
            flags |= reply::OWN;
        } else if bytes.len() > INLINE_BYTES_MAX {
            flags |= reply::BLOB;
            reference = blobs.keep(bytes.to_vec());
            bytes = &reference;
        }
        let at = self.begin(reply::TYPE, flags, id, reply::FIXED_BYTES);
        self.u16(at + reply::code, 0);
        self.u32(at + reply::payload_bytes, bytes.len() as u32);
        self.finish(at, &[bytes, metadata]);
    }

    /// Writes a header and clears the fixed fields; returns the record's start.
    fn begin(&mut self, kind: u16, flags: u16, id: u64, fixed_bytes: usize) -> usize {
        let at = self.used;
        self.out[at..at + fixed_bytes].fill(0);
        self.u16(at + TYPE_AT, kind);
        self.u16(at + FLAGS_AT, flags);
        self.u64(at + ID_AT, id);
        self.used = at + fixed_bytes;
        at
    }

    fn finish(&mut self, at: usize, parts: &[&[u8]]) {
        for part in parts {
            self.out[self.used..self.used + part.len()].copy_from_slice(part);
            self.used += part.len();
        }
        let end = self.used.next_multiple_of(8);
        self.out[self.used..end].fill(0);
        self.used = end;
        self.u32(at + BYTES_AT, (end - at) as u32);
    }

    fn u16(&mut self, at: usize, value: u16) {
        self.out[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, at: usize, value: u32) {
        self.out[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, at: usize, value: u64) {
        self.out[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
}

/// What the core itself tells, encoded.
fn noted(payload: &Payload) -> Option<Vec<u8>> {
    match payload {
        Payload::Note(note) => Some(encode(note)),
        _ => None,
    }
}

/// A slash, and the number of a process in decimal.
const SENDER_BYTES: usize = 1 + 20;

/// Longer texts of notices and of commands that could not be read are cut: they are for people.
const TEXT_BYTES_MAX: usize = 4096;

fn cut(text: &str, bytes_max: usize) -> &[u8] {
    &text.as_bytes()[..text.floor_char_boundary(bytes_max)]
}

/// Bytes that an event takes at most.
fn needed(event: &HostEvent) -> usize {
    let inline = |length: usize| if length > INLINE_BYTES_MAX { BLOB_REFERENCE_BYTES } else { length };
    let carried = |payload: &Payload| {
        let metadata = payload.metadata().map_or(0, |metadata| metadata.as_bytes().len());
        let bytes = noted(payload).map_or(payload.bytes().map_or(0, <[u8]>::len), |note| note.len());
        inline(bytes) + metadata
    };
    let variable = match event {
        HostEvent::Turn(start) => {
            let birth = start.birth.as_ref().map_or(0, |birth| {
                birth.key.len() + size_of::<ProcessId>() + inline(birth.state.as_ref().map_or(0, Vec::len))
            });
            let sender =
                start.sender.as_ref().map_or(0, |sender| sender.kind.len() + sender.key.len() + SENDER_BYTES);
            birth + sender + carried(&start.payload)
        }
        HostEvent::Reply { outcome: Ok(payload), .. } => carried(payload),
        HostEvent::Reply { outcome: Err(failure), .. } => failure.text.len().min(FAILURE_TEXT_BYTES_MAX),
        HostEvent::Observed(seen) => seen.to_string().len().min(TEXT_BYTES_MAX),
        HostEvent::Log(line) => line.json.len(),
        HostEvent::Forget(_)
        | HostEvent::ReceiveTimedOut(_)
        | HostEvent::CancelTurn(..)
        | HostEvent::Closed => 0,
    };
    turn::FIXED_BYTES.max(HEADER_BYTES) + variable + 8
}

/// What a sender's name takes at most where nothing is allocated for it; most are shorter.
const SENDER_ROOM: usize = 96;

/// A sender's name as text: in `room`, or where it is too long for that in `long`.
fn named<'a>(sender: &Sender, room: &'a mut [u8; SENDER_ROOM], long: &'a mut String) -> &'a [u8] {
    let mut rest = &mut room[..];
    if write!(rest, "{sender}").is_ok() {
        let used = SENDER_ROOM - rest.len();
        return &room[..used];
    }
    *long = sender.to_string();
    long.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_named_alike_whether_its_name_is_short_or_long() {
        for length in [1, SENDER_ROOM - 3, SENDER_ROOM - 2, SENDER_ROOM - 1, SENDER_ROOM, 1024] {
            let sender = Sender { kind: "a".into(), key: "k".repeat(length).into(), process: None };
            assert_eq!(
                named(&sender, &mut [0; SENDER_ROOM], &mut String::new()),
                format!("a/{}", sender.key).as_bytes()
            );
        }
    }
}
