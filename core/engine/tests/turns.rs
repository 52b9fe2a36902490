//! The engine through its Rust API: turns, commits and restarts.

mod host;

use std::time::Duration;

use everact::ErrorCode;
use everact::address::AskId;
use host::{ADD, GET, Host};

#[test]
fn a_durable_actor_survives_a_restart_and_a_transient_one_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::open(Some(folder.path()));
    for _ in 0..10 {
        host.ask(0, ADD, "a", 2).expect("adds");
        host.ask(1, ADD, "a", 2).expect("adds");
    }
    host.close();
    let mut host = Host::open(Some(folder.path()));
    assert_eq!(host.ask(0, GET, "a", 0), Ok(20));
    assert_eq!(host.ask(1, GET, "a", 0), Ok(0));
    host.close();
}

#[test]
fn a_failed_turn_changes_nothing_and_the_actor_lives_on() {
    let mut host = Host::open(None);
    assert_eq!(host.ask(0, ADD, "a", 5), Ok(5));
    assert_eq!(host.ask(0, ADD, "a", -1), Err(ErrorCode::HandlerFailed));
    assert_eq!(host.ask(0, ADD, "a", 1), Ok(6));
    host.close();
}

#[test]
fn many_asks_of_one_key_are_pipelined_and_none_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut host = Host::open(Some(folder.path()));
    let asks: Vec<AskId> = (0..5_000).map(|_| host.submit(0, ADD, "hot", 1)).collect();
    let last = asks.into_iter().map(|ask| host.outcome(ask).expect("adds")).max();
    assert_eq!(last, Some(5_000));
    drop(host);
    let mut host = Host::open(Some(folder.path()));
    assert_eq!(host.ask(0, GET, "hot", 0), Ok(5_000));
}

#[test]
fn after_close_every_call_says_closed() {
    let mut host = Host::open(None);
    host.engine.close(Duration::from_secs(1));
    host.until(|host| host.closed);
    assert_eq!(host.ask(0, ADD, "a", 1), Err(ErrorCode::Closed));
}

#[test]
fn after_so_many_turns_in_a_row_one_goes_through_the_lane() {
    let mut config = host::config(None);
    config.lane = everact::LaneMode::Loop;
    config.caller_runs_max = 3;
    let mut host = Host::over(everact::Engine::open(config, None).expect("opens"));
    let here = |host: &mut Host, number| {
        host.submit_to_run_here(1, ADD, "a", number);
        host.replies.len()
    };
    assert_eq!([1, 2, 3, 4].map(|number| here(&mut host, number)), [1, 2, 3, 3]);
    host.until(|host| host.replies.len() == 4);
}
