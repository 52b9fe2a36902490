//! The timer wheel: what arming, cancelling and coming due cost with a million timers.
//!
//! Run with `cargo bench -p everact-kernel --bench timers`; prints one JSON line per figure.

use std::hint::black_box;
use std::time::Instant;

use everact_kernel::limits::TIMERS_MAX;
use everact_kernel::random::SplitMix64;
use everact_kernel::timers::{TimerKey, Wheel};

const TIMERS: usize = 1_000_000;
const RUNS: usize = 7;
/// Half an hour: most time-outs are shorter.
const SPAN_MS: u64 = 30 * 60 * 1000;

/// What a shard's timers carry, in size.
#[derive(Clone, Copy)]
enum Carried {
    Deadline(u64),
    Process(u64, u32),
}

/// Timers between two looks at the clock. So few that most parts run without the machine doing other things meanwhile, which
/// the median then leaves out.
const PART: usize = 10_000;

/// Nanoseconds per timer: of arming and cancelling for each part, of coming due for each run, as its moves come in bursts.
#[derive(Default)]
struct Costs {
    arm: Vec<f64>,
    cancel: Vec<f64>,
    due: Vec<f64>,
}

fn per_timer(started: Instant, timers: usize) -> f64 {
    started.elapsed().as_nanos() as f64 / timers as f64
}

fn arm(wheel: &mut Wheel<Carried>, delays: &[u64], now: u64, keys: &mut Vec<TimerKey>) -> f64 {
    let started = Instant::now();
    for delay in delays {
        let number = keys.len() as u64;
        let value =
            if number.is_multiple_of(2) { Carried::Deadline(number) } else { Carried::Process(number, 1) };
        keys.push(wheel.arm(now + delay, value).unwrap_or_else(|_| panic!("the wheel has room")));
    }
    per_timer(started, delays.len())
}

/// A million armed and cancelled in the order of their arming, as answered asks do; then a million armed that all come due.
fn run(wheel: &mut Wheel<Carried>, delays: &[u64], now: &mut u64, costs: &mut Costs) {
    let mut keys = Vec::with_capacity(TIMERS);
    costs.arm.extend(delays.chunks(PART).map(|part| arm(wheel, part, *now, &mut keys)));
    for part in keys.chunks(PART) {
        let started = Instant::now();
        for key in part {
            black_box(wheel.cancel(*key, *now).is_some());
        }
        costs.cancel.push(per_timer(started, part.len()));
    }
    keys.clear();
    arm(wheel, delays, *now, &mut keys);
    let until = *now + SPAN_MS;
    let (started, mut fired, mut sum) = (Instant::now(), 0, 0u64);
    while *now < until {
        *now = wheel.next_due().min(until);
        while let Some(due) = wheel.due(*now) {
            fired += 1;
            sum += match due.value {
                Carried::Deadline(ask) => ask,
                Carried::Process(process, tag) => process + u64::from(tag),
            };
        }
    }
    assert_eq!(fired, TIMERS, "all came due");
    black_box(sum);
    costs.due.push(per_timer(started, TIMERS));
}

/// Microseconds of a call of `due` that makes all the moves it may, which is the longest that a call takes: a million timers
/// were armed for one minute half an hour ahead and move down when the wheel enters the slot of that minute. The median, as
/// the longest of so many says how long the machine did other things.
fn full_call(delays: &[u64]) -> f64 {
    const MINUTE_MS: u64 = 60 * 1000;
    let mut wheel = Wheel::new(TIMERS_MAX);
    for (number, delay) in delays.iter().enumerate() {
        let due_at = SPAN_MS + delay % MINUTE_MS;
        assert!(wheel.arm(due_at, Carried::Deadline(number as u64)).is_ok(), "the wheel has room");
    }
    let (mut now, mut calls) = (0, Vec::new());
    while !wheel.is_empty() {
        now = wheel.next_due().max(now);
        let started = Instant::now();
        let due = wheel.due(now);
        if due.is_none() && wheel.next_due() <= now {
            calls.push(started.elapsed().as_nanos() as f64 / 1000.0);
        }
    }
    median(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(name: &str, values: Vec<f64>, unit: &str) {
    let value = median(values);
    println!("{{\"name\":\"{name}\",\"language\":\"rust\",\"value\":{value:.1},\"unit\":\"{unit}\"}}");
}

fn main() {
    let mut random = SplitMix64::new(1);
    let delays: Vec<u64> = (0..TIMERS).map(|_| 1 + random.next_u64() % SPAN_MS).collect();
    let mut wheel = Wheel::new(TIMERS_MAX);
    let mut now = 1_000_000;
    let mut costs = Costs::default();
    for _ in 0..RUNS {
        run(&mut wheel, &delays, &mut now, &mut costs);
    }
    report("timers.arm_ns", costs.arm, "ns");
    report("timers.cancel_ns", costs.cancel, "ns");
    report("timers.due_ns", costs.due, "ns");
    report("timers.full_call_us", (0..3).map(|_| full_call(&delays)).collect(), "us");
}
