//! `everact describe`: services, kinds and figures of a running engine.

use serde_json::{Value, json};

use crate::host::Host;
use crate::{everact, said};

#[test]
fn people_see_kinds_with_their_handlers() {
    let host = Host::start();
    let text = said(&mut everact(&["describe", "--address", &host.address()]));
    assert!(
        text.starts_with(&format!("{} · everact {}\n", host.address(), env!("CARGO_PKG_VERSION"))),
        "{text}"
    );
    for part in [
        "\nboard (transient, protobuf, board.v1.Board)\n  add\n",
        "  list  read-only\n",
        "\ncounter (durable, json)\n  add\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn an_address_needs_no_scheme() {
    let host = Host::start();
    let address = host.address().replace("http://", "");
    assert!(said(&mut everact(&["describe", "--address", &address])).starts_with(&address));
}

#[test]
fn programs_get_all_of_it() {
    let host = Host::start();
    everact(&["call", "counter/add", "a", "--data", "1", "--address", &host.address()]).assert().success();
    let text = said(&mut everact(&["describe", "--json", "--address", &host.address()]));
    let described: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(described["version"], env!("CARGO_PKG_VERSION"));
    let add = json!({"name": "add", "read_only": false, "doc": "", "errors": []});
    let counter = json!({
        "name": "counter", "durable": true, "codec": "json", "service": "", "doc": "", "handlers": [add],
    });
    assert_eq!(described["kinds"][2], counter);
    assert_eq!((&described["stats"]["activations"], &described["stats"]["turns"]), (&json!(1), &json!(1)));
}
