//! Looks at what lives in a shard: lists, the top of something, all that is known of one.

mod bench;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed, kind};
use everact_kernel::address::KindId;
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::{Limits, SCAN_SLOTS};
use everact_kernel::process::{MonitorId, Resident};
use everact_kernel::trace::inspect::{Inspection, Order, Stage, Top, Uncommitted};

fn actor(kind: KindId, key: &str) -> Resident {
    Resident::Actor { kind, key: key.into() }
}

fn inspect(bench: &Bench, kind: KindId, key: &str) -> Inspection {
    bench.shard.inspect(&actor(kind, key), bench.now.monotonic_ms).expect("it is in memory")
}

/// All pages of a list, and how many there were.
fn pages(bench: &Bench, limit: usize, kind: Option<KindId>) -> (Vec<Resident>, usize) {
    let (mut all, mut from, mut count) = (Vec::new(), Some(0), 0);
    while let Some(slot) = from {
        let page = bench.shard.list(slot, limit, kind);
        assert!(page.actors.len() <= limit);
        all.extend(page.actors.into_iter().map(|held| held.who));
        (from, count) = (page.next, count + 1);
    }
    (all, count)
}

#[test]
fn a_list_comes_in_pages_and_each_actor_once() {
    let mut bench = Bench::new();
    let keys: Vec<String> = (0..25).map(|number| format!("k{number}")).collect();
    for key in &keys {
        bench.send(ask(TRANSIENT, WORK, key));
        bench.finish(&done(b""));
    }
    bench.send(ask(DURABLE, WORK, "d"));
    let cache: Vec<Resident> = keys.iter().map(|key| actor(TRANSIENT, key)).collect();
    assert_eq!(pages(&bench, 10, Some(TRANSIENT)), (cache.clone(), 3));
    assert_eq!(pages(&bench, 10, Some(DURABLE)), (vec![actor(DURABLE, "d")], 1));
    assert_eq!(pages(&bench, 1_000, None).0.len(), 26);
    // One that leaves between two pages is missing; no other one is.
    let first = bench.shard.list(0, 10, Some(TRANSIENT));
    bench.pass(60_000);
    let second = bench.shard.list(first.next.expect("there is more"), 10, Some(TRANSIENT));
    assert_eq!((first.actors.len(), second.actors.len()), (10, 0));
}

#[test]
fn a_look_holds_the_lock_for_so_many_slots_only() {
    let limits = Limits { activations_max: 1 << 20, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false)], limits);
    for number in 0..SCAN_SLOTS + 10 {
        bench.send(ask(TRANSIENT, WORK, &number.to_string()));
        bench.finish(&done(b""));
    }
    let page = bench.shard.list(0, usize::MAX, None);
    assert_eq!((page.actors.len(), page.next), (SCAN_SLOTS as usize, Some(SCAN_SLOTS)));
    assert_eq!(bench.shard.list(SCAN_SLOTS, usize::MAX, None).next, None);
    let mut top = Top::new(Order::Turns, 1);
    assert_eq!(bench.shard.top(0, &mut top), Some(SCAN_SLOTS));
    assert_eq!(bench.shard.top(SCAN_SLOTS, &mut top), None);
}

#[test]
fn the_top_names_those_that_have_the_most() {
    let mut bench = Bench::new();
    for (key, turns) in [("a", 2), ("b", 5), ("c", 3)] {
        for _ in 0..turns {
            bench.send(ask(DURABLE, WORK, key));
            bench.load();
            bench.finish(&changed(b"", &vec![b's'; 10 * turns]));
        }
    }
    for (key, waiting) in [("x", 1), ("y", 4)] {
        (0..=waiting).for_each(|_| {
            bench.send(ask(TRANSIENT, WORK, key));
        });
    }
    let keys = |order, most| {
        let mut top = Top::new(order, most);
        assert_eq!(bench.shard.top(0, &mut top), None);
        let shown = top.into_ids().into_iter().map(|id| bench.shard.summary(id).expect("it is there").who);
        let key = |who| match who {
            Resident::Actor { key, .. } => key.to_string(),
            Resident::Process(_) => panic!("there is none"),
        };
        shown.map(key).collect::<Vec<_>>()
    };
    assert_eq!(keys(Order::Turns, 2), ["b", "c"]);
    assert_eq!(keys(Order::StateBytes, 9), ["b", "c", "a"], "what has none is not at the top");
    assert_eq!(keys(Order::Mailbox, 9), ["y", "x"]);
}

#[test]
fn an_inspection_tells_what_an_actor_does_and_what_waits_for_it() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    assert_eq!(inspect(&bench, DURABLE, "a").summary.stage, Stage::Loading);
    bench.load();
    bench.finish(&changed(b"", b"state"));
    let look = bench.send(ask(DURABLE, LOOK, "a"));
    bench.send(ask(DURABLE, WORK, "a"));
    bench.pass(250);
    let seen = inspect(&bench, DURABLE, "a");
    let summary = &seen.summary;
    assert_eq!((summary.stage, summary.mailbox, summary.open_turns), (Stage::Ready, 1, 1));
    assert_eq!((summary.state_bytes, summary.turns, seen.revision), (5, 1, 1));
    let open = &seen.open[0];
    assert_eq!(
        (open.handler, open.open_ms, open.ask.map(|ask| ask.0), open.asks),
        (LOOK, 250, Some(look), false)
    );
    let Uncommitted { changes, effects, bytes } = seen.uncommitted.expect("it is durable");
    assert_eq!((changes, effects), (1, 1), "the reply waits for its commit");
    assert!(bytes > 0);
    bench.commit_all();
    assert_eq!(inspect(&bench, DURABLE, "a").uncommitted, Some(Uncommitted::default()));
    assert_eq!((seen.retries, seen.waiting_for_room, seen.joining, seen.last_error), (0, 0, 0, None));
    assert_eq!(bench.shard.inspect(&actor(DURABLE, "b"), 0), None);
}

#[test]
fn the_last_failure_outlives_the_activation_and_refusals_are_none() {
    let mut bench = Bench::new();
    bench.send(Send { tell: true, ..ask(TRANSIENT, WORK, "a") });
    bench.finish(&failed("out of paper"));
    let seen = inspect(&bench, TRANSIENT, "a");
    assert_eq!(seen.retries, 1);
    let error = seen.last_error.expect("it failed");
    assert_eq!(
        (error.code, &*error.text, error.handler),
        (ErrorCode::HandlerFailed, "out of paper", Some(WORK))
    );
    assert_eq!(error.at_ms, bench.now.wall_ms);
    bench.send(ask(TRANSIENT, WORK, "b"));
    let refused = Err((ErrorCode::ApplicationError, "{}"));
    bench.finish(&everact_kernel::turn::Completion { outcome: refused, ..done(b"") });
    assert_eq!(inspect(&bench, TRANSIENT, "b").last_error, None);
    bench.send(ask(DURABLE, WORK, "c"));
    bench.load();
    bench.finish(&changed(b"", b"s"));
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    assert_eq!(bench.shard.inspect(&actor(DURABLE, "c"), 0), None, "it is gone");
    let error = bench.shard.last_error(&actor(DURABLE, "c")).expect("it failed");
    assert_eq!((error.code, error.handler), (ErrorCode::Unavailable, None));
}

#[test]
fn ties_are_shown_on_both_sides() {
    let mut bench = Bench::new();
    for key in ["a", "b"] {
        bench.send(ask(TRANSIENT, WORK, key));
        bench.finish(&done(b""));
    }
    let (a, b) = (actor(TRANSIENT, "a"), actor(TRANSIENT, "b"));
    let mut out = Vec::new();
    bench.shard.link(&a, &b, bench.now, &mut out).expect("there is room");
    bench.shard.monitor(&a, &b, MonitorId(1), bench.now, &mut out).expect("there is room");
    bench.shard.trap_exits(&b, true);
    let (of_a, of_b) = (inspect(&bench, TRANSIENT, "a").ties, inspect(&bench, TRANSIENT, "b").ties);
    assert_eq!((&of_a.links, &of_a.monitors, of_a.traps_exits), (&vec![b.clone()], &vec![b], false));
    assert_eq!((&of_b.links, &of_b.monitored_by, of_b.traps_exits), (&vec![a.clone()], &vec![a], true));
    bench.shard.unlink(&actor(TRANSIENT, "a"), &actor(TRANSIENT, "b"), bench.now, &mut out);
    assert!(inspect(&bench, TRANSIENT, "b").ties.links.is_empty());
}
