//! Random programs of state machines, as OTP's `gen_statem` plays them and as processes of a shard do.
//!
//! Goal: between mailbox and turns nothing of the order that OTP gives is lost: events, enter calls, postponed and inserted ones,
//! time-outs of zero.
//! Method: the programs of `otp/state_machine.jsonl`, which `state_machines` plays on the machine alone, are played by turns.

mod bench;

use std::sync::Arc;

use bench::processes::{alive, exit, kinds, plain, spawn_with};
use bench::{Bench, Send, WORK, ask, bytes, done, kind};
use everact_kernel::address::{HandlerId, KindId};
use everact_kernel::behaviour::Wish;
use everact_kernel::behaviour::state_machine::{Change, Timeout};
use everact_kernel::behaviour::wish::{MachineAction, MachineWish, NextEvent};
use everact_kernel::kind::{Behaviour, Kind, Role};
use everact_kernel::limits::Limits;
use everact_kernel::message::{Note, Payload, Timed};
use everact_kernel::process::{ExitReason, ProcessId};
use everact_kernel::turn::{Completion, TurnStart};
use serde_json::Value;

const RECORDED: &str = include_str!("otp/state_machine.jsonl");
const LONG_MS: u64 = 1_000_000;
const MACHINE: KindId = KindId(5);

fn bench(enter_calls: bool) -> Bench {
    let mut all = kinds();
    all.push(Kind {
        role: Role::Process,
        behaviour: Some(Behaviour::StateMachine { enter_calls }),
        activated: true,
        ..kind("machine", false)
    });
    Bench::with(all, Limits::default())
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn content(text: String) -> Arc<[u8]> {
    text.into_bytes().into()
}

fn timeouts(value: &Value, callback: usize) -> impl Iterator<Item = MachineAction> + '_ {
    list(value).iter().enumerate().map(move |(at, change)| {
        let content = content(format!("t{callback}.{}", at + 1));
        let timeout = match change[0].as_str().expect("a name") {
            "state" => Timeout::State,
            "event" => Timeout::Event,
            name => Timeout::Named(name.into()),
        };
        let change = match change[1].as_str().expect("a change") {
            "zero" => Change::Start { after_ms: 0, content },
            "long" => Change::Start { after_ms: LONG_MS, content },
            "update" => Change::Update { content },
            _ => Change::Cancel,
        };
        MachineAction::Timeout(timeout, change)
    })
}

/// What the callback with this number wants.
fn wish(program: &Value, callback: usize, enters: bool) -> MachineWish {
    let Some(answer) = program["answers"].get(callback - 1) else { return MachineWish::default() };
    let mut actions = Vec::new();
    match answer[2].as_str().expect("whether to postpone") {
        "true" if !enters => actions.push(MachineAction::Postpone(true)),
        "false" => actions.push(MachineAction::Postpone(false)),
        _ => {}
    }
    let inserted = if enters { 0 } else { answer[3].as_u64().expect("a number") };
    actions.extend((1..=inserted).map(|number| {
        let payload = content(format!("n{callback}.{number}"));
        MachineAction::NextEvent(NextEvent { handler: "work".into(), payload, ask: None, internal: true })
    }));
    actions.extend(timeouts(&answer[4], callback));
    let next = answer[1].as_u64().expect("a state").to_string();
    match answer[0].as_str().expect("a verb") {
        "repeat" => MachineWish { repeat: true, next: None, actions },
        "next" if !enters => MachineWish { next: Some(next.into()), repeat: false, actions },
        _ => MachineWish { actions, ..MachineWish::default() },
    }
}

/// What a turn shows, as OTP's programs wrote it down.
fn line(state: &str, turn: &TurnStart) -> String {
    let Payload::Note(note) = &turn.payload else {
        let event_type = if turn.internal { "internal" } else { "cast" };
        return format!("{state} {event_type} {}", String::from_utf8_lossy(bytes(&turn.payload)));
    };
    match &**note {
        Note::Enter { previous } => format!("{state} enter {previous}"),
        Note::Timeout { which: Timed::Machine(which), content } => {
            let name = match which {
                Timeout::State => "state_timeout".to_owned(),
                Timeout::Event => "timeout".to_owned(),
                Timeout::Named(name) => format!("timeout:{name}"),
            };
            format!("{state} {name} {}", String::from_utf8_lossy(content))
        }
        other => panic!("{other:?}"),
    }
}

fn play(program: &Value) -> Vec<String> {
    let mut bench = bench(program["enter"].as_bool().expect("a flag"));
    let process = spawn_with(&mut bench, &plain(MACHINE));
    for number in 1..=program["casts"].as_u64().expect("a number") {
        let payload = format!("c{number}");
        let cast = Send {
            process: Some(process),
            key: "",
            payload: payload.as_bytes(),
            tell: true,
            ..ask(MACHINE, WORK, "")
        };
        bench.send(cast);
    }
    let actions = timeouts(&program["initial"], 0).collect();
    let first = Wish::Machine(MachineWish { next: Some("0".into()), repeat: false, actions });
    bench.finish(&Completion { wish: Some(&first), ..done(b"") });
    let (mut seen, mut state) = (Vec::new(), "0".to_owned());
    while let Some(turn) = bench.turns.pop_front() {
        assert!(bench.turns.is_empty(), "one callback at a time");
        seen.push(line(&state, &turn));
        let wanted = wish(program, seen.len(), turn.handler == HandlerId::ENTER);
        if let Some(next) = &wanted.next {
            state = next.to_string();
        }
        let wanted = Wish::Machine(wanted);
        bench.complete(turn.turn, &Completion { wish: Some(&wanted), ..done(b"") });
        assert!(alive(&bench, process), "{wanted:?}");
    }
    exit(&mut bench, ProcessId::NOBODY, process, ExitReason::Kill);
    assert_eq!(bench.shard.next_deadline(), u64::MAX, "its timers go with it");
    seen
}

#[test]
fn processes_play_random_programs_as_otp_does() {
    let mut played = 0;
    for text in RECORDED.lines() {
        let program: Value = serde_json::from_str(text).expect("a program");
        let wanted: Vec<&str> = list(&program["seen"]).iter().filter_map(Value::as_str).collect();
        assert_eq!(play(&program), wanted, "program {} is {program}", played + 1);
        played += 1;
    }
    assert!(played >= 100, "only {played} programs");
}
