//! What programs rely on, by topic. The host of these tests has a mailbox and a clock that jumps from timer to timer; what it
//! writes down is what OTP's `gen_statem` shows for the same program (25.2), unless a test says otherwise.

mod bounds;
mod entering;
mod events;
mod laws;
mod stopping;
mod timing;

use std::collections::VecDeque;

use super::{Action, Event, EventType, Outcome, Output, StateMachine, Timeout, Types, Work};
use crate::behaviour::TimerTag;

#[derive(Debug)]
pub(super) struct Texts;

impl Types for Texts {
    type State = &'static str;
    type Content = &'static str;
    type Caller = u32;
    type Reply = &'static str;
    type Name = &'static str;
}

type TextEvent = Event<Texts>;
type Actions = Vec<Action<Texts>>;
type Result = Outcome<Texts>;

fn cast(content: &'static str) -> TextEvent {
    Event { event_type: EventType::Cast, content }
}

fn call(caller: u32, content: &'static str) -> TextEvent {
    Event { event_type: EventType::Call(caller), content }
}

fn internal(content: &'static str) -> Action<Texts> {
    Action::NextEvent(Event { event_type: EventType::Internal, content })
}

fn named(name: &'static str, after_ms: u64, content: &'static str) -> Action<Texts> {
    Action::start(Timeout::Named(name), after_ms, content)
}

fn state_timeout(after_ms: u64, content: &'static str) -> Action<Texts> {
    Action::start(Timeout::State, after_ms, content)
}

fn event_timeout(after_ms: u64, content: &'static str) -> Action<Texts> {
    Action::start(Timeout::Event, after_ms, content)
}

fn keep() -> Result {
    Outcome::Keep(vec![])
}

fn postpone() -> Result {
    Outcome::Keep(vec![Action::Postpone(true)])
}

fn next(state: &'static str) -> Result {
    Outcome::Next(state, vec![])
}

/// The type of an event as tests spell it.
fn kind(event_type: &EventType<u32, &'static str>) -> String {
    match event_type {
        EventType::Call(_) => "call".into(),
        EventType::Cast => "cast".into(),
        EventType::Info => "info".into(),
        EventType::Internal => "internal".into(),
        EventType::Timeout(Timeout::State) => "state_timeout".into(),
        EventType::Timeout(Timeout::Event) => "timeout".into(),
        EventType::Timeout(Timeout::Named(name)) => format!("timeout:{name}"),
    }
}

enum Mail {
    Event(TextEvent),
    Fired(TimerTag),
}

/// A host: runs the handler for what is due, and writes down what it sees.
struct Host<H> {
    machine: StateMachine<Texts>,
    /// Gets the state, the event's type or `enter`, and the content or the state before.
    handler: H,
    mailbox: VecDeque<Mail>,
    /// Times and tags of armed timers.
    timers: Vec<(u64, TimerTag)>,
    now: u64,
    seen: Vec<String>,
    replies: Vec<(u32, &'static str)>,
    outputs: Vec<Output<Texts>>,
}

impl<H: FnMut(&str, &str, &str) -> Result> Host<H> {
    fn start(enter_calls: bool, actions: Actions, handler: H) -> Self {
        let mut host = Self {
            machine: StateMachine::new("a", enter_calls),
            handler,
            mailbox: VecDeque::new(),
            timers: Vec::new(),
            now: 0,
            seen: Vec::new(),
            replies: Vec::new(),
            outputs: Vec::new(),
        };
        assert!(matches!(host.machine.work(), Work::Start));
        host.machine.start(actions, &mut host.outputs).expect("the machine is new");
        host.apply();
        host
    }

    fn apply(&mut self) {
        for output in self.outputs.drain(..) {
            match output {
                Output::Reply { to, reply } => self.replies.push((to, reply)),
                Output::Arm { timer, after_ms } => {
                    assert!(after_ms > 0, "a timer of no time");
                    self.timers.push((self.now + after_ms, timer));
                }
                Output::Disarm { timer } => self.timers.retain(|(_, armed)| *armed != timer),
            }
        }
    }

    /// The clock reaches `now`: timers that are due by then put their tags behind what the mailbox holds.
    fn advance(&mut self, now: u64) {
        self.now = now;
        self.timers.sort_by_key(|(due_at, _)| *due_at);
        let due = self.timers.partition_point(|(due_at, _)| *due_at <= now);
        self.mailbox.extend(self.timers.drain(..due).map(|(_, tag)| Mail::Fired(tag)));
    }

    /// Runs one callback; false where the machine waits or has ended.
    fn callback(&mut self) -> bool {
        let outcome = match self.machine.work() {
            Work::Event { state, event } => {
                let kind = kind(&event.event_type);
                self.seen.push(format!("{state} {kind} {}", event.content));
                (self.handler)(state, &kind, event.content)
            }
            Work::Enter { state, previous } => {
                self.seen.push(format!("{state} enter {previous}"));
                (self.handler)(state, "enter", previous)
            }
            Work::Start | Work::Wait { .. } | Work::Ended => return false,
        };
        self.machine.complete(outcome, &mut self.outputs).expect("the program keeps to the rules");
        self.apply();
        true
    }

    /// Runs until nothing waits, the clock included.
    fn run(&mut self) {
        loop {
            while self.callback() {}
            if matches!(self.machine.work(), Work::Ended) {
                return;
            }
            let mail = match self.mailbox.pop_front() {
                Some(mail) => mail,
                None => match self.timers.iter().map(|(due_at, _)| *due_at).min() {
                    Some(due_at) => {
                        self.advance(due_at);
                        continue;
                    }
                    None => return,
                },
            };
            match mail {
                Mail::Event(event) => self.machine.receive(event).expect("the machine waits"),
                Mail::Fired(tag) => drop(self.machine.fired(tag).expect("the machine waits")),
            }
        }
    }

    fn send(&mut self, event: TextEvent) {
        self.mailbox.push_back(Mail::Event(event));
    }
}

/// What a program sees that starts in state `a` with these actions and is sent these casts.
fn check(
    enter_calls: bool,
    actions: Actions,
    casts: &[&'static str],
    handler: impl FnMut(&str, &str, &str) -> Result,
    expected: &[&str],
) {
    let mut host = Host::start(enter_calls, actions, handler);
    for content in casts {
        host.send(cast(content));
    }
    host.run();
    assert_eq!(host.seen, expected);
}
