//! Leaving memory and closing: who goes, who stays, and which hooks run.

mod bench;

use bench::{Bench, DURABLE, LOOK, Send, TRANSIENT, WORK, ask, changed, done, failed, kind, tell, telling};
use everact_kernel::address::{HandlerId, KindId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kind;
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{MonitorId, Resident};
use everact_kernel::turn::Completion;

fn visit(bench: &mut Bench, key: &str) {
    bench.send(ask(TRANSIENT, WORK, key));
    bench.finish(&done(b""));
}

#[test]
fn the_idle_leave_after_their_kinds_time() {
    let mut bench = Bench::new();
    visit(&mut bench, "a");
    bench.pass(30_000);
    visit(&mut bench, "b");
    bench.pass(30_000);
    assert_eq!((bench.forgotten.len(), bench.shard.stats().activations), (1, 1));
    bench.pass(30_000);
    assert_eq!(bench.shard.stats().activations, 0);
}

#[test]
fn beyond_the_bound_the_least_recently_used_leaves() {
    let limits = Limits { activations_max: 3, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false)], limits);
    for key in ["a", "b", "c", "a"] {
        bench.pass(1);
        visit(&mut bench, key);
    }
    bench.pass(1);
    visit(&mut bench, "d");
    assert_eq!(bench.forgotten.len(), 1);
    visit(&mut bench, "a");
    assert_eq!(bench.forgotten.len(), 1, "a was used after b, so b left");
}

#[test]
fn a_burst_of_busy_actors_beyond_the_bound_leaves_once_it_rests() {
    let limits = Limits { activations_max: 3, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false)], limits);
    for key in ["a", "b", "c", "d", "e"] {
        bench.send(ask(TRANSIENT, WORK, key));
    }
    assert_eq!(bench.shard.stats().activations, 5, "the busy stay");
    while !bench.turns.is_empty() {
        bench.finish(&done(b""));
    }
    bench.pass(1);
    assert_eq!(bench.shard.stats().activations, 3);
}

#[test]
fn state_beyond_the_bound_of_memory_makes_the_oldest_leave() {
    let limits = Limits { memory_bytes_max: 100, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false), kind("account", true)], limits);
    for key in ["a", "b"] {
        bench.pass(1);
        bench.send(ask(DURABLE, WORK, key));
        bench.load();
        bench.finish(&changed(b"", &[b'x'; 60]));
        bench.commit_all();
    }
    assert_eq!(bench.shard.stats().state_bytes, 120);
    bench.pass(1);
    assert_eq!((bench.shard.stats().state_bytes, bench.forgotten.len()), (60, 1));
}

#[test]
fn the_busy_stay() {
    let mut bench = Bench::new();
    bench.send(ask(TRANSIENT, WORK, "a"));
    bench.pass(120_000);
    assert_eq!(bench.shard.stats().activations, 1);
    bench.send(ask(DURABLE, WORK, "b"));
    bench.load();
    bench.turns.pop_front();
    bench.finish(&changed(b"", b"s"));
    bench.pass(120_000);
    assert_eq!(bench.shard.stats().activations, 2, "b's record is not durable yet");
}

fn hooked() -> Bench {
    let kinds =
        vec![kind("cache", false), Kind { activated: true, passivating: true, ..kind("account", true) }];
    Bench::with(kinds, Limits::default())
}

#[test]
fn hooks_run_before_the_first_and_after_the_last_message() {
    let mut bench = hooked();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    assert_eq!(bench.finish(&changed(b"", b"woken")).handler, HandlerId::ACTIVATED);
    assert_eq!(bench.finish(&done(b"")).handler, WORK);
    bench.commit_all();
    bench.pass(60_000);
    assert!(bench.forgotten.is_empty());
    assert_eq!(bench.finish(&changed(b"", b"asleep")).handler, HandlerId::PASSIVATING);
    assert!(bench.forgotten.is_empty(), "what the hook changed is committed first");
    let records = bench.commit_all();
    assert_eq!(records[0].state.as_deref(), Some(&b"asleep"[..]));
    assert_eq!(bench.forgotten.len(), 1);
}

#[test]
fn a_message_that_comes_while_an_actor_leaves_begins_a_new_activation() {
    let mut bench = hooked();
    bench.send(ask(DURABLE, LOOK, "a"));
    bench.load();
    bench.finish(&done(b""));
    bench.finish(&done(b""));
    bench.pass(60_000);
    let hook = bench.turn();
    let late = bench.send(ask(DURABLE, LOOK, "a"));
    bench.complete(hook.turn, &done(b""));
    assert_eq!(bench.forgotten.len(), 1);
    bench.load();
    let first = bench.finish(&done(b""));
    assert!(first.handler == HandlerId::ACTIVATED && first.birth.is_some());
    assert_ne!(first.activation, hook.activation, "a new generation");
    bench.finish(&done(b""));
    assert!(bench.outcome(late).is_some());
}

#[test]
fn a_failing_activated_hook_answers_those_who_wait() {
    let mut bench = hooked();
    let waiting = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.finish(&failed("cannot wake"));
    assert_eq!(bench.outcome(waiting), Some(Err(ErrorCode::HandlerFailed)));
    assert_eq!((bench.forgotten.len(), bench.shard.stats().activations), (1, 0));
}

#[test]
fn closing_refuses_new_messages_finishes_old_ones_and_lets_hooks_run() {
    let mut bench = hooked();
    let before = bench.send(ask(DURABLE, WORK, "a"));
    bench.load();
    bench.shard.begin_close();
    let after = bench.send(ask(DURABLE, WORK, "a"));
    assert_eq!(bench.outcome(after), Some(Err(ErrorCode::Closed)));
    bench.finish(&done(b""));
    bench.finish(&changed(b"r", b"s"));
    assert!(!bench.shard.is_drained());
    bench.commit_all();
    assert_eq!(bench.outcome(before), Some(Ok(&b"r"[..])));
    let mut out = Vec::new();
    bench.shard.put_to_sleep(false, bench.now, &mut out);
    bench.take(out);
    assert_eq!(bench.finish(&done(b"")).handler, HandlerId::PASSIVATING);
    assert!(bench.shard.is_drained());
}

#[test]
fn who_still_waits_when_the_time_to_close_is_up_hears_closed() {
    let mut bench = Bench::new();
    let waiting = bench.send(ask(TRANSIENT, WORK, "a"));
    bench.shard.begin_close();
    let mut out = Vec::new();
    bench.shard.abandon(&mut out);
    bench.take(out);
    assert_eq!(bench.outcome(waiting), Some(Err(ErrorCode::Closed)));
}

#[test]
fn one_actor_too_many_sends_one_away_though_hooks_take_their_time() {
    let limits = Limits { activations_max: 100, ..Limits::default() };
    let kinds = vec![Kind { passivating: true, ..kind("cache", false) }];
    let mut bench = Bench::with(kinds, limits);
    for number in 0..100 {
        bench.pass(1);
        visit(&mut bench, &format!("k{number}"));
    }
    bench.pass(1);
    visit_beside_hooks(&mut bench, "one too many");
    assert_eq!(hooks(&bench), 1);
    bench.pass(1);
    visit_beside_hooks(&mut bench, "two too many");
    bench.pass(1);
    assert_eq!(hooks(&bench), 2, "a tick sends no others after those that are leaving");
    while !bench.turns.is_empty() {
        bench.finish(&done(b""));
    }
    bench.pass(1);
    assert_eq!(bench.shard.stats().activations, 100);
}

/// Completes the newest turn handed out: the hooks before it stay open.
fn visit_beside_hooks(bench: &mut Bench, key: &str) {
    bench.send(ask(TRANSIENT, WORK, key));
    let turn = bench.turns.pop_back().expect("a turn");
    assert!(bench.complete(turn.turn, &done(b"")));
}

fn hooks(bench: &Bench) -> usize {
    bench.turns.iter().filter(|turn| turn.handler == HandlerId::PASSIVATING).count()
}

#[test]
fn every_kind_gives_room_however_many_there_are() {
    use everact_kernel::address::KindId;
    const KINDS: u16 = 200;
    let kinds = (0..KINDS).map(|number| kind(&format!("k{number}"), false)).collect();
    let mut bench = Bench::with(kinds, Limits { activations_max: KINDS.into(), ..Limits::default() });
    // The first kinds are busy, so that only the last ones have something to give.
    for number in 0..KINDS {
        bench.pass(1);
        bench.send(ask(KindId(number), WORK, "a"));
        if number >= KINDS - 20 {
            let turn = bench.turns.pop_back().expect("a turn");
            bench.complete(turn.turn, &done(b""));
        }
    }
    for number in 0..20 {
        bench.pass(1);
        bench.send(ask(KindId(0), WORK, &format!("b{number}")));
    }
    for _ in 0..200 {
        bench.pass(1);
    }
    assert_eq!(bench.shard.stats().activations, usize::from(KINDS), "{} left", bench.forgotten.len());
}

#[test]
fn actors_woken_for_old_messages_wait_until_there_is_room() {
    let limits = Limits { activations_max: 3, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false), kind("account", true)], limits);
    for number in 0..100 {
        let mut out = Vec::new();
        bench.shard.summon(DURABLE, &format!("k{number}"), bench.now, &mut out);
        bench.take(out);
    }
    assert_eq!(bench.shard.stats().activations, 3);
    assert!(!bench.shard.owes_much());
    let mut woken = 0;
    for _ in 0..200 {
        woken += bench.loads.len();
        bench.load();
        bench.pass(60_000);
    }
    assert_eq!(woken, 100, "each is woken in its turn");
}

#[test]
fn a_page_that_is_read_for_an_actor_that_leaves_is_read_by_the_next_one() {
    let kinds = vec![kind("cache", false), Kind { mailbox_capacity: 1, ..kind("account", true) }];
    let mut bench = Bench::with(kinds, Limits::default());
    bench.send(ask(DURABLE, WORK, "s"));
    bench.load();
    bench.send(ask(DURABLE, WORK, "a"));
    // The ask fills the receiver's mailbox, so what is told stays in its outbox.
    bench.finish(&telling(Some(b"s"), &[tell(DURABLE, "a")]));
    bench.commit_all();
    bench.load();
    assert_eq!(bench.loads.len(), 1, "its inbox is being read beside the turn");
    bench.finish(&Completion { passivate: true, ..done(b"") });
    assert_eq!(bench.forgotten.len(), 1);
    bench.loads.clear();
    bench.pass(2_000);
    assert_eq!(bench.loads.len(), 1, "it is woken for what waits");
}

#[test]
fn once_nobody_is_waited_for_no_turn_begins() {
    let mut bench = Bench::new();
    bench.send(ask(DURABLE, WORK, "a"));
    bench.send(ask(TRANSIENT, WORK, "b"));
    bench.send(Send { tell: true, ..ask(TRANSIENT, WORK, "b") });
    bench.shard.begin_close();
    let mut out = Vec::new();
    bench.shard.abandon(&mut out);
    bench.take(out);
    bench.finish(&telling(None, &[tell(TRANSIENT, "c")]));
    bench.load();
    assert!(bench.turns.is_empty(), "{:?}", bench.turns);
}

/// What an actor `w` that watches others has been told of ends: by which watch, and why. It is not used for as long as they are.
fn told(bench: &mut Bench) -> Vec<(u64, String)> {
    let mut told = Vec::new();
    while let Some(turn) = bench.turns.pop_front() {
        if let Payload::Note(note) = &turn.payload
            && let Note::Down { monitor, reason, .. } = &**note
        {
            told.push((monitor.0, reason.to_string()));
        }
        bench.complete(turn.turn, &done(b""));
    }
    told
}

fn actor(kind: KindId, key: &str) -> Resident {
    Resident::Actor { kind, key: key.into() }
}

fn watch(bench: &mut Bench, kind: KindId, key: &str, monitor: u64) {
    let mut out = Vec::new();
    let (of, to) = (actor(TRANSIENT, "w"), actor(kind, key));
    bench.shard.monitor(&of, &to, MonitorId(monitor), bench.now, &mut out).expect("there is room");
    bench.take(out);
}

#[test]
fn those_who_watch_an_actor_hear_once_that_it_left_and_why() {
    let mut bench = Bench::new();
    visit(&mut bench, "a");
    watch(&mut bench, TRANSIENT, "a", 1);
    bench.pass(60_000);
    assert_eq!(told(&mut bench), [(1, "passivated".into())]);
    visit(&mut bench, "a");
    bench.pass(60_000);
    assert_eq!(told(&mut bench), [], "the watch was over");
    watch(&mut bench, DURABLE, "b", 2);
    bench.send(ask(DURABLE, WORK, "b"));
    bench.load();
    bench.finish(&changed(b"", b"state"));
    let (id, _) = bench.records().remove(0);
    bench.commit_failed(id);
    assert_eq!(told(&mut bench), [(2, Failure::plain(ErrorCode::Unavailable).text)]);
}

#[test]
fn who_leaves_to_make_room_is_told_of_at_once() {
    let limits = Limits { activations_max: 2, ..Limits::default() };
    let mut bench = Bench::with(vec![kind("cache", false)], limits);
    visit(&mut bench, "a");
    watch(&mut bench, TRANSIENT, "a", 1);
    bench.pass(1);
    visit(&mut bench, "w");
    bench.pass(1);
    bench.send(ask(TRANSIENT, WORK, "c"));
    assert_eq!(told(&mut bench), [(1, "passivated".into())]);
}

#[test]
fn the_end_of_the_engine_is_no_news_about_an_actor() {
    let mut bench = Bench::new();
    visit(&mut bench, "a");
    watch(&mut bench, TRANSIENT, "a", 1);
    bench.shard.begin_close();
    bench.pass(60_000);
    assert_eq!((told(&mut bench), bench.shard.stats().activations), (vec![], 0));
}
