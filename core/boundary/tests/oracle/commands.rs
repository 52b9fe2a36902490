//! The commands of the catalogue in `tests/oracle/README.md` that scenarios of behaviours use.

use everact_boundary::engine::ErrorCode;
use everact_boundary::layout::{ask, manage, supervise, tie};
use serde_json::{Value, json};

use crate::records::{Done, NO_DEADLINE, exited, managed, message, reason, shown, supervised, tied};
use crate::world::{CALL, CAST, INFO, MACHINE, MANAGER, PING, PUPPET, SERVER, World};

/// As long as the oracle's drivers wait.
const WAIT_MS: u64 = 3_000;
const RECEIVE_MS: u64 = 2_000;
const ANSWER_MS: u64 = 5_000;

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn kind_of(name: &str) -> u16 {
    match name {
        "server" => SERVER,
        "machine" => MACHINE,
        _ => MANAGER,
    }
}

/// A reason in the form that a request to stop has.
fn reason_of(given: &str) -> Value {
    let (is, detail) = given.split_once(':').unwrap_or((given, ""));
    if detail.is_empty() { json!({ "is": is }) } else { json!({ "is": is, "detail": detail }) }
}

impl World {
    /// Does a command; what it gives.
    pub fn command(&mut self, command: &[Value]) -> Value {
        self.go_on();
        let word = |at: usize| text(command.get(at));
        let (verb, name) = (word(0), word(1));
        match verb {
            "spawn" => {
                self.spawn(name, PUPPET, 0, &Value::Null);
            }
            "trap" => {
                let (id, turn) = (self.id(), self.turn(name));
                self.exchange(&tied(id, tie::TRAP_EXITS, tie::ON, turn, 0).end());
            }
            "pause" => drop(self.wait(command[1].as_u64().unwrap_or(0), |_| None::<()>)),
            "send_exit" => {
                let (id, turn, to) = (self.id(), self.turn(name), self.process(word(2)));
                self.exchange(&exited(id, turn, to, word(3)));
            }
            "cast" | "info" => {
                let handler = if verb == "cast" { CAST } else { INFO };
                let (id, to, turn) = (self.id(), self.process(word(2)), self.turn(name));
                self.exchange(&message(id, ask::TELL, (SERVER, handler, to), turn, NO_DEADLINE, &command[3]));
            }
            "start" if name == "supervisor" => return self.start_supervisor(word(2), &command[3]),
            "start" => return self.start(name, word(2), 0, &command[3]),
            "start_link" => return self.start(word(2), word(3), self.turn(name), &command[4]),
            "begin" => return self.begin(command[1].as_array().expect("a command")),
            "finish" => return self.finish(name),
            "call" => {
                self.begin(command);
                return self.finish(name);
            }
            "ping" => return self.ping(name, word(2)),
            "exit" => return self.exit(name, word(2)),
            "receive" => return self.receive_one(name, command),
            "mailbox" => return self.mailbox(name),
            "links" => return self.links(name),
            "ended" => return self.ended(name, 1),
            "log" => return self.lines(name, command[2].as_u64().unwrap_or(0) as usize),
            "which" => return self.which(name),
            "stop" => {
                return self.request(manage::STOP, 0, (0, name), &json!({ "reason": reason_of(word(2)) }));
            }
            _ => return self.operate(command),
        }
        self.go_on();
        json!("ok")
    }

    fn start(&mut self, kind: &str, name: &str, parent: u64, spec: &Value) -> Value {
        let process = self.spawn(name, kind_of(kind), parent, spec);
        if kind == "manager" {
            return json!("ok");
        }
        let started = self.wait(ANSWER_MS, |world| world.started.remove(&process));
        started.unwrap_or_else(|| json!("no answer"))
    }

    fn start_supervisor(&mut self, name: &str, spec: &Value) -> Value {
        self.log("tree", format!("start {name}"));
        let child = |given: &Value| {
            let spec = &given["start"]["machine"];
            let argument = json!({ "name": given["id"], "spec": spec });
            json!({ "id": given["id"], "start": { "kind": "machine", "argument": argument } })
        };
        let children: Vec<Value> = spec["children"].as_array().expect("children").iter().map(child).collect();
        let id = self.id();
        let spec = json!({ "strategy": "one_for_one", "children": children });
        self.exchange(&supervised(id, supervise::START, 0, &spec));
        match self.answer(id) {
            Ok(value) if value["error"]["is"] == "not_started" => {
                let error = &value["error"];
                let path = error["path"].as_array().expect("names").iter();
                let path = path.map(|name| format!("shutdown:failed_to_start_child {} ", text(Some(name))));
                json!(["error", path.collect::<String>() + &shown(&error["reason"])])
            }
            Ok(value) => {
                let process = value["process"].as_str().and_then(|text| text.parse().ok());
                self.enter(name, process.expect("a process"));
                json!("ok")
            }
            Err((_, text)) => json!(["error", text]),
        }
    }

    fn which(&mut self, name: &str) -> Value {
        let (id, process) = (self.id(), self.process(name));
        self.exchange(&supervised(id, supervise::COMMAND, process, &json!({ "do": "children" })));
        let children = self.answer(id).expect("it is alive");
        let child = |one: &Value| json!([one["id"], one["status"], one["type"]]);
        children.as_array().expect("a list").iter().map(child).collect::<Vec<_>>().into()
    }

    fn begin(&mut self, command: &[Value]) -> Value {
        let word = |at: usize| text(command.get(at));
        let (id, turn, to) = (self.id(), self.turn(word(1)), self.process(word(2)));
        let ms = command.get(4).and_then(Value::as_u64).unwrap_or(WAIT_MS);
        self.begun.insert(word(1).to_owned(), id);
        self.exchange(&message(id, 0, (SERVER, CALL, to), turn, ms as u32, &command[3]));
        self.go_on();
        json!("ok")
    }

    fn finish(&mut self, name: &str) -> Value {
        let id = self.begun.remove(name).expect("it was begun");
        match self.answer(id) {
            Ok(value) => value,
            Err(failure) => json!(["failed", self.reason_of_failure(&failure)]),
        }
    }

    /// An ask's outcome.
    fn answer(&mut self, id: u64) -> Result<Value, (u16, String)> {
        let outcome = self.wait(ANSWER_MS, |world| world.replies.remove(&id));
        let outcome = outcome.unwrap_or_else(|| Ok(b"\"no answer\"".to_vec()));
        outcome.map(|bytes| serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Why a call failed: what its process ended with, which the core tells as text.
    fn reason_of_failure(&self, (code, text): &(u16, String)) -> String {
        let ended = text.strip_prefix("the process has ended: ");
        match (*code, ended) {
            (code, _) if code == ErrorCode::DeadlineExceeded as u16 => "timeout".to_owned(),
            (code, _) if code == ErrorCode::HandlerFailed as u16 => format!("error:{text}"),
            (_, None) => "noproc".to_owned(),
            (_, Some(why)) => match why.split_once(' ') {
                Some(("shutdown", detail)) => format!("shutdown:{}", detail.trim_matches('"')),
                _ if why.starts_with('"') => format!("custom:{}", why.trim_matches('"')),
                _ => why.to_owned(),
            },
        }
    }

    fn ping(&mut self, name: &str, to: &str) -> Value {
        let (id, turn, to) = (self.id(), self.turn(name), self.process(to));
        self.exchange(&message(id, 0, (PUPPET, PING, to), turn, NO_DEADLINE, &Value::Null));
        self.answer(id).unwrap_or_else(|failure| json!(["ended", self.reason_of_failure(&failure)]))
    }

    fn exit(&mut self, name: &str, why: &str) -> Value {
        let puppet = self.puppets.remove(&self.process(name)).expect("it is alive");
        assert!(reason(why).is_some(), "a reason that can be given");
        self.exchange(&Done::exit(why).record(puppet.turn));
        self.go_on();
        json!(["ended", why])
    }

    fn receive_one(&mut self, name: &str, command: &[Value]) -> Value {
        let pattern = command.get(2).and_then(Value::as_array).cloned().unwrap_or_default();
        let ms = command.get(3).and_then(Value::as_u64).unwrap_or(RECEIVE_MS);
        let process = self.process(name);
        let found = self.wait(ms, |world| {
            let mailbox = &mut world.puppets.get_mut(&process)?.mailbox;
            let fits = |one: &Value| one.as_array().is_some_and(|one| one.starts_with(&pattern));
            let at = mailbox.iter().position(fits)?;
            mailbox.remove(at)
        });
        found.unwrap_or_else(|| json!("nothing"))
    }

    fn mailbox(&mut self, name: &str) -> Value {
        let process = self.process(name);
        let puppet = self.puppets.get_mut(&process).expect("it is alive");
        puppet.mailbox.drain(..).collect::<Vec<_>>().into()
    }

    fn links(&mut self, name: &str) -> Value {
        let process = self.process(name);
        let seen = self.inspect(process);
        let links = seen["links"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> = links.iter().map(|one| self.name_of(one)).collect();
        names.sort();
        json!(names)
    }

    fn ended(&mut self, name: &str, nth: usize) -> Value {
        let ended = self.wait(WAIT_MS, |world| world.ends.get(name)?.get(nth - 1).cloned());
        ended.map_or(Value::Null, Value::from)
    }

    fn lines(&mut self, name: &str, count: usize) -> Value {
        let enough = self.wait(WAIT_MS, |world| {
            let lines = world.logs.get(name).cloned().unwrap_or_default();
            (lines.len() >= count).then_some(lines)
        });
        enough.unwrap_or_else(|| self.logs.get(name).cloned().unwrap_or_default()).into()
    }

    /// Asks something of a behaviour, in the name of a turn or from outside.
    fn request(&mut self, what: u16, flags: u16, (turn, name): (u64, &str), json: &Value) -> Value {
        let (id, process) = (self.id(), self.process(name));
        self.exchange(&managed(id, what, flags, turn, process, json));
        let answer = match self.answer(id) {
            Ok(value) => value,
            Err(failure) => return json!(["failed", self.reason_of_failure(&failure)]),
        };
        let error = &answer["error"];
        match error["is"].as_str() {
            Some("no_such_handler") => json!("unknown_handler"),
            Some("already_there") => json!("already_installed"),
            Some("failed") if what != manage::CALL => json!(["failed", shown(error)]),
            Some(_) => json!(["error", shown(error)]),
            None if !answer["handlers"].is_null() => answer["handlers"].clone(),
            None if !answer["value"].is_null() => answer["value"].clone(),
            None => json!("ok"),
        }
    }

    fn operate(&mut self, command: &[Value]) -> Value {
        let word = |at: usize| text(command.get(at));
        let part = |at: usize| command.get(at).cloned().unwrap_or_default();
        let manager = (0, word(1));
        match word(0) {
            "add_handler" => {
                self.request(manage::ADD, 0, manager, &json!({ "handler": part(2), "argument": part(3) }))
            }
            "add_sup_handler" => {
                let json = json!({ "handler": part(3), "argument": part(4) });
                self.request(manage::ADD, manage::SUPERVISED, (self.turn(word(1)), word(2)), &json)
            }
            "delete_handler" => self.request(
                manage::REMOVE,
                0,
                manager,
                &json!({ "handler": part(2), "argument": "deleted" }),
            ),
            "swap_handler" => {
                let json =
                    json!({ "handler": part(2), "farewell": "swapped", "new": part(3), "argument": part(4) });
                self.request(manage::SWAP, 0, manager, &json)
            }
            "handlers" => self.request(manage::HANDLERS, 0, manager, &json!({})),
            "notify" => self.request(manage::NOTIFY, 0, manager, &part(2)),
            "sync_notify" => self.request(manage::SYNC_NOTIFY, 0, manager, &part(2)),
            "call_handler" => {
                self.request(manage::CALL, 0, manager, &json!({ "handler": part(2), "query": part(3) }))
            }
            other => panic!("no command is called {other}"),
        }
    }
}
