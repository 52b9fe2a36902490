//! The host: processes by name, their logs and ends, and the callbacks that the core wants run.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use everact_boundary::calls;
use everact_boundary::layout::{OUT_BYTES_MIN, reply, spawn, tie, turn};
use serde_json::{Value, json};

use crate::host::{Host, Record, records};
use crate::objects::{self, Object};
use crate::records::{Done, answer, birth, payload, received, responded, shown, spawned, tied};

pub const PUPPET: u16 = 0;
pub const SERVER: u16 = 1;
pub const MACHINE: u16 = 2;
pub const MANAGER: u16 = 3;
/// Places of handlers, the same in all kinds.
pub const CALL: u16 = 0;
pub const CAST: u16 = 1;
pub const INFO: u16 = 2;
pub const PING: u16 = 4;
const HANDLERS: [&str; 5] = ["call", "cast", "info", "internal", "ping"];

fn config() -> String {
    let handlers: Vec<Value> = HANDLERS.iter().map(|name| json!({ "name": name })).collect();
    let kind = |name: &str, more: Value| {
        let mut kind = json!({ "name": name, "role": "process", "durable": false, "handlers": handlers });
        kind.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        kind
    };
    let kinds = [
        kind("puppet", json!({ "role": "receiver" })),
        kind("server", json!({ "behaviour": "server" })),
        kind("machine", json!({ "behaviour": "state_machine", "enter_calls": true })),
        kind("manager", json!({ "behaviour": "event_manager" })),
    ];
    json!({ "lane": "loop", "kinds": kinds }).to_string()
}

/// A process that does what it is told.
#[derive(Default)]
pub struct Puppet {
    pub turn: u64,
    pub mailbox: VecDeque<Value>,
}

pub struct World {
    host: Host,
    out: Vec<u8>,
    last_id: u64,
    events: VecDeque<Record>,
    /// The processes of a name, the newest last.
    pub named: HashMap<String, Vec<u64>>,
    names: HashMap<u64, String>,
    pub puppets: HashMap<u64, Puppet>,
    objects: HashMap<u64, Object>,
    by_activation: HashMap<u64, u64>,
    pub logs: HashMap<String, Vec<Value>>,
    pub ends: HashMap<String, Vec<String>>,
    watched: HashMap<u64, String>,
    pub replies: HashMap<u64, Result<Vec<u8>, (u16, String)>>,
    /// How the initialization of a process came out.
    pub started: HashMap<u64, Value>,
    /// The puppet in whose name the driver watches all others.
    driver: u64,
    pub begun: HashMap<String, u64>,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            host: Host::open_as(&config()),
            out: vec![0; OUT_BYTES_MIN],
            last_id: 0,
            events: VecDeque::new(),
            named: HashMap::new(),
            names: HashMap::new(),
            puppets: HashMap::new(),
            objects: HashMap::new(),
            by_activation: HashMap::new(),
            logs: HashMap::new(),
            ends: HashMap::new(),
            watched: HashMap::new(),
            replies: HashMap::new(),
            started: HashMap::new(),
            driver: 0,
            begun: HashMap::new(),
        };
        let id = world.id();
        world.exchange(&spawned(id, PUPPET, 0, 0, "{}"));
        world.driver = world.number(id).expect("there is room");
        world.go_on();
        world
    }

    pub fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn log(&mut self, name: &str, line: String) {
        self.logs.entry(name.to_owned()).or_default().push(line.into());
    }

    pub fn name_of(&self, process: &Value) -> String {
        let number = process["process"].as_str().and_then(|text| text.parse::<u64>().ok());
        number.and_then(|number| self.names.get(&number)).cloned().unwrap_or_else(|| "?".to_owned())
    }

    /// The newest process of a name; 0 is none.
    pub fn process(&self, name: &str) -> u64 {
        self.named.get(name).and_then(|all| all.last()).copied().unwrap_or(0)
    }

    /// The turn of a puppet that is alive.
    pub fn turn(&self, name: &str) -> u64 {
        self.puppets.get(&self.process(name)).map_or(0, |puppet| puppet.turn)
    }

    /// Gives commands; what they lead to waits to be done.
    pub fn exchange(&mut self, commands: &[u8]) {
        let events = self.host.exchange(commands).expect("the commands are well formed");
        self.events.extend(events);
    }

    /// Takes the answer to a command that is answered at once, before anything else is done.
    fn reply_now(&mut self, id: u64) -> Result<Vec<u8>, (u16, String)> {
        let at = self.events.iter().position(|one| (one.kind(), one.id()) == (reply::TYPE, id));
        answer(&self.events.remove(at.expect("it is answered at once")).expect("it is there"))
    }

    fn number(&mut self, id: u64) -> Option<u64> {
        let bytes = self.reply_now(id).ok()?;
        Some(u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?))
    }

    /// Spawns a process of this name that the driver watches.
    pub fn spawn(&mut self, name: &str, kind: u16, parent: u64, spec: &Value) -> u64 {
        let argument = json!({ "name": name, "spec": spec }).to_string();
        let id = self.id();
        let (flags, by) = if parent == 0 { (0, 0) } else { (spawn::LINK, parent) };
        self.exchange(&spawned(id, kind, flags, by, &argument));
        let process = self.number(id).expect("there is room");
        self.enter(name, process);
        let watch = self.id();
        let driver = self.puppets.get(&self.driver).expect("the driver is there").turn;
        self.watched.insert(watch, name.to_owned());
        self.exchange(&tied(watch, tie::MONITOR, 0, driver, process).end());
        self.reply_now(watch).expect("its turn is open");
        process
    }

    pub fn enter(&mut self, name: &str, process: u64) {
        if self.names.insert(process, name.to_owned()).is_none() {
            self.named.entry(name.to_owned()).or_default().push(process);
        }
    }

    /// Does what there is to do.
    pub fn go_on(&mut self) {
        let mut want = HashSet::new();
        loop {
            let events = self.host.poll();
            self.events.extend(events);
            while let Some(event) = self.events.pop_front() {
                self.take(&event, &mut want);
            }
            if want.is_empty() {
                return;
            }
            for turn in want.drain().collect::<Vec<_>>() {
                self.exchange(&received(turn));
            }
        }
    }

    /// Goes on until this gives something, or the time is over.
    pub fn wait<T>(&mut self, ms: u64, look: impl Fn(&mut Self) -> Option<T>) -> Option<T> {
        let end = Instant::now() + Duration::from_millis(ms);
        loop {
            self.go_on();
            if let Some(found) = look(self) {
                return Some(found);
            }
            if Instant::now() >= end {
                return None;
            }
            let bytes = calls::poll(self.host.engine, &mut self.out, 2);
            let bytes = usize::try_from(bytes).expect("polling works");
            self.events.extend(records(&self.out[..bytes]));
        }
    }

    fn take(&mut self, event: &Record, want: &mut HashSet<u64>) {
        match event.kind() {
            reply::TYPE => drop(self.replies.insert(event.id(), answer(event))),
            turn::TYPE if event.flags() & turn::RECEIVED != 0 => self.receive(event, want),
            turn::TYPE => self.run(event, want),
            _ => {}
        }
    }

    /// A message for a puppet.
    fn receive(&mut self, event: &Record, want: &mut HashSet<u64>) {
        want.insert(event.id());
        let given = payload(event);
        let message = match event.read_u16(turn::handler) {
            PING => return self.exchange(&responded(event.id(), event.read_u64(turn::ask), &json!("pong"))),
            0xFFFB => {
                let watch = given["monitor"].as_str().and_then(|text| text.parse::<u64>().ok());
                if let Some(name) = watch.and_then(|watch| self.watched.remove(&watch)) {
                    self.ends.entry(name).or_default().push(shown(&given["reason"]));
                }
                return;
            }
            0xFFFC => json!(["exit", self.name_of(&given["from"]), shown(&given["reason"])]),
            0xFFF6 => json!(["handler_gone", given["handler"], shown(&given["reason"])]),
            _ => json!(["message", given]),
        };
        let puppet = self.puppets.values_mut().find(|puppet| puppet.turn == event.id());
        puppet.expect("a puppet receives").mailbox.push_back(message);
    }

    /// A turn that begins.
    fn run(&mut self, event: &Record, want: &mut HashSet<u64>) {
        let activation = event.read_u64(turn::activation);
        if event.flags() & turn::FIRST != 0 {
            let (process, given) = birth(event);
            let name = given["name"].as_str().unwrap_or_default().to_owned();
            if !name.is_empty() {
                self.enter(&name, process);
            }
            self.by_activation.insert(activation, process);
            if event.read_u16(turn::kind) == PUPPET {
                self.puppets.insert(process, Puppet { turn: event.id(), ..Puppet::default() });
                want.insert(event.id());
                return;
            }
            self.objects.insert(process, Object::new(name, given["spec"].clone()));
        }
        let process = self.by_activation.get(&activation).copied().expect("its first turn was before");
        let mut object = self.objects.remove(&process).expect("its first turn was before");
        let done: Done = objects::run(self, &mut object, process, event);
        self.objects.insert(process, object);
        self.exchange(&done.record(event.id()));
        // The reply of this very completion is not copied.
        let is_own = |one: &Record| one.kind() == reply::TYPE && one.flags() & reply::OWN != 0;
        if let Some(at) = self.events.iter().position(is_own) {
            let ask = self.events.remove(at).expect("it is there").id();
            self.replies.insert(ask, Ok(done.reply.unwrap_or_default()));
        }
    }

    /// What the core knows of a process.
    pub fn inspect(&mut self, process: u64) -> Value {
        let topic = json!({ "topic": "inspect", "process": process.to_string() }).to_string();
        let bytes = calls::describe(self.host.engine, topic.as_bytes(), &mut self.out);
        let bytes = usize::try_from(bytes).expect("it is alive");
        serde_json::from_slice(&self.out[..bytes]).expect("it is JSON")
    }
}
