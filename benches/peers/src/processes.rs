//! What benches/rust measures of processes, from Rust's actor libraries, one JSON line each: peers processes LIBRARY [PROGRAM ...].
//!
//! The programs are those of core/engine/benches/processes.rs and benches/erlang/processes.erl. All run on tokio with a thread a core;
//! mailboxes are unbounded, as Erlang's are.

use std::future::Future;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const RUNS: usize = 5;
const LIVE: usize = 1_000_000;
/// Fewer than live at last, so that it takes no minutes; a rate of more is lower.
const SPAWNED: usize = 100_000;
/// Beyond so much no more actors are started.
const BYTES_MOST: f64 = 4e9;

/// An actor library.
pub trait Library: 'static {
    /// An actor that waits. It lives as long as this is held.
    type Idle: Send + 'static;

    /// Starts one.
    fn idle() -> impl Future<Output = Self::Idle> + Send;
    /// Starts an actor that is told a number of times, and one that tells it: `whom` hears when all has come.
    fn tells(count: u64, whom: UnboundedSender<()>) -> impl Future<Output = ()> + Send;
    /// A ring of actors, ready to hand a message around: `whom` hears when it has gone so many hops. What is returned sends it off.
    fn ring(
        size: usize,
        hops: u64,
        whom: UnboundedSender<()>,
    ) -> impl Future<Output = impl FnOnce() + Send> + Send;
    /// Starts an actor that asks another a number of times: `whom` hears when all is answered.
    fn pair(asks: u64, whom: UnboundedSender<()>) -> impl Future<Output = ()> + Send;
    /// A supervisor's child, killed by what `whom` hears with each start.
    type Child: Send + 'static;
    /// Starts a supervisor with one child, restarted whenever it ends. `whom` hears of the child each time that it is up. The
    /// supervisor lives as long as what is returned.
    fn supervisor(whom: UnboundedSender<Self::Child>) -> impl Future<Output = impl Send> + Send;
    /// Kills a child.
    fn kill(child: Self::Child);
    /// Arms so many messages to an actor, each after this time; returns what they take, with them not yet cancelled.
    fn timers(count: usize, after: Duration) -> impl Future<Output = Duration> + Send;
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("there are threads")
}

/// Runs on a worker of a runtime of its own, whose actors end with it.
fn measured<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = runtime();
    let result = runtime.block_on(runtime.spawn(work)).expect("measured");
    runtime.shutdown_timeout(Duration::from_secs(60));
    result
}

async fn hear<T>(heard: &mut UnboundedReceiver<T>, count: usize) {
    for _ in 0..count {
        heard.recv().await.expect("it tells when it is done");
    }
}

fn rate(count: u64, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: f64 = status.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("the second number");
    pages * 4096.0
}

/// Actors started a second.
async fn spawns<L: Library>(count: usize) -> f64 {
    let mut held = Vec::with_capacity(count);
    let started = Instant::now();
    for _ in 0..count {
        held.push(L::idle().await);
    }
    rate(count as u64, started)
}

/// How many actors live at last, and the bytes that each takes.
async fn live<L: Library>() -> (usize, f64) {
    let mut held = Vec::with_capacity(LIVE);
    let before = resident_bytes();
    while held.len() < LIVE {
        held.push(L::idle().await);
        if held.len() % 10_000 == 0 && resident_bytes() - before > BYTES_MOST {
            break;
        }
    }
    // Those that have just been started settle.
    tokio::time::sleep(Duration::from_secs(1)).await;
    (held.len(), (resident_bytes() - before) / held.len() as f64)
}

async fn tells<L: Library>() -> f64 {
    const COUNT: u64 = 2_000_000;
    let pairs = available_parallelism().map_or(1, |cores| cores.get());
    let (whom, mut heard) = unbounded_channel();
    let started = Instant::now();
    for _ in 0..pairs {
        L::tells(COUNT, whom.clone()).await;
    }
    hear(&mut heard, pairs).await;
    rate(pairs as u64 * COUNT, started)
}

async fn ring<L: Library>() -> f64 {
    const HOPS: u64 = 2_000_000;
    let (whom, mut heard) = unbounded_channel();
    let send_off = L::ring(1_000, HOPS, whom).await;
    let started = Instant::now();
    send_off();
    hear(&mut heard, 1).await;
    rate(HOPS, started)
}

async fn pairs<L: Library>() -> f64 {
    const PAIRS: usize = 64;
    const ASKS: u64 = 15_625;
    let (whom, mut heard) = unbounded_channel();
    let started = Instant::now();
    for _ in 0..PAIRS {
        L::pair(ASKS, whom.clone()).await;
    }
    hear(&mut heard, PAIRS).await;
    rate(PAIRS as u64 * ASKS, started)
}

async fn restarts<L: Library>() -> f64 {
    const RESTARTS: u64 = 20_000;
    let (whom, mut up) = unbounded_channel();
    let started = Instant::now();
    let _supervisor = L::supervisor(whom).await;
    for _ in 0..RESTARTS {
        L::kill(up.recv().await.expect("it is restarted"));
    }
    hear(&mut up, 1).await;
    rate(RESTARTS, started)
}

async fn timers<L: Library>() -> f64 {
    const COUNT: usize = 1_000_000;
    L::timers(COUNT, Duration::from_secs(3_600)).await.as_nanos() as f64 / COUNT as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures a library: some programs, all if none is named.
pub fn measure<L: Library>(library: &str, wanted: &[&str]) {
    let report = |name: &str, value: f64, unit: &str| {
        println!(
            r#"{{"name":"peer.{library}.process.{name}","language":"rust","value":{value:.1},"unit":"{unit}"}}"#
        );
    };
    let is_wanted = |program: &str| wanted.is_empty() || wanted.contains(&program);
    // First, while memory is fresh: later runs reuse what the allocator kept.
    if is_wanted("live") {
        let (actors, bytes) = measured(live::<L>());
        report("live", actors as f64, "actors");
        report("bytes", bytes, "B");
    }
    let several = |program: &str, name: &str, unit: &str, run: &dyn Fn() -> f64| {
        if is_wanted(program) {
            report(name, median((0..RUNS).map(|_| run()).collect()), unit);
        }
    };
    several("spawns", "spawns_per_s", "1/s", &|| measured(spawns::<L>(SPAWNED)));
    several("tells", "tells_per_s", "1/s", &|| measured(tells::<L>()));
    several("ring", "ring_hops_per_s", "1/s", &|| measured(ring::<L>()));
    several("pairs", "asks_per_s.64", "1/s", &|| measured(pairs::<L>()));
    several("restarts", "restarts_per_s", "1/s", &|| measured(restarts::<L>()));
    several("timers", "arm_ns", "ns", &|| measured(timers::<L>()));
}
