//! Frames: the bytes of known commands and events, and that no bytes at all can hurt the engine.

mod host;

use everact_boundary::layout::{self, ask, complete, failure, reply, tell, turn};
use host::{Host, ask_record, complete_record, failure_text};
use proptest::prelude::*;

const MALFORMED: u16 = everact_boundary::engine::ErrorCode::MalformedFrame as u16;

/// Written by hand from docs/reference/boundary.md, not by our own writer.
const GOLDEN_ASK: &[u8] = &[
    64, 0, 0, 0, 1, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, // 64 bytes, type 1, CALLER_RUNS, ask 7
    0, 0, 1, 0, 0x88, 0x13, 0, 0, // kind 0, handler 1, 5,000 ms
    0, 0, 0, 0, 0, 0, 0, 0, // no parent
    0, 0, 0, 0, 0, 0, 0, 0, // no sequence
    0, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, // key of 3, payload of 2, no source
    b'S', b'F', b'O', b'4', b'2', 0, 0, 0,
];

#[test]
fn a_turn_has_the_bytes_of_the_page() {
    let mut host = Host::open();
    let events = host.exchange(GOLDEN_ASK).expect("it is an ask");
    let start = &events[0];
    assert_eq!(&start.0[..8], &[88, 0, 0, 0, 16, 0, 1 + 2 + 8, 0], "88 bytes, type 16, FIRST READ_ONLY OWN");
    assert_eq!(&start.0[24..32], &[0, 0, 1, 0, 0x88, 0x13, 0, 0], "kind 0, handler 1, 5,000 ms left");
    assert_eq!((start.read_u64(turn::ask), start.read_u32(turn::key_bytes)), (7, 3));
    assert_eq!(&start.0[80..], b"SFO\0\0\0\0\0");
    let mut done = vec![40, 0, 0, 0, 2, 0, 0, 0];
    done.extend_from_slice(&start.0[8..16]);
    done.extend_from_slice(&[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'o', b'k', 0, 0, 0, 0, 0, 0]);
    let events = host.exchange(&done).expect("it is a completion");
    assert_eq!(events[0].0, [24, 0, 0, 0, 17, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/// One entry: a name of 1 byte, a value of 2, by hand from the page.
const METADATA: &[u8] = &[1, 0, 1, 0, 2, 0, 0, 0, b'n', b'o', b'k'];

#[test]
fn metadata_travels_with_the_message_and_with_the_reply() {
    let mut host = Host::open();
    let ask = host::ask_with(7, ask::CALLER_RUNS | ask::METADATA, b"a", b"message", METADATA);
    let events = host.exchange(&ask).expect("it is an ask");
    let start = &events[0];
    assert!(start.flags() & turn::METADATA != 0 && start.flags() & turn::OWN == 0);
    let at = turn::FIXED_BYTES + start.read_u32(turn::key_bytes) + start.read_u32(turn::payload_bytes);
    assert_eq!(&start.0[at..at + METADATA.len()], METADATA);
    let done = host::Record::new(complete::TYPE, complete::METADATA, start.id(), complete::FIXED_BYTES)
        .u32(complete::reply_bytes, 2)
        .part(b"ok")
        .part(METADATA)
        .end();
    let events = host.exchange(&done).expect("it is a completion");
    assert_eq!(events[0].flags(), reply::METADATA);
    assert_eq!(&events[0].0[reply::FIXED_BYTES..][..2 + METADATA.len()], [b"ok", METADATA].concat());
}

#[test]
fn large_payloads_travel_as_blobs_and_are_fetched_once() {
    let mut host = Host::open();
    let big = vec![b'x'; layout::INLINE_BYTES_MAX + 1];
    let events = host.exchange(&ask_record(1, 0, b"a", &big)).expect("it is an ask");
    let start = &events[0];
    assert!(
        start.flags() & turn::BLOB != 0
            && start.read_u32(turn::payload_bytes) == layout::BLOB_REFERENCE_BYTES
    );
    let at = turn::FIXED_BYTES + start.read_u32(turn::key_bytes);
    let (id, length) = (start.read_u64(at), start.read_u64(at + 8));
    let mut small = [0; 16];
    assert_eq!(
        everact_boundary::calls::blob(host.engine, id, &mut small),
        length as i64,
        "too small: the needed size"
    );
    let mut room = vec![0; length as usize];
    assert_eq!(everact_boundary::calls::blob(host.engine, id, &mut room), length as i64);
    assert_eq!(room, big);
    assert!(everact_boundary::calls::blob(host.engine, id, &mut room) < 0, "it was moved out");
}

#[test]
fn a_turn_beyond_what_the_call_takes_comes_with_the_next_poll_and_brings_its_payload() {
    let mut host = Host::open();
    let mut frame = Vec::new();
    for number in 1..=20 {
        frame.extend(ask_record(number, ask::CALLER_RUNS, format!("k{number}").as_bytes(), b"payload"));
    }
    let here = host.exchange(&frame).expect("asks").len();
    let later = host.poll();
    assert_eq!((here, later.len()), (16, 4));
    assert!(
        later
            .iter()
            .all(|record| record.flags() & turn::OWN == 0 && record.read_u32(turn::payload_bytes) == 7)
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_commands_behind_it_are_carried_out() {
    let good = ask_record(5, 0, b"a", b"m");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (good[..3].to_vec(), "within a record's length"),
        (good[..16].to_vec(), "a record claims 64 bytes, the frame has 16"),
        (host::Record::new(99, 0, 1, 16).end(), "99 is no command"),
        (host::Record::new(ask::TYPE, 0, 1, 16).end(), "shorter than its fixed fields"),
        (ask_record(0, 0, b"a", b"m"), "number is 0"),
        (ask_record(5, 0, &[0xFF, 0xFE], b"m"), "not UTF-8"),
        (
            host::Record::new(ask::TYPE, 0, 1, ask::FIXED_BYTES).u32(ask::key_bytes, usize::MAX).end(),
            "a part claims 4294967295 bytes",
        ),
        (
            host::Record::new(complete::TYPE, 0, 1, complete::FIXED_BYTES).u16(complete::code, 999).end(),
            "999 is no error",
        ),
        (
            host::Record::new(complete::TYPE, 0, 1, complete::FIXED_BYTES)
                .u16(complete::effect_count, 2)
                .part(&host::Record::new(tell::TYPE, 0, 0, tell::FIXED_BYTES).end())
                .end(),
            "within a record's length",
        ),
    ];
    for (number, (frame, text)) in cases.into_iter().enumerate() {
        let mut host = Host::open();
        // Where the length itself cannot be used nothing says where the next command begins.
        let framed = frame.len() > 16 && frame.len().is_multiple_of(8) || frame.len() == 16 && frame[0] == 16;
        let mut frames = ask_record(1_000, 0, b"before", b"m");
        frames.extend(&frame);
        if framed {
            frames.extend(ask_record(1_001, 0, b"behind", b"m"));
        }
        let events = host.exchange(&frames).expect("events");
        assert_eq!((events[0].kind(), events[0].read_u16(failure::code)), (failure::TYPE, MALFORMED));
        assert!(failure_text(&events[0]).contains(text), "{} instead of {text}", failure_text(&events[0]));
        let turns = events.iter().filter(|record| record.kind() == turn::TYPE).count();
        assert_eq!((events.len(), turns), (2 + usize::from(framed), 1 + usize::from(framed)), "{text}");
        host.works(2_000 + number as u64);
    }
}

/// An ask whose turn is open: what a test completes in its own way.
fn open_turn(host: &mut Host, number: u64, key: &[u8]) -> u64 {
    let events = host.exchange(&ask_record(number, ask::CALLER_RUNS, key, b"m")).expect("an ask");
    let start = events.iter().find(|record| record.kind() == turn::TYPE).expect("the actor is idle");
    start.id()
}

/// The failure that an ask ended with.
fn failed_reply(events: &[host::Record], number: u64) -> (u16, String) {
    let found = events.iter().find(|record| (record.kind(), record.id()) == (reply::TYPE, number));
    let found = found.unwrap_or_else(|| panic!("no reply to {number} in {events:?}"));
    assert!(found.flags() & reply::FAILED != 0);
    let text = &found.0[reply::FIXED_BYTES..][..found.read_u32(reply::payload_bytes)];
    (found.read_u16(reply::code), String::from_utf8(text.to_vec()).expect("text"))
}

#[test]
fn a_completion_that_cannot_be_read_ends_its_turn_and_takes_no_other_along() {
    let broken_effect = host::Record::new(tell::TYPE, 0, 0, tell::FIXED_BYTES).u32(tell::key_bytes, 99).end();
    let complete = |id, flags| host::Record::new(complete::TYPE, flags, id, complete::FIXED_BYTES);
    let broken: [&dyn Fn(u64) -> Vec<u8>; 6] = [
        &|id| host::Record::new(complete::TYPE, 0, id, 16).end(),
        &|id| complete(id, 0).u32(complete::reply_bytes, 99).end(),
        &|id| complete(id, 0).u32(complete::state_bytes, usize::MAX).end(),
        &|id| complete(id, 0).u16(complete::code, 999).end(),
        &|id| complete(id, complete::METADATA).part(&[9, 9, 9, 9, 9, 9, 9, 9]).end(),
        &|id| complete(id, 0).u16(complete::effect_count, 1).part(&broken_effect).end(),
    ];
    for (case, broken) in broken.iter().enumerate() {
        let mut host = Host::open();
        let (first, second) = (open_turn(&mut host, 1, b"a"), open_turn(&mut host, 2, b"b"));
        let mut frame = broken(first);
        frame.extend(complete_record(second, b"fine"));
        let events = host.exchange(&frame).expect("events");
        let (code, text) = failed_reply(&events, 1);
        assert_eq!(code, MALFORMED, "case {case}: {text}");
        let fine = |record: &&host::Record| (record.kind(), record.id()) == (reply::TYPE, 2);
        assert_eq!(
            events.iter().find(fine).map(|record| record.flags() & reply::FAILED),
            Some(0),
            "case {case}"
        );
        let again = open_turn(&mut host, 3, b"a");
        let events = host.exchange(&complete_record(again, b"alive")).expect("events");
        assert!(events.iter().any(|record| (record.kind(), record.id()) == (reply::TYPE, 3)), "case {case}");
    }
}

#[test]
fn a_completion_whose_length_cannot_be_used_ends_its_turn() {
    let mut host = Host::open();
    let open = open_turn(&mut host, 1, b"a");
    let mut cut = complete_record(open, b"a reply that is cut off on its way to the core");
    cut.truncate(24);
    let events = host.exchange(&cut).expect("events");
    assert_eq!(events.iter().find(|record| record.kind() == failure::TYPE).map(host::Record::id), Some(open));
    assert_eq!(failed_reply(&events, 1).0, MALFORMED);
    open_turn(&mut host, 2, b"a");
}

#[test]
fn a_turn_can_fail_with_any_bytes_of_any_size_as_its_text() {
    let mut host = Host::open();
    let texts: [(&[u8], &str); 3] = [
        (b"broken \xC3\x28 text", "broken \u{FFFD}( text"),
        (&[0xFF; 200_000], "[cut: the text had 200000 bytes]"),
        (&[b'x'; 200_000], "x [cut: the text had 200000 bytes]"),
    ];
    for (number, (text, expected)) in texts.into_iter().enumerate() {
        let number = number as u64 + 1;
        let open = open_turn(&mut host, number, b"a");
        let failed = host::Record::new(complete::TYPE, 0, open, complete::FIXED_BYTES)
            .u16(complete::code, everact_boundary::engine::ErrorCode::HandlerFailed as u16)
            .u32(complete::reply_bytes, text.len())
            .part(text)
            .end();
        let events = host.exchange(&failed).expect("events");
        let (_, text) = failed_reply(&events, number);
        assert!(
            text.ends_with(expected) && text.len() <= 64 * 1024,
            "{:.60}... of {} bytes",
            text,
            text.len()
        );
    }
}

#[test]
fn an_application_error_arrives_whole_or_is_too_large() {
    use everact_boundary::engine::ErrorCode;
    let mut host = Host::open();
    for (number, (length, code)) in
        [(65_536, ErrorCode::ApplicationError), (65_537, ErrorCode::TooLarge)].into_iter().enumerate()
    {
        let number = number as u64 + 1;
        let open = open_turn(&mut host, number, b"a");
        let text = vec![b'{'; length];
        let failed = host::Record::new(complete::TYPE, 0, open, complete::FIXED_BYTES)
            .u16(complete::code, ErrorCode::ApplicationError as u16)
            .u32(complete::reply_bytes, length)
            .part(&text)
            .end();
        let events = host.exchange(&failed).expect("events");
        let (got, text) = failed_reply(&events, number);
        assert_eq!(got, code as u16);
        assert!(code == ErrorCode::TooLarge || text.len() == length, "{} bytes", text.len());
    }
}

#[test]
fn a_frame_of_too_many_commands_leaves_no_turn_open_and_no_ask_without_an_answer() {
    let mut host = Host::open();
    let open = open_turn(&mut host, 1, b"a");
    let mut frame: Vec<u8> = (0..8192).flat_map(|_| host::Record::new(99, 0, 7, 16).end()).collect();
    frame.extend(complete_record(open, b"x"));
    frame.extend(ask_record(2, 0, b"b", b"m"));
    let mut events = host.exchange(&frame).expect("events");
    assert_eq!(events.iter().filter(|record| record.kind() == failure::TYPE).count(), 8192);
    events.extend(host.poll());
    assert_eq!((failed_reply(&events, 1).0, failed_reply(&events, 2).0), (MALFORMED, MALFORMED));
    host.works(3);
}

#[test]
fn a_buffer_that_is_too_small_is_refused_before_anything_happens() {
    let host = Host::open();
    let mut small = [0; 512];
    let code = everact_boundary::calls::exchange(host.engine, GOLDEN_ASK, &mut small, 1, 0);
    assert_eq!(code, -i64::from(everact_boundary::engine::ErrorCode::InvalidArgument as u16));
    assert!(failure_text(&host::Record(small.to_vec())).contains("it needs 262144"));
}

/// A frame of known commands.
fn frame() -> Vec<u8> {
    let mut frame = ask_record(9, ask::CALLER_RUNS | ask::PRODUCER, "schlüssel".as_bytes(), b"payload");
    frame.extend(ask_record(10, ask::TELL, b"b", b""));
    frame.extend(host::ask_with(11, ask::METADATA, b"c", b"m", METADATA));
    let told = host::Record::new(tell::TYPE, 0, 0, tell::FIXED_BYTES)
        .u32(tell::key_bytes, 1)
        .u32(tell::payload_bytes, 1)
        .part(b"km")
        .end();
    frame.extend(
        host::Record::new(complete::TYPE, complete::DIRTY, 1 << 32, complete::FIXED_BYTES)
            .u16(complete::effect_count, 1)
            .u32(complete::reply_bytes, 5)
            .u32(complete::state_bytes, 3)
            .part(b"reply")
            .part(b"sta")
            .part(&told)
            .end(),
    );
    frame.extend(host::Record::new(layout::cancel::TYPE, 0, 10, 16).end());
    frame
}

/// Hands bytes in and sees to it that the answer is readable and the engine alive.
fn survives(bytes: &[u8]) {
    let mut host = Host::open();
    let events = host.exchange(bytes).expect("a frame is answered with events");
    for start in events.iter().filter(|record| record.kind() == turn::TYPE) {
        host.exchange(&complete_record(start.id(), b"")).expect("a turn can be completed");
    }
    host.poll();
    host.works(i64::MAX as u64);
    assert!(events.iter().all(|record| record.kind() != reply::TYPE || record.id() != 0));
}

#[test]
fn every_truncation_is_survived() {
    let frame = frame();
    for length in 0..frame.len() {
        survives(&frame[..length]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        survives(&bytes);
    }

    #[test]
    fn any_change_of_a_good_frame_is_survived(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = frame();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        survives(&bytes);
    }

    #[test]
    fn records_with_any_fields_are_survived(kind in 0u16..25, flags in any::<u16>(), id in any::<u64>(), rest in proptest::collection::vec(any::<u8>(), 0..96)) {
        survives(&host::Record::new(kind, flags, id, 16).part(&rest).end());
    }
}
