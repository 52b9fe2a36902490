//! A store that says no: callers hear why, nothing that was acknowledged is lost, and work goes on.

mod host;

use std::sync::Arc;

use everact::{Engine, ErrorCode};
use everact_store::{MemoryStore, StoreError};
use host::{ADD, GET, Host, config};

fn over(store: &Arc<MemoryStore>) -> Host {
    Host::over(Engine::open_on(config(None), store.clone(), true, None).expect("opens"))
}

#[test]
fn while_the_store_fails_callers_hear_unavailable_and_afterwards_work_goes_on() {
    let store = Arc::new(MemoryStore::new());
    let mut host = over(&store);
    assert_eq!(host.ask(0, ADD, "a", 5), Ok(5));
    for _ in 0..3 {
        store.fail_commits(Some(StoreError::Unavailable("no space left".into())));
        assert_eq!(host.ask(0, ADD, "a", 1), Err(ErrorCode::Unavailable));
    }
    assert_eq!(host.ask(1, ADD, "a", 1), Ok(1), "transient actors need no store");
    assert_eq!(host.ask(0, GET, "a", 0), Ok(5), "only what was acknowledged counts");
    assert_eq!(host.ask(0, ADD, "a", 1), Ok(6));
    host.close();
}

#[test]
fn a_second_owner_is_found_out_by_the_revision_and_never_overwrites() {
    let store = Arc::new(MemoryStore::new());
    let (mut first, mut second) = (over(&store), over(&store));
    assert_eq!(first.ask(0, ADD, "a", 1), Ok(1));
    assert_eq!(second.ask(0, ADD, "a", 10), Ok(11));
    assert_eq!(first.ask(0, ADD, "a", 1), Err(ErrorCode::StaleOwner), "it has not seen the other's write");
    assert_eq!(first.ask(0, ADD, "a", 1), Ok(12), "it has read it now");
}
