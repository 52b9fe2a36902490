//! A Rust program that sets its subscriber while an engine runs; alone in its process, because a subscriber is the process's.

mod host;
mod listener;

use host::{ADD, Host};
use listener::{Listener, Seen};

#[test]
fn a_program_that_begins_to_listen_sees_turns_from_its_next_message() {
    let mut host = Host::open(None);
    host.ask(1, ADD, "unheard", 1).expect("adds");
    let seen = Seen::default();
    let turns = Listener { takes: |metadata| metadata.target() == "everact::turn", seen: seen.clone() };
    tracing::subscriber::set_global_default(turns).expect("the only one");
    host.ask(1, ADD, "heard", 1).expect("adds");
    host.ask(1, ADD, "heard", -1).expect_err("refused");
    let seen = seen.lock().expect("no panic").clone();
    let begins = |text: &str| seen.iter().filter(|line| line.contains(text)).count();
    assert_eq!((begins("turn.start"), begins("turn.end"), begins("unheard")), (2, 2, 0), "{seen:?}");
    assert!(seen[0].contains("kind=\"cache\" key=\"heard\" handler=\"add\""), "{seen:?}");
    assert!(seen[1].contains("outcome=\"ok\" changed=true tells=0"), "{seen:?}");
    assert!(seen[3].contains("outcome=\"HandlerFailed\""), "{seen:?}");
}
