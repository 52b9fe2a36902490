//! Looks into a running system and acts on it: the tree, names, groups, suspended residents, states, crash reports.

mod host;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use everact::address::HandlerId;
use everact::process::ProcessId;
use everact::{Call, Completion, Config, Engine, ErrorCode, HostEvent, TurnStart};
use serde_json::{Value, json};

const GET: HandlerId = HandlerId(0xFFF5);
const REPLACE: HandlerId = HandlerId(0xFFF4);

fn answer(engine: &Engine, topic: &Value) -> Value {
    let text = engine.decide(topic.to_string().as_bytes()).expect("answered");
    serde_json::from_str(&text).expect("JSON")
}

fn refused(engine: &Engine, topic: &Value) -> (ErrorCode, String) {
    let failure = engine.decide(topic.to_string().as_bytes()).expect_err("refused");
    (failure.code, failure.text)
}

fn engine() -> Arc<Engine> {
    let json = br#"{"shards":2,"kinds":[
        {"name":"worker","role":"process","durable":false,"handlers":[{"name":"work"}]},
        {"name":"counter","durable":true,"handlers":[{"name":"add"}]},
        {"name":"cache","durable":false,"handlers":[{"name":"add"}]}]}"#;
    Arc::new(Engine::open(Config::read(json, |_| None).expect("right"), None).expect("opens in memory"))
}

fn drain(engine: &Engine, mut events: Vec<HostEvent>) -> Vec<TurnStart> {
    engine.poll(&mut events, usize::MAX, Duration::ZERO);
    let turns = events.into_iter().filter_map(|event| match event {
        HostEvent::Turn(turn) => Some(turn),
        _ => None,
    });
    turns.collect()
}

fn run(engine: &Engine, spec: &Value) -> ProcessId {
    let mut call = Call::new(usize::MAX, false);
    engine.start_written(spec.to_string().as_bytes(), None, true, None, &mut call).expect("starts")
}

fn worker(id: &str) -> Value {
    json!({"id": id, "start": {"kind": "worker", "name": format!("{id}-of-them")}})
}

/// A root with a worker and a pool of dynamic ones.
fn tree(engine: &Engine) -> Value {
    let pool = json!({"strategy": "dynamic", "intensity": 1000, "children": [{"id": "job", "start": {"kind": "worker"}}]});
    let spec = json!({"strategy": "one_for_one", "intensity": 1000, "children": [
        worker("first"),
        {"id": "pool", "type": "supervisor", "start": {"supervisor": pool}},
    ]});
    run(engine, &spec);
    answer(engine, &json!({"topic": "tree"}))["tree"][0].clone()
}

fn number(node: &Value) -> ProcessId {
    ProcessId(node["process"].as_str().expect("it has one").parse().expect("a number"))
}

fn add_jobs(engine: &Engine, pool: ProcessId, jobs: usize) {
    for job in 0..jobs {
        let mut call = Call::new(usize::MAX, false);
        let command = json!({"do": "start_child", "start": {"kind": "worker"}}).to_string();
        let ask = everact::address::AskId(1_000 + job as u64);
        engine.supervise_written(pool, command.as_bytes(), ask, &mut call).expect("it can be read");
    }
}

#[test]
fn the_tree_shows_names_kinds_and_how_all_are() {
    let engine = engine();
    let root = tree(&engine);
    assert_eq!(
        (&root["id"], &root["root"], &root["strategy"]),
        (&json!("root"), &json!(true), &json!("one_for_one"))
    );
    let children = root["children"].as_array().expect("a list");
    let shown = |child: &Value| (child["id"].clone(), child["kind"].clone(), child["status"].clone());
    assert_eq!(shown(&children[0]), (json!("first"), json!("worker"), json!("running")));
    assert_eq!(children[0]["names"], json!(["first-of-them"]));
    assert_eq!((&children[1]["id"], &children[1]["children"]), (&json!("pool"), &json!([])));
    assert_eq!(children[1]["strategy"], "dynamic");
    assert!(refused(&engine, &json!({"topic": "tree", "of": "77"})).1.contains("no such supervisor"));
}

#[test]
fn a_supervisor_with_many_children_is_shown_page_by_page() {
    let engine = engine();
    let pool = number(&tree(&engine)["children"][1]);
    // More than are put in order, so that both ways are taken.
    for (jobs, limit) in [(300, 70), (6_000, 900)] {
        add_jobs(&engine, pool, jobs);
        let (mut seen, mut after, mut pages) = (std::collections::BTreeSet::new(), json!(0), 0);
        while !after.is_null() {
            let topic = json!({"topic": "tree", "of": pool.0.to_string(), "after": after, "limit": limit});
            let node = answer(&engine, &topic)["tree"][0].clone();
            let children = node["children"].as_array().expect("a list").clone();
            assert!(children.len() <= limit);
            seen.extend(children.iter().map(number));
            (after, pages) = (node["next"].clone(), pages + 1);
        }
        let active = answer(&engine, &json!({"topic": "tree", "of": pool.0.to_string()}))["tree"][0]["count"]
            ["active"]
            .clone();
        assert_eq!(json!(seen.len()), active);
        assert!(pages > 4, "{pages}");
    }
    // A tree that would be too large says where to go on.
    let whole = answer(&engine, &json!({"topic": "tree", "limit": 1_000}));
    assert!(whole.to_string().len() < 400_000);
    assert!(whole["tree"][0]["children"][1]["next"].is_u64(), "{}", whole["tree"][0]["children"][1]["count"]);
    let shallow = answer(&engine, &json!({"topic": "tree", "depth": 1}));
    assert_eq!(shallow["tree"][0]["children"][1]["children"], json!([]));
    assert_eq!(shallow["tree"][0]["children"][1]["next"], 0);
}

#[test]
fn names_groups_and_counts_are_listed() {
    let engine = engine();
    let root = tree(&engine);
    let first = number(&root["children"][0]);
    let mut call = Call::new(usize::MAX, false);
    engine.join("readers", first, &mut call).expect("it lives");
    let names = answer(&engine, &json!({"topic": "names"}));
    assert_eq!(
        names,
        json!({"names": [{"name": "first-of-them", "process": first.0.to_string(), "kind": "worker"}], "next": null})
    );
    let groups = answer(&engine, &json!({"topic": "groups"}));
    assert_eq!(groups, json!({"groups": [{"group": "readers", "members": 1}], "next": null}));
    let members = answer(&engine, &json!({"topic": "groups", "group": "readers"}));
    assert_eq!(members["members"][0]["process"], json!(first.0.to_string()));
    let seen = answer(&engine, &json!({"topic": "inspect", "name": "first-of-them"}));
    assert_eq!((&seen["names"], &seen["groups"]), (&json!(["first-of-them"]), &json!(["readers"])));
    assert_eq!((&seen["path"], &seen["restarts"]), (&json!(["root", "first"]), &json!(0)));
    assert_eq!((&seen["supervisor"], &seen["handled"]), (&root["process"], &json!(0)));
    assert!(seen["memory_bytes"].as_u64() > Some(100) && seen["current"].is_null(), "{seen}");
    assert_eq!(answer(&engine, &json!({"topic": "kinds"}))["worker"]["activations"], 1);
    assert!(
        refused(&engine, &json!({"topic": "inspect", "name": "nobody"})).1.contains("is called \"nobody\"")
    );
}

#[test]
fn many_names_come_in_pages() {
    let engine = engine();
    let mut call = Call::new(usize::MAX, false);
    let process = engine.spawn(&everact::Spawned::new(everact::address::KindId(0), b"{}"), None, &mut call);
    let process = process.expect("there is room");
    (0..250).for_each(|at| engine.register(&format!("n{at}"), process).expect("free"));
    let (mut seen, mut after) = (Vec::new(), json!(0));
    while !after.is_null() {
        let page = answer(&engine, &json!({"topic": "names", "after": after, "limit": 60}));
        seen.extend(page["names"].as_array().expect("a list").iter().map(|named| named["name"].to_string()));
        after = page["next"].clone();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 250);
}

#[test]
fn one_is_suspended_resumed_and_made_to_end() {
    let mut host = host::Host::open(None);
    let who = |topic: &str| json!({"topic": topic, "kind": "cache", "key": "a"});
    host.ask(1, host::ADD, "a", 1).expect("adds");
    assert_eq!(
        answer(&host.engine, &who("suspend")),
        json!({"kind": "cache", "key": "a", "suspended": true})
    );
    assert_eq!(answer(&host.engine, &who("inspect"))["phase"], "suspended");
    let ask = host.submit(1, host::ADD, "a", 2);
    let mut events = Vec::new();
    host.engine.poll(&mut events, 64, Duration::from_millis(50));
    assert!(events.is_empty() && host.replies.is_empty());
    assert_eq!(answer(&host.engine, &who("resume"))["resumed"], true);
    assert_eq!(host.outcome(ask), Ok(3));
    assert_eq!(answer(&host.engine, &who("exit"))["active"], true);
    assert_eq!(answer(&host.engine, &who("inspect"))["active"], false);
    let gone = json!({"topic": "exit", "process": "5", "reason": "kill"});
    assert_eq!(refused(&host.engine, &gone).0, ErrorCode::NoProcess);
    let odd = json!({"topic": "exit", "kind": "cache", "key": "a", "reason": "bored"});
    assert!(refused(&host.engine, &odd).1.contains("reason: \"normal\""));
    let unknown = json!({"topic": "exit", "kind": "cache", "key": "a", "colour": 1});
    assert!(refused(&host.engine, &unknown).1.contains("colour"));
}

/// A host on a thread of its own that knows system turns, or does not.
struct Knowing {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Knowing {
    fn over(engine: &Arc<Engine>, knows: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (engine, stopped) = (engine.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut states: HashMap<u64, Vec<u8>> = HashMap::new();
            while !stopped.load(Ordering::Relaxed) {
                let mut events = Vec::new();
                engine.poll(&mut events, 64, Duration::from_millis(10));
                let mut events = VecDeque::from(events);
                while let Some(event) = events.pop_front() {
                    let HostEvent::Turn(turn) = event else { continue };
                    if let Some(birth) = &turn.birth {
                        let state = birth.state.clone().unwrap_or_else(|| b"0".to_vec());
                        states.insert(turn.activation.0, state);
                    }
                    let state = states.entry(turn.activation.0).or_default();
                    let changed = turn.handler == REPLACE;
                    if changed {
                        *state = turn.payload.bytes().expect("not borrowed").to_vec();
                    }
                    let system = turn.handler == GET || turn.handler == REPLACE;
                    let outcome = match system && !knows {
                        true => Err((ErrorCode::UnknownHandler, "no handler of this number")),
                        false => Ok(if turn.handler == GET { &state[..] } else { &b"1"[..] }),
                    };
                    let completion = Completion {
                        exit: None,
                        outcome,
                        metadata: None,
                        state: (changed && knows).then_some(&state[..]),
                        tells: &[],
                        passivate: false,
                        defer: false,
                        wish: None,
                    };
                    let mut call = Call::new(16, true);
                    engine.complete(turn.turn, &completion, &mut call);
                    events.extend(call.events);
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Knowing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the host panicked");
        }
    }
}

#[test]
fn a_state_is_read_and_replaced_by_system_turns_and_kept_where_it_is_durable() {
    let engine = engine();
    let _host = Knowing::over(&engine, true);
    let who = |topic: &str| json!({"topic": topic, "kind": "counter", "key": "a"});
    assert_eq!(answer(&engine, &who("state"))["state"], 0);
    let mut replace = who("state_replace");
    replace["state"] = json!(41);
    answer(&engine, &who("suspend"));
    assert_eq!(answer(&engine, &replace)["bytes"], 2);
    let seen = answer(&engine, &who("state"));
    assert_eq!((&seen["state"], &seen["state_base64"]), (&json!(41), &json!("NDE=")));
    // It is a commit like any other: a new activation begins from it.
    answer(&engine, &who("exit"));
    assert_eq!(answer(&engine, &who("state"))["state"], 41);
    let seen = answer(&engine, &who("inspect"));
    assert_eq!((&seen["revision"], &seen["uncommitted"]["changes"]), (&json!(1), &json!(0)));
    let gone = refused(&engine, &json!({"topic": "state", "kind": "cache", "key": "a"}));
    assert!(gone.1.contains("transient and not in memory"), "{}", gone.1);
    assert!(refused(&engine, &who("state_replace")).1.contains("give state"));
}

#[test]
fn a_host_that_knows_no_system_turns_is_named() {
    let engine = engine();
    let host = Knowing::over(&engine, false);
    let state = json!({"topic": "state", "kind": "counter", "key": "a", "timeout_ms": 2_000});
    let (code, text) = refused(&engine, &state);
    assert_eq!(code, ErrorCode::UnknownHandler);
    assert!(
        text.contains("the host of kind counter") && text.contains("no handler of this number"),
        "{text}"
    );
    drop(host);
    let late = json!({"topic": "state", "kind": "counter", "key": "a", "timeout_ms": 20});
    let (code, text) = refused(&engine, &late);
    assert_eq!(code, ErrorCode::DeadlineExceeded);
    assert!(text.contains("no answer in time"), "{text}");
    let root = tree(&engine);
    let supervisor = json!({"topic": "state", "process": root["process"]});
    assert!(refused(&engine, &supervisor).1.contains("run by the core"));
    let supervisor = json!({"topic": "suspend", "process": root["process"]});
    assert!(refused(&engine, &supervisor).1.contains("never suspended"));
}

#[test]
fn crashes_are_listed_with_what_is_known_of_them_and_traces_tell_of_names_and_restarts() {
    let engine = engine();
    let start = json!({"topic": "trace_start", "events": ["register", "restart"], "observations": true});
    let trace = answer(&engine, &start)["trace"].clone();
    let root = tree(&engine);
    assert_eq!(answer(&engine, &json!({"topic": "crash_payload", "bytes": 100})), json!({"bytes": 100}));
    assert!(refused(&engine, &json!({"topic": "crash_payload", "bytes": 10_000})).1.contains("0 to 4096"));
    let first = number(&root["children"][0]);
    let mut call = Call::new(usize::MAX, false);
    let given = everact::Submission {
        process: Some(first),
        ask: everact::address::AskId(1),
        kind: everact::address::KindId(0),
        handler: HandlerId(0),
        key: "",
        payload: b"[1]",
        metadata: None,
        deadline_ms: 0,
        parent: None,
        recognition: None,
        caller_runs: false,
        tell: false,
    };
    engine.submit(&given, &mut call);
    let turn = drain(&engine, call.events).pop().expect("a turn").turn;
    let mut call = Call::new(usize::MAX, false);
    let outcome = Err((ErrorCode::HandlerFailed, "ValueError: no\n\u{1e}\nline 1"));
    let failed = Completion {
        exit: None,
        outcome,
        metadata: None,
        state: None,
        tells: &[],
        passivate: false,
        defer: false,
        wish: None,
    };
    engine.complete(turn, &failed, &mut call);
    let crashes = answer(&engine, &json!({"topic": "crashes"}));
    let crash = &crashes["crashes"][0];
    assert_eq!(
        (&crash["kind"], &crash["handler"], &crash["name"]),
        (&json!("worker"), &json!("work"), &json!("ValueError"))
    );
    assert_eq!((&crash["stack"], &crash["message"]), (&json!("line 1"), &json!("[1]")));
    assert_eq!((&crash["path"], &crash["ended"]), (&json!(["root", "first"]), &json!(true)));
    assert_eq!(answer(&engine, &json!({"topic": "crashes", "kind": "cache"}))["crashes"], json!([]));
    let taken = answer(&engine, &json!({"topic": "trace_take", "trace": trace}));
    let events = taken["events"].as_array().expect("a list");
    let named: Vec<&Value> = events.iter().filter(|event| event["event"] == "register").collect();
    assert_eq!((named.len(), &named[0]["name"]), (2, &json!("first-of-them")), "{taken}");
    let restart = events.iter().find(|event| event["event"] == "restart").expect("one");
    assert_eq!((&restart["instead_of"], &restart["kind"]), (&json!(first.0.to_string()), &json!("worker")));
    let seen = events.iter().find(|event| event["finding"] == "crashed").expect("one");
    assert_eq!(seen["crash"]["path"], json!(["root", "first"]));
}
