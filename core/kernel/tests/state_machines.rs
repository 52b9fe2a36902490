//! Random programs, as OTP's `gen_statem` plays them and as our state machine does.
//!
//! Goal: the order of events, enter calls and time-outs of zero, and what is postponed or runs in the end, is OTP's.
//! Method: `otp/state_machine.jsonl` has programs and what each saw on OTP 25.2; `otp/state_machine.escript` wrote it.
//! `EVERACT_STATE_MACHINE_PROGRAMS` names another file of that form, to play more programs than the repository keeps.

use everact_kernel::behaviour::state_machine::{
    Action, Event, EventType, Outcome, Output, StateMachine, Timeout, Types, Work,
};
use serde_json::Value;

const RECORDED: &str = include_str!("otp/state_machine.jsonl");
const LONG_MS: u64 = 1_000_000;

#[derive(Debug)]
struct Texts;

impl Types for Texts {
    type State = u64;
    type Content = String;
    type Caller = ();
    type Reply = ();
    type Name = String;
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(|text| text.as_str().expect("a text").into()).collect()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

/// How OTP names the type of an event.
fn type_of(event_type: &EventType<(), String>) -> String {
    match event_type {
        EventType::Cast => "cast".into(),
        EventType::Internal => "internal".into(),
        EventType::Timeout(timeout) => name_of(timeout),
        EventType::Info | EventType::Call(()) => unreachable!("no program sends one"),
    }
}

fn name_of(timeout: &Timeout<String>) -> String {
    match timeout {
        Timeout::State => "state_timeout".into(),
        Timeout::Event => "timeout".into(),
        Timeout::Named(name) => format!("timeout:{name}"),
    }
}

/// The changes of time-outs that an answer of callback `callback` has.
fn timeouts(value: &Value, callback: usize) -> impl Iterator<Item = Action<Texts>> + '_ {
    list(value).iter().enumerate().map(move |(at, change)| {
        let content = format!("t{callback}.{}", at + 1);
        let timeout = match change[0].as_str().expect("a name") {
            "state" => Timeout::State,
            "event" => Timeout::Event,
            name => Timeout::Named(name.into()),
        };
        match change[1].as_str().expect("a change") {
            "zero" => Action::start(timeout, 0, content),
            "long" => Action::start(timeout, LONG_MS, content),
            "update" => Action::update(timeout, content),
            _ => Action::cancel(timeout),
        }
    })
}

/// What the callback with this number returns.
fn outcome(program: &Value, callback: usize, enters: bool) -> Outcome<Texts> {
    let Some(answer) = program["answers"].get(callback - 1) else { return Outcome::Keep(vec![]) };
    let mut actions = Vec::new();
    match answer[2].as_str().expect("whether to postpone") {
        "true" if !enters => actions.push(Action::Postpone(true)),
        "false" => actions.push(Action::Postpone(false)),
        _ => {}
    }
    let inserted = if enters { 0 } else { answer[3].as_u64().expect("a number") };
    actions.extend((1..=inserted).map(|number| {
        let content = format!("n{callback}.{number}");
        Action::NextEvent(Event { event_type: EventType::Internal, content })
    }));
    actions.extend(timeouts(&answer[4], callback));
    match answer[0].as_str().expect("a verb") {
        "repeat" => Outcome::Repeat(actions),
        "next" if !enters => Outcome::Next(answer[1].as_u64().expect("a state"), actions),
        _ => Outcome::Keep(actions),
    }
}

/// Plays a program: what it saw, what is postponed in the end (the newest first), and which time-outs run then.
fn play(program: &Value) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut machine = StateMachine::<Texts>::new(0, program["enter"].as_bool().expect("a flag"));
    let mut outputs = Vec::new();
    machine.start(timeouts(&program["initial"], 0).collect(), &mut outputs).expect("it is new");
    let mut mailbox = 1..=program["casts"].as_u64().expect("a number");
    let (mut seen, mut callback) = (Vec::new(), 0);
    loop {
        let enters = match machine.work() {
            Work::Event { state, event } => {
                seen.push(format!("{state} {} {}", type_of(&event.event_type), event.content));
                false
            }
            Work::Enter { state, previous } => {
                seen.push(format!("{state} enter {previous}"));
                true
            }
            Work::Wait { .. } => {
                let Some(number) = mailbox.next() else { break };
                let event = Event { event_type: EventType::Cast, content: format!("c{number}") };
                machine.receive(event).expect("it waits");
                continue;
            }
            Work::Start | Work::Ended => unreachable!("it was started and no program stops"),
        };
        callback += 1;
        machine
            .complete(outcome(program, callback, enters), &mut outputs)
            .expect("programs keep to the rules");
    }
    // OTP's programs end with a message that is handled and kept from view.
    let quiet = Event { event_type: EventType::Info, content: String::new() };
    machine.receive(quiet).expect("it waits");
    machine.complete(Outcome::Keep(vec![]), &mut outputs).expect("a handler is due");
    let postponed = machine.postponed().map(|event| event.content.clone()).collect::<Vec<_>>();
    let mut running: Vec<String> =
        machine.timeouts().map(|(timeout, content)| format!("{} {content}", name_of(timeout))).collect();
    running.sort_unstable();
    machine.stop(&mut outputs);
    let armed = outputs.iter().filter(|output| matches!(output, Output::Arm { .. })).count();
    let disarmed = outputs.iter().filter(|output| matches!(output, Output::Disarm { .. })).count();
    assert_eq!(armed, disarmed, "every timer that was armed and did not fire is disarmed");
    (seen, postponed.into_iter().rev().collect(), running)
}

#[test]
fn random_programs_see_what_they_see_on_otp() {
    let other = std::env::var("EVERACT_STATE_MACHINE_PROGRAMS").ok();
    let programs = other.map(|path| std::fs::read_to_string(path).expect("the file is there"));
    let programs = programs.as_deref().unwrap_or(RECORDED);
    let mut played = 0;
    for line in programs.lines() {
        let program: Value = serde_json::from_str(line).expect("a program");
        let (seen, postponed, running) = play(&program);
        let told = format!("program {} is {program}", played + 1);
        assert_eq!(seen, texts(&program["seen"]), "{told}");
        assert_eq!(postponed, texts(&program["postponed"]), "{told}");
        assert_eq!(running, texts(&program["running"]), "{told}");
        played += 1;
    }
    assert!(played >= 100, "only {played} programs");
}
