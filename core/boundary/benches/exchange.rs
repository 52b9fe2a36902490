//! What the boundary adds to a turn: two calls with frames, as a host makes them for an ask that it runs itself.
//!
//! Run with `cargo bench -p everact-boundary --bench exchange`; prints one JSON line.

use std::time::Instant;

use everact_boundary::calls;
use everact_boundary::layout::{BYTES_AT, ID_AT, NO_DEADLINE, OUT_BYTES_MIN, TYPE_AT, ask, complete, turn};

const TURNS: u64 = 1_000_000;
const RUNS: usize = 5;

fn put(record: &mut [u8], at: usize, value: u32) {
    record[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn main() {
    let config = br#"{"lane":"loop","caller_runs_max":4000000000,
        "kinds":[{"name":"counter","durable":false,"handlers":[{"name":"add"}]}]}"#;
    let mut out = vec![0; OUT_BYTES_MIN];
    let mut engine = 0;
    assert_eq!(calls::open(config, None, &mut out, &mut engine), 0, "it opens in memory");

    let mut question = vec![0; (ask::FIXED_BYTES + 4).next_multiple_of(8)];
    put(&mut question, BYTES_AT, 64);
    put(&mut question, TYPE_AT, u32::from(ask::TYPE) | u32::from(ask::CALLER_RUNS) << 16);
    put(&mut question, ask::deadline_ms, NO_DEADLINE);
    put(&mut question, ask::key_bytes, 3);
    put(&mut question, ask::payload_bytes, 1);
    question[ask::FIXED_BYTES..ask::FIXED_BYTES + 4].copy_from_slice(b"SFO1");
    let mut answer = vec![0; (complete::FIXED_BYTES + 1).next_multiple_of(8)];
    put(&mut answer, BYTES_AT, 40);
    put(&mut answer, TYPE_AT, u32::from(complete::TYPE));
    put(&mut answer, complete::reply_bytes, 1);
    answer[complete::FIXED_BYTES] = b'1';

    let mut costs = Vec::new();
    for run in 0..RUNS as u64 {
        let started = Instant::now();
        for number in 1..=TURNS {
            question[ID_AT..ID_AT + 8].copy_from_slice(&(run * TURNS + number).to_le_bytes());
            let bytes = calls::exchange(engine, &question, &mut out, 1, 0);
            assert!(bytes >= turn::FIXED_BYTES as i64, "the turn comes back");
            answer[ID_AT..ID_AT + 8].copy_from_slice(&out[ID_AT..ID_AT + 8]);
            assert_eq!(calls::exchange(engine, &answer, &mut out, 1, 0), 24, "the reply comes back");
        }
        costs.push(started.elapsed().as_nanos() as f64 / TURNS as f64);
    }
    costs.sort_by(f64::total_cmp);
    let median = costs[RUNS / 2];
    println!(
        "{{\"name\":\"core.exchange_turn_ns\",\"language\":\"rust\",\"value\":{median:.1},\"unit\":\"ns\"}}"
    );
    calls::free(engine);
}
