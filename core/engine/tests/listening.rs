//! A Rust program that sets its subscriber while an engine runs; alone in its process, because a subscriber is the process's.

mod host;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use host::{ADD, Host};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

/// A subscriber of the process that takes events about turns.
struct Turns(Arc<Mutex<Vec<String>>>);

impl Subscriber for Turns {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "everact::turn"
    }
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().expect("no panic").push(fields.0);
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_program_that_begins_to_listen_sees_turns_from_its_next_message() {
    let mut host = Host::open(None);
    host.ask(1, ADD, "unheard", 1).expect("adds");
    let seen = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::set_global_default(Turns(seen.clone())).expect("the only one");
    host.ask(1, ADD, "heard", 1).expect("adds");
    host.ask(1, ADD, "heard", -1).expect_err("refused");
    let seen = seen.lock().expect("no panic").clone();
    let begins = |text: &str| seen.iter().filter(|line| line.contains(text)).count();
    assert_eq!((begins("turn.start"), begins("turn.end"), begins("unheard")), (2, 2, 0), "{seen:?}");
    assert!(seen[0].contains("kind=\"cache\" key=\"heard\" handler=\"add\""), "{seen:?}");
    assert!(seen[1].contains("outcome=\"ok\" changed=true tells=0"), "{seen:?}");
    assert!(seen[3].contains("outcome=\"HandlerFailed\""), "{seen:?}");
}
