//! An engine that listens and a connection to it, both behind the boundary: what one says to the other.

mod host;

use std::time::{Duration, Instant};

use everact_boundary::calls;
use everact_boundary::layout::{self, reply, turn};
use host::{Host, Record, ask_record, complete_record};

fn address(engine: &Host) -> String {
    let mut out = vec![0; 1_024];
    let bytes = calls::describe(engine.engine, b"gateway", &mut out);
    let text =
        std::str::from_utf8(&out[..usize::try_from(bytes).expect("described")]).expect("text").to_owned();
    text.split('"').nth(3).expect("an address").to_owned()
}

/// Polls both until `done`: the engine's host answers every turn with "pong".
fn until(engine: &mut Host, client: &mut Host, done: impl Fn(&[Record]) -> bool) -> Vec<Record> {
    let started = Instant::now();
    let mut heard = Vec::new();
    while !done(&heard) {
        assert!(started.elapsed() < Duration::from_secs(20), "nothing came");
        let mut events = engine.poll();
        while let Some(event) = events.pop() {
            if event.kind() == turn::TYPE {
                events.extend(engine.exchange(&complete_record(event.id(), b"pong")).expect("a completion"));
            }
        }
        heard.extend(client.poll());
        std::thread::sleep(Duration::from_millis(1));
    }
    heard
}

#[test]
fn a_connection_asks_as_a_host_does() {
    let mut engine = Host::open_with(r#""listen":"127.0.0.1:0","gateway":{"serve":"all"}"#);
    let connect = format!(r#""connect":{{"addresses":["http://{}"]}}"#, address(&engine));
    let mut client = Host::open_with(&connect);
    let mut commands = Vec::new();
    (1..=100).for_each(|ask| commands.extend(ask_record(ask, 0, b"a", b"ping")));
    assert!(client.exchange(&commands).expect("asks").is_empty(), "a connection runs nothing itself");
    let heard = until(&mut engine, &mut client, |heard| heard.len() == 100);
    for (record, ask) in heard.iter().zip(1..) {
        assert_eq!((record.kind(), record.flags(), record.id()), (reply::TYPE, 0, ask));
        assert_eq!(&record.0[reply::FIXED_BYTES..][..4], b"pong");
    }
    assert_eq!(calls::close(client.engine, 1_000), 0);
    until(&mut engine, &mut client, |heard| heard.iter().any(|record| record.kind() == layout::closed::TYPE));
}

#[test]
fn what_is_here_and_elsewhere_at_once_is_refused() {
    let mut out = vec![0; layout::OUT_BYTES_MIN];
    let mut engine = 0;
    let config = br#"{"connect":{"addresses":["http://127.0.0.1:1"]},"data":"folder","kinds":[]}"#;
    let code = calls::open(config, None, &mut out, &mut engine);
    assert_eq!(code, -i64::from(everact_boundary::engine::ErrorCode::InvalidConfiguration as u16));
}
