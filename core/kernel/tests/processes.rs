//! Processes: how they begin and end, links, exit signals, monitors. What is said of OTP here is checked on OTP by tests/oracle.

mod bench;

use bench::processes::{
    HOOKED, RECEIVER, WORKER, alive, call, custom, demonitor, down, exit, exit_note, kinds, link, monitor,
    notes, plain, send, spawn, spawn_with, trap, unlink, with_processes,
};
use bench::{Bench, DURABLE, Send, TRANSIENT, WORK, ask, bytes, changed, done, failed};
use everact_kernel::action::{Action, HostEvent};
use everact_kernel::address::{AskId, HandlerId};
use everact_kernel::commit::Stored;
use everact_kernel::error::ErrorCode;
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload};
use everact_kernel::process::{ExitReason, MonitorId, ProcessId, Resident};
use everact_kernel::shard::Spawn;
use everact_kernel::turn::{Completion, Tell};

#[test]
fn a_spawned_process_takes_messages_and_its_first_turn_brings_its_argument() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    assert!(bench.turns.is_empty() && alive(&bench, process));
    let asked = send(&mut bench, process, false);
    let turn = bench.finish(&done(b"reply"));
    let birth = turn.birth.expect("the first turn");
    assert_eq!((birth.process, birth.state.as_deref()), (Some(process), Some(&b"argument"[..])));
    assert_eq!((bytes(&turn.payload), bench.outcome(asked)), (&b"m"[..], Some(Ok(&b"own"[..]))));
}

#[test]
fn an_id_is_never_given_again() {
    let mut bench = with_processes();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5_000 {
        let process = spawn(&mut bench);
        assert!(seen.insert(process), "{process:?} comes again");
        exit(&mut bench, process, process, ExitReason::Kill);
        assert!(!alive(&bench, process));
    }
    assert_eq!(bench.ended.len(), 5_000);
}

#[test]
fn telling_the_dead_is_silent_and_asking_them_fails() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    exit(&mut bench, process, process, ExitReason::Kill);
    let told = send(&mut bench, process, true);
    let asked = send(&mut bench, process, false);
    assert_eq!(bench.outcome(told), Some(Ok(&b""[..])));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::NoProcess)));
    assert!(bench.notices.is_empty() && bench.turns.is_empty());
}

#[test]
fn a_handler_that_throws_ends_its_process_and_what_waits_is_answered() {
    let mut bench = with_processes();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, other, process, 1);
    let (first, second) = (send(&mut bench, process, false), send(&mut bench, process, false));
    let id = bench.turns[0].activation;
    bench.finish(&failed("ValueError: no"));
    assert_eq!(bench.outcome(first), Some(Err(ErrorCode::HandlerFailed)));
    assert_eq!(bench.outcome(second), Some(Err(ErrorCode::NoProcess)));
    assert_eq!((bench.forgotten.clone(), alive(&bench, process)), (vec![id], false));
    let [Note::Down { reason: ExitReason::Failed(crash), .. }] = &notes(&mut bench)[..] else {
        panic!("one note")
    };
    assert_eq!((&*crash.name, &*crash.text), ("ValueError", "ValueError: no"));
}

#[test]
fn a_function_that_returns_ends_normally_and_one_that_throws_does_not() {
    for (completion, expected) in [(done(b""), "normal"), (failed("no"), "no")] {
        let mut bench = with_processes();
        let watcher = spawn(&mut bench);
        let by = Resident::Process(watcher);
        let given = Spawn { by: Some(&by), monitor: Some(MonitorId(1)), ..plain(RECEIVER) };
        let process = spawn_with(&mut bench, &given);
        let turn = bench.turn();
        assert_eq!((turn.handler, turn.ask), (HandlerId::RUN, None));
        send(&mut bench, process, true);
        assert!(bench.turns.is_empty(), "its messages wait for it");
        assert!(bench.complete(turn.turn, &completion));
        let [Note::Down { reason, .. }] = &notes(&mut bench)[..] else { panic!("one note") };
        assert_eq!(reason.to_string(), expected);
    }
}

#[test]
fn what_a_process_has_sent_arrives_in_order_although_its_turn_fails() {
    let mut bench = with_processes();
    let (sender, receiver) = (spawn(&mut bench), spawn(&mut bench));
    let told = |payload| Tell {
        kind: WORKER,
        handler: WORK,
        key: "",
        process: Some(receiver),
        payload,
        metadata: None,
    };
    send(&mut bench, sender, true);
    bench.finish(&Completion { tells: &[told(b"1"), told(b"2")], ..done(b"") });
    send(&mut bench, sender, true);
    let failing = bench.turns.pop_back().expect("the sender's");
    assert!(bench.complete(failing.turn, &Completion { tells: &[told(b"3")], ..failed("no") }));
    assert!(!alive(&bench, sender));
    let heard: Vec<Vec<u8>> = std::iter::from_fn(|| {
        (!bench.turns.is_empty()).then(|| bytes(&bench.finish(&done(b"")).payload).to_vec())
    })
    .collect();
    assert_eq!(heard, [b"1", b"2", b"3"]);
}

#[test]
fn a_turn_may_end_its_process_with_a_reason() {
    let mut bench = with_processes();
    let (process, linked) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, linked);
    link(&mut bench, process, linked);
    let asked = send(&mut bench, process, false);
    let reason = custom("enough");
    bench.finish(&Completion { exit: Some(&reason), ..done(b"bye") });
    assert!(bench.outcome(asked).is_some_and(|outcome| outcome.is_ok()), "it answers first");
    assert_eq!(notes(&mut bench), [exit_note(process, custom("enough"))]);
}

#[test]
fn a_turn_that_ends_its_process_may_refuse_its_caller() {
    let mut bench = with_processes();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, other, process, 1);
    let asked = send(&mut bench, process, false);
    let reason = ExitReason::Shutdown(None);
    let outcome = Err((ErrorCode::NoProcess, "it has ended"));
    bench.finish(&Completion { exit: Some(&reason), outcome, ..done(b"") });
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::NoProcess)));
    assert_eq!(notes(&mut bench), [down(1, process, reason)]);
}

#[test]
fn a_message_that_does_not_fit_is_refused_and_its_process_lives_on() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    let asked = send(&mut bench, process, false);
    let unfit = || Completion { outcome: Err((ErrorCode::InvalidPayload, "no number")), ..done(b"") };
    bench.finish(&unfit());
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::InvalidPayload)));
    send(&mut bench, process, true);
    bench.finish(&unfit());
    assert!(alive(&bench, process));
    let asked = send(&mut bench, process, false);
    bench.finish(&done(b"1"));
    assert!(matches!(bench.outcome(asked), Some(Ok(_))));
}

#[test]
fn a_stack_is_for_those_who_watch_and_not_for_a_caller() {
    let mut bench = with_processes();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, other, process, 1);
    let asked = send(&mut bench, process, false);
    bench.finish(&failed("ValueError: no\n\u{1e}\nline 7"));
    assert_eq!(bench.failure(asked).text, "ValueError: no");
    let [Note::Down { reason: ExitReason::Failed(crash), .. }] = &notes(&mut bench)[..] else {
        panic!("one note")
    };
    assert_eq!((&*crash.text, &*crash.stack), ("ValueError: no", "line 7"));
}

#[test]
fn a_hook_runs_before_the_first_message_and_ends_the_process_if_it_throws() {
    let mut bench = with_processes();
    let process = spawn_with(&mut bench, &plain(HOOKED));
    let asked = bench.send(Send { key: "", process: Some(process), ..ask(HOOKED, WORK, "") });
    let turn = bench.finish(&done(b""));
    assert_eq!(turn.handler, HandlerId::ACTIVATED);
    assert_eq!(bench.finish(&done(b"")).handler, WORK);
    assert!(bench.outcome(asked).is_some());
    let process = spawn_with(&mut bench, &plain(HOOKED));
    bench.finish(&failed("no"));
    assert!(!alive(&bench, process));
}

#[test]
fn linked_processes_end_together_and_an_orderly_end_takes_nobody_along() {
    let mut bench = with_processes();
    let [one, two, three] = [(); 3].map(|()| spawn(&mut bench));
    link(&mut bench, one, two);
    link(&mut bench, two, three);
    exit(&mut bench, one, one, ExitReason::Normal);
    assert!(!alive(&bench, one) && alive(&bench, two), "normal is ignored by those linked");
    exit(&mut bench, three, two, custom("boom"));
    assert!(!alive(&bench, two) && !alive(&bench, three), "an abnormal one goes through");
}

#[test]
fn an_exit_signal_cancels_what_runs() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    send(&mut bench, process, false);
    let turn = bench.turn();
    exit(&mut bench, process, process, custom("now"));
    assert_eq!(bench.cancelled, [(turn.turn, ErrorCode::Cancelled)]);
    assert!(!bench.complete(turn.turn, &changed(b"late", b"state")), "what it still does counts no more");
}

#[test]
fn one_that_traps_exits_receives_them_behind_its_messages() {
    let mut bench = with_processes();
    let (process, other) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, process);
    link(&mut bench, other, process);
    send(&mut bench, process, true);
    send(&mut bench, process, true);
    exit(&mut bench, other, other, custom("boom"));
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"m");
    assert_eq!(bytes(&bench.finish(&done(b"")).payload), b"m");
    let turn = bench.finish(&done(b""));
    assert_eq!(turn.handler, HandlerId::EXIT);
    assert_eq!(turn.payload, Payload::Note(Box::new(exit_note(other, custom("boom")))));
}

#[test]
fn normal_is_a_note_for_one_that_traps_and_nothing_for_others() {
    let mut bench = with_processes();
    let (trapping, plain, other) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, trapping);
    for process in [trapping, plain] {
        exit(&mut bench, other, process, ExitReason::Normal);
    }
    assert_eq!(notes(&mut bench), [exit_note(other, ExitReason::Normal)]);
    assert!(alive(&bench, plain));
    exit(&mut bench, plain, plain, ExitReason::Normal);
    assert!(!alive(&bench, plain), "sent to itself it ends");
}

#[test]
fn kill_cannot_be_trapped_and_others_see_killed_which_can() {
    let mut bench = with_processes();
    let (victim, trapping, plain) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    for process in [victim, trapping] {
        trap(&mut bench, process);
    }
    link(&mut bench, victim, trapping);
    link(&mut bench, victim, plain);
    exit(&mut bench, trapping, victim, ExitReason::Kill);
    assert!(!alive(&bench, victim) && !alive(&bench, plain));
    assert_eq!(notes(&mut bench), [exit_note(victim, ExitReason::Killed)]);
}

#[test]
fn kill_as_a_process_own_reason_comes_by_links_like_any_other() {
    let mut bench = with_processes();
    let (process, trapping) = (spawn(&mut bench), spawn(&mut bench));
    trap(&mut bench, trapping);
    link(&mut bench, process, trapping);
    send(&mut bench, process, true);
    bench.finish(&Completion { exit: Some(&ExitReason::Kill), ..done(b"") });
    assert_eq!(notes(&mut bench), [exit_note(process, ExitReason::Kill)]);
}

#[test]
fn linking_to_the_dead_is_an_exit_with_no_process() {
    let mut bench = with_processes();
    let (dead, trapping, plain) = (spawn(&mut bench), spawn(&mut bench), spawn(&mut bench));
    exit(&mut bench, dead, dead, ExitReason::Kill);
    trap(&mut bench, trapping);
    link(&mut bench, trapping, dead);
    link(&mut bench, plain, dead);
    assert_eq!(notes(&mut bench), [exit_note(dead, ExitReason::NoProcess)]);
    assert!(!alive(&bench, plain));
}

#[test]
fn after_unlinking_the_end_of_the_other_does_not_matter() {
    let mut bench = with_processes();
    let (one, two) = (spawn(&mut bench), spawn(&mut bench));
    link(&mut bench, one, two);
    unlink(&mut bench, two, one);
    exit(&mut bench, one, one, custom("boom"));
    assert!(alive(&bench, two));
    link(&mut bench, two, two);
    exit(&mut bench, two, two, ExitReason::Normal);
    assert!(!alive(&bench, two), "a link to oneself changes nothing");
}

#[test]
fn who_waits_from_outside_for_one_that_has_ended_learns_why() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    exit(&mut bench, process, process, custom("boom"));
    for (number, process, expected) in
        [(901, process, custom("boom")), (902, ProcessId(77), ExitReason::NoProcess)]
    {
        let mut out = Vec::new();
        bench.shard.await_end(process, AskId(number), &mut out);
        let [Action::Host(HostEvent::Reply { outcome: Ok(Payload::Note(note)), .. })] = &out[..] else {
            panic!("{out:?}")
        };
        assert_eq!(**note, down(number, process, expected));
    }
}

#[test]
fn each_watch_has_one_down_and_the_dead_are_down_at_once() {
    let mut bench = with_processes();
    let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
    for number in 1..=3 {
        monitor(&mut bench, watcher, watched, number);
    }
    assert!(demonitor(&mut bench, watcher, 2, false));
    exit(&mut bench, watched, watched, custom("boom"));
    monitor(&mut bench, watcher, watched, 4);
    let expected = [
        down(1, watched, custom("boom")),
        down(3, watched, custom("boom")),
        down(4, watched, ExitReason::NoProcess),
    ];
    assert_eq!(notes(&mut bench), expected);
    assert!(!demonitor(&mut bench, watcher, 1, false), "it is over");
}

#[test]
fn a_note_that_waits_is_taken_out_by_a_flush_only() {
    for flush in [false, true] {
        let mut bench = with_processes();
        let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
        monitor(&mut bench, watcher, watched, 1);
        send(&mut bench, watcher, true);
        exit(&mut bench, watched, watched, custom("boom"));
        assert!(!demonitor(&mut bench, watcher, 1, flush));
        assert_eq!(notes(&mut bench).len(), usize::from(!flush));
    }
}

#[test]
fn a_spawned_process_is_linked_and_watched_from_its_beginning() {
    let mut bench = with_processes();
    let parent = spawn(&mut bench);
    trap(&mut bench, parent);
    let by = Resident::Process(parent);
    let given = Spawn { by: Some(&by), link: true, monitor: Some(MonitorId(9)), ..plain(HOOKED) };
    let child = spawn_with(&mut bench, &given);
    // Its very first turn fails.
    bench.finish(&failed("no"));
    let notes = notes(&mut bench);
    assert_eq!(notes.len(), 2, "an exit and a down: {notes:?}");
    assert!(matches!(&notes[0], Note::Exit { from, .. } if *from == Resident::Process(child)));
    assert!(matches!(&notes[1], Note::Down { monitor: MonitorId(9), .. }));
}

#[test]
fn an_actor_that_is_linked_is_stopped_and_activated_anew_by_the_next_message() {
    for kind in [TRANSIENT, DURABLE] {
        let mut bench = with_processes();
        let process = spawn(&mut bench);
        let first = bench.send(ask(kind, WORK, "a"));
        bench.load();
        let turn = bench.turn();
        let actor = Resident::Actor { kind, key: "a".into() };
        let now = bench.now;
        call(&mut bench, |bench, out| bench.shard.link(&actor, &Resident::Process(process), now, out))
            .expect("there is room");
        exit(&mut bench, process, process, custom("boom"));
        assert_eq!(bench.outcome(first), Some(Err(ErrorCode::ActorStopped)));
        assert!(!bench.complete(turn.turn, &changed(b"", b"state")));
        let second = bench.send(ask(kind, WORK, "a"));
        bench.load();
        let again = bench.finish(&done(b""));
        assert!(
            again.birth.is_some_and(|birth| birth.state.is_none()) && again.activation != turn.activation
        );
        assert!(bench.outcome(second).is_some());
    }
}

#[test]
fn an_exit_reaches_those_tied_to_an_actor_whether_it_is_in_memory_or_not() {
    for in_memory in [true, false] {
        let mut bench = with_processes();
        let (linked, watcher) = (spawn(&mut bench), spawn(&mut bench));
        let actor = Resident::Actor { kind: DURABLE, key: "a".into() };
        if in_memory {
            bench.send(ask(DURABLE, WORK, "a"));
            bench.load();
            bench.finish(&done(b""));
        }
        let now = bench.now;
        call(&mut bench, |bench, out| bench.shard.link(&Resident::Process(linked), &actor, now, out))
            .expect("there is room");
        call(&mut bench, |bench, out| {
            bench.shard.monitor(&Resident::Process(watcher), &actor, MonitorId(1), now, out)
        })
        .expect("there is room");
        call(&mut bench, |bench, out| {
            bench.shard.exit(Resident::Process(watcher), &actor, custom("boom"), now, out);
        });
        assert!(!bench.shard.is_alive(linked), "in memory: {in_memory}");
        assert_eq!(notes(&mut bench).len(), 1, "in memory: {in_memory}");
    }
}

#[test]
fn a_message_goes_to_the_handler_of_its_name_in_a_process_of_another_kind() {
    let mut bench = with_processes();
    let process = spawn_with(&mut bench, &plain(HOOKED));
    bench.finish(&done(b""));
    let asked = send(&mut bench, process, false);
    assert_eq!(bench.finish(&done(b"")).kind, HOOKED);
    assert!(bench.outcome(asked).is_some_and(|outcome| outcome.is_ok()));
}

#[test]
fn spawning_has_a_bound_and_what_is_no_process_kind_is_refused() {
    let mut bench = Bench::with(kinds(), Limits { processes_max: 3, ..Limits::default() });
    let processes: Vec<ProcessId> = (0..3).map(|_| spawn(&mut bench)).collect();
    let refused = |bench: &mut Bench, kind| {
        let now = bench.now;
        call(bench, |bench, out| bench.shard.spawn(&plain(kind), now, out)).expect_err("refused")
    };
    let failure = refused(&mut bench, WORKER);
    assert_eq!((failure.code, failure.text.contains("processes_max")), (ErrorCode::Overloaded, true));
    assert_eq!(refused(&mut bench, TRANSIENT).code, ErrorCode::UnknownKind);
    exit(&mut bench, processes[0], processes[0], ExitReason::Kill);
    spawn(&mut bench);
}

#[test]
fn one_keeps_a_bounded_number_of_ties_however_few_there_are_to_be_tied_to() {
    let mut bench = Bench::with(kinds(), Limits { processes_max: 3, ..Limits::default() });
    let (process, other) = (Resident::Process(spawn(&mut bench)), Resident::Process(spawn(&mut bench)));
    let actor = |n: u64| Resident::Actor { kind: DURABLE, key: n.to_string().as_str().into() };
    let watch = |bench: &mut Bench, n: u64| {
        let now = bench.now;
        call(bench, |bench, out| bench.shard.monitor(&process, &other, MonitorId(n), now, out))
    };
    let link = |bench: &mut Bench, n: u64| {
        let now = bench.now;
        call(bench, |bench, out| bench.shard.link(&process, &actor(n), now, out))
    };
    for n in 1..=3 {
        watch(&mut bench, n).expect("there is room");
        link(&mut bench, n).expect("there is room");
    }
    for refused in [watch(&mut bench, 4), link(&mut bench, 4)] {
        let failure = refused.expect_err("refused");
        assert!(
            failure.code == ErrorCode::Overloaded && failure.text.contains("processes_max"),
            "{failure:?}"
        );
    }
    let now = bench.now;
    call(&mut bench, |bench, out| bench.shard.demonitor(&process, MonitorId(1), false, now, out));
    watch(&mut bench, 4).expect("there is room again");
}

#[test]
fn a_process_that_ended_is_forgotten_before_it_is_told_of() {
    let mut bench = with_processes();
    let (watcher, watched) = (spawn(&mut bench), spawn(&mut bench));
    monitor(&mut bench, watcher, watched, 1);
    let now = bench.now;
    let mut out = Vec::new();
    bench.shard.exit(
        Resident::Process(watched),
        &Resident::Process(watched),
        ExitReason::Kill,
        now,
        &mut out,
    );
    let order: Vec<&str> = out
        .iter()
        .map(|action| match action {
            Action::Ended { .. } => "ended",
            Action::Host(HostEvent::Turn(_)) => "down",
            _ => "other",
        })
        .collect();
    assert_eq!(order, ["ended", "down"]);
}

#[test]
fn what_is_seen_of_a_process_names_its_number() {
    let mut bench = with_processes();
    let process = spawn(&mut bench);
    send(&mut bench, process, true);
    bench.finish(&failed("no"));
    let notice = &bench.notices.last().expect("a crash is told").text;
    assert!(notice.starts_with(&format!("worker/{} work", process.0)), "{notice}");
}

/// Found by seed 215 of the simulator's histories of processes: what was told became a dead letter in a record that followed no
/// revision, and the store refused it.
#[test]
fn an_actor_that_is_stopped_while_it_is_read_keeps_what_was_told_and_writes_nothing() {
    let mut bench = with_processes();
    let told = bench.send(Send { tell: true, payload: b"7", ..ask(DURABLE, WORK, "a") });
    let asked = bench.send(ask(DURABLE, WORK, "a"));
    let (actor, now) = (Resident::Actor { kind: DURABLE, key: "a".into() }, bench.now);
    call(&mut bench, |bench, out| {
        bench.shard.exit(Resident::Process(ProcessId::NOBODY), &actor, ExitReason::Kill, now, out);
    });
    assert_eq!(bench.outcome(told), Some(Ok(&b""[..])));
    assert_eq!(bench.outcome(asked), Some(Err(ErrorCode::ActorStopped)));
    assert!(bench.records().is_empty());
    bench.load_as(Stored {
        revision: 3,
        state: Some(b"before".to_vec()),
        marks_complete: true,
        ..Stored::default()
    });
    let turn = bench.finish(&changed(b"", b"state"));
    assert_eq!(turn.payload.bytes(), Some(&b"7"[..]));
    let records = bench.commit_all();
    assert_eq!(records.iter().map(|record| record.expected).collect::<Vec<_>>(), [3]);
}
