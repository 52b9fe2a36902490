//! Asks a second through Rust's actor libraries, one JSON line a figure: peers [SECONDS]. Processes in them: peers processes LIBRARY [PROGRAM ...].
//!
//! The same counter in each: one caller with one ask in flight, and 1,000 callers that each ask in a loop, over 1,000 actors. Median of three.

mod kameo_counter;
mod kameo_processes;
mod processes;
mod ractor_counter;
mod ractor_processes;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CALLERS: usize = 1_000;
const ROUNDS: usize = 3;

/// An actor that a caller can ask to add.
pub trait Counter: Clone + Send + Sync + 'static {
    /// Starts one.
    fn start() -> impl Future<Output = Self> + Send;
    /// Adds and gives the sum back.
    fn add(&self, amount: i64) -> impl Future<Output = i64> + Send;
}

async fn one_in_flight<C: Counter>(time: Duration) -> f64 {
    let counter = C::start().await;
    let begin = Instant::now();
    let mut asks = 0u64;
    while begin.elapsed() < time {
        for _ in 0..1_000 {
            counter.add(1).await;
        }
        asks += 1_000;
    }
    asks as f64 / begin.elapsed().as_secs_f64()
}

async fn many_in_flight<C: Counter>(time: Duration) -> f64 {
    let (stop, asks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let (counter, stop, asks) = (C::start().await, stop.clone(), asks.clone());
        callers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                counter.add(1).await;
                asks.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let begin = Instant::now();
    let before = asks.load(Ordering::Relaxed);
    tokio::time::sleep(time).await;
    let rate = (asks.load(Ordering::Relaxed) - before) as f64 / begin.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("a caller ends when it is told");
    }
    rate
}

fn report(name: &str, mut rates: Vec<f64>) {
    rates.sort_by(f64::total_cmp);
    let rate = rates[rates.len() / 2];
    println!(r#"{{"name":"{name}","language":"rust","value":{rate:.0},"unit":"1/s"}}"#);
}

/// Runs on a worker of the runtime: there an ask needs no wake-up across threads, which the libraries are made for.
async fn measure<C: Counter>(name: &'static str, time: Duration) {
    let (mut seq, mut conc) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let one = tokio::spawn(async move { one_in_flight::<C>(time).await });
        seq.push(one.await.expect("measured"));
        let many = tokio::spawn(async move { many_in_flight::<C>(time).await });
        conc.push(many.await.expect("measured"));
    }
    report(&format!("peer.{name}.seq"), seq);
    report(&format!("peer.{name}.conc"), conc);
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn asks(seconds: u64) {
    let time = Duration::from_secs(seconds);
    measure::<kameo_counter::Handle>("kameo", time).await;
    measure::<ractor_counter::Handle>("ractor", time).await;
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["processes", "kameo", ref programs @ ..] => {
            processes::measure::<kameo_processes::Kameo>("kameo", programs);
        }
        ["processes", "ractor", ref programs @ ..] => {
            processes::measure::<ractor_processes::Ractor>("ractor", programs);
        }
        [] => asks(2),
        [seconds] => asks(seconds.parse().expect("a number of seconds")),
        _ => panic!("peers [SECONDS] | peers processes LIBRARY [PROGRAM ...]"),
    }
}
