//! The options of actors: ours and Spawn's, read from the bytes that other readers drop.
//!
//! An extension is known by its full name; its number is what the request's own files say. So nothing is taken for an option of ours that only has
//! its number.

use std::collections::HashMap;

use crate::descriptor::{Field, File, Message};
use crate::wire::{self, Value};

/// The numbers of the extensions, where the request's files declare them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `(everact.v1.actor)`.
    pub actor: Option<u32>,
    /// `(everact.v1.handler)`.
    pub handler: Option<u32>,
    /// `(everact.v1.error)`.
    pub error: Option<u32>,
    /// `(everact.v1.key)`.
    pub key: Option<u32>,
    /// `(spawn.actors.actor)`.
    pub spawn_actor: Option<u32>,
    /// `(spawn.actors.view)`.
    pub spawn_view: Option<u32>,
    /// `(spawn.actors.actor_id)`.
    pub spawn_id: Option<u32>,
}

impl Extensions {
    /// Finds them among the extensions that the files declare.
    pub fn find(files: &[File]) -> Self {
        let mut numbers = HashMap::new();
        for file in files {
            gather(&file.package, &file.extension, &file.message_type, &mut numbers);
        }
        let number = |extendee: &str, name: &str| {
            let (extends, number) = numbers.get(name)?;
            (extends.trim_start_matches('.') == extendee).then_some(*number)
        };
        Self {
            actor: number("google.protobuf.ServiceOptions", "everact.v1.actor"),
            handler: number("google.protobuf.MethodOptions", "everact.v1.handler"),
            error: number("google.protobuf.MessageOptions", "everact.v1.error"),
            key: number("google.protobuf.FieldOptions", "everact.v1.key"),
            spawn_actor: number("google.protobuf.ServiceOptions", "spawn.actors.actor"),
            spawn_view: number("google.protobuf.MethodOptions", "spawn.actors.view"),
            spawn_id: number("google.protobuf.FieldOptions", "spawn.actors.actor_id"),
        }
    }

    /// Whether a field's options mark it as the key.
    pub fn is_key(&self, field_options: &[u8]) -> bool {
        let set = |extension: Option<u32>| {
            extension.is_some_and(|number| wire::number(field_options, number).unwrap_or(0) != 0)
        };
        set(self.key) || set(self.spawn_id)
    }
}

fn gather<'a>(
    scope: &str,
    extensions: &'a [Field],
    messages: &'a [Message],
    numbers: &mut HashMap<String, (&'a str, u32)>,
) {
    for extension in extensions {
        if let Ok(number) = u32::try_from(extension.number) {
            numbers.insert(within(scope, &extension.name), (&extension.extendee, number));
        }
    }
    for message in messages {
        gather(&within(scope, &message.name), &message.extension, &message.nested_type, numbers);
    }
}

fn within(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// What a full mailbox does with a further message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Refuses it.
    #[default]
    Reject,
    /// Refuses the oldest one instead.
    DropOldest,
    /// Lets its sender wait.
    Wait,
}

/// What a service says of its actors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The kind's name, where it is given.
    pub kind: Option<String>,
    /// Whether the state is lost with the activation.
    pub transient: bool,
    /// The state message's name as it is written, where it is given.
    pub state: Option<String>,
    /// Idle time before an actor leaves memory.
    pub idle_timeout_ms: Option<i64>,
    /// Messages that may wait for one actor.
    pub mailbox_capacity_messages: Option<u32>,
    /// What happens to the next.
    pub overflow: Overflow,
    /// Declared with Spawn's option, and not as UNNAMED: requests without a key are for the one actor that there is.
    pub is_single: bool,
    /// Declared with Spawn's option.
    pub is_spawn: bool,
    /// None of its methods is served to others.
    pub internal: bool,
}

/// What a method says of its handler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handler {
    /// Its turns may overlap.
    pub read_only: bool,
    /// Twice is as good as once.
    pub idempotent: bool,
    /// Nobody waits for it.
    pub tell: bool,
    /// A chain of asks may come back through it.
    pub reentrant: bool,
    /// It is not served to others.
    pub internal: bool,
    /// The errors that it raises, as their names are written.
    pub errors: Vec<String>,
    /// What happens when it fails on a told message.
    pub retry: Option<Retry>,
}

/// A policy for told messages whose handler fails; None is the engine's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retry {
    /// How often the handler runs at most.
    pub attempts_max: Option<i32>,
    /// Before the second attempt.
    pub first_wait_ms: Option<i64>,
    /// Between two attempts at most.
    pub wait_max_ms: Option<i64>,
    /// By how much each wait is longer.
    pub factor: Option<f64>,
    /// The part of a wait that is drawn at random.
    pub jitter: Option<f64>,
    /// Names of errors that are not worth another attempt.
    pub not_retried: Vec<String>,
    /// The sender's later messages wait.
    pub hold: bool,
}

/// What a message says of itself as an error of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppError {
    /// Its type, where it is given.
    pub r#type: Option<String>,
    /// Its HTTP status, where it is given.
    pub status: Option<u64>,
    /// The name of its gRPC code, where it is given.
    pub grpc: Option<String>,
}

/// What cannot be understood in an option.
pub type Faults = Vec<String>;

/// The actor option of a service, with what is wrong in it; None where the service is no kind of actors.
pub fn actor(extensions: &Extensions, service_options: &[u8]) -> Option<(Actor, Faults)> {
    let given = |extension: Option<u32>| wire::message(service_options, extension?);
    match given(extensions.actor) {
        Some(option) => Some(everact_actor(&option)),
        None => given(extensions.spawn_actor).map(|option| spawn_actor(&option)),
    }
}

fn everact_actor(option: &[u8]) -> (Actor, Faults) {
    let mut actor = Actor::default();
    let mut faults = Faults::new();
    for (field, value) in wire::fields(option) {
        match (field, value) {
            (1, Value::Bytes(text)) => actor.kind = Some(text_of(text)),
            (2, Value::Number(number)) => match number {
                0 | 1 => actor.transient = false,
                2 => actor.transient = true,
                _ => faults.push(unknown_value("actor", "persistence", number)),
            },
            (3, Value::Bytes(text)) => actor.state = Some(text_of(text)),
            (4, Value::Bytes(duration)) => match milliseconds(duration) {
                Some(ms) => actor.idle_timeout_ms = Some(ms),
                None => faults.push(no_time("actor).idle_timeout")),
            },
            (5, Value::Bytes(_)) => {}
            (6, Value::Number(number)) => actor.internal = number != 0,
            _ => faults.push(unknown_field("actor", field)),
        }
    }
    if let Some(mailbox) = wire::message(option, 5) {
        read_mailbox(&mailbox, &mut actor, &mut faults);
    }
    (actor, faults)
}

fn read_mailbox(option: &[u8], actor: &mut Actor, faults: &mut Faults) {
    for (field, value) in wire::fields(option) {
        match (field, value) {
            (1, Value::Number(0)) => {}
            (1, Value::Number(number)) => match i32::try_from(number) {
                Ok(messages) => actor.mailbox_capacity_messages = u32::try_from(messages).ok(),
                Err(_) => faults.push(format!(
                    "(everact.v1.actor).mailbox.capacity_messages: {number} are more than {}",
                    i32::MAX
                )),
            },
            (2, Value::Number(number)) => match number {
                0 | 1 => actor.overflow = Overflow::Reject,
                2 => actor.overflow = Overflow::DropOldest,
                3 => actor.overflow = Overflow::Wait,
                _ => faults.push(unknown_value("actor", "mailbox.overflow", number)),
            },
            _ => faults.push(unknown_field("actor).mailbox", field)),
        }
    }
}

/// Spawn's `ActorOpts`: what has no counterpart here (snapshots, projections, retention) is passed over.
fn spawn_actor(option: &[u8]) -> (Actor, Faults) {
    const UNNAMED: u64 = 2;
    let text = wire::message(option, 1).map(|text| text_of(&text));
    let stateful = wire::number(option, 2).unwrap_or(0) != 0;
    let actor = Actor {
        transient: !stateful,
        state: text.filter(|name| !name.is_empty()),
        idle_timeout_ms: wire::number(option, 3).and_then(|ms| i64::try_from(ms).ok()).filter(|ms| *ms > 0),
        is_single: wire::number(option, 9).unwrap_or(0) != UNNAMED,
        is_spawn: true,
        ..Actor::default()
    };
    (actor, Faults::new())
}

/// Whether a method has our handler option.
pub fn has_handler(extensions: &Extensions, method_options: &[u8]) -> bool {
    extensions.handler.is_some_and(|number| wire::message(method_options, number).is_some())
}

/// The handler option of a method, with what is wrong in it.
pub fn handler(extensions: &Extensions, method_options: &[u8]) -> (Handler, Faults) {
    let mut handler = Handler::default();
    let mut faults = Faults::new();
    let option = extensions.handler.and_then(|number| wire::message(method_options, number));
    let option = option.unwrap_or_default();
    for (field, value) in wire::fields(&option) {
        match (field, value) {
            (1, Value::Number(number)) => handler.read_only = number != 0,
            (2, Value::Number(number)) => handler.idempotent = number != 0,
            (3, Value::Number(number)) => handler.tell = number != 0,
            (4, Value::Number(number)) => handler.reentrant = number != 0,
            (5, Value::Number(number)) => handler.internal = number != 0,
            (6, Value::Bytes(name)) => handler.errors.push(text_of(name)),
            (7, Value::Bytes(_)) => {}
            _ => faults.push(unknown_field("handler", field)),
        }
    }
    handler.retry = wire::message(&option, 7)
        .map(|option| retry(&option, &mut faults))
        .filter(|retry| *retry != Retry::default());
    if extensions.spawn_view.is_some_and(|number| wire::message(method_options, number).is_some()) {
        handler.read_only = true;
    }
    (handler, faults)
}

fn retry(option: &[u8], faults: &mut Faults) -> Retry {
    let mut retry = Retry::default();
    for (field, value) in wire::fields(option) {
        match (field, value) {
            (1, Value::Number(0)) => {}
            (1, Value::Number(number)) => match i32::try_from(number) {
                Ok(most) => retry.attempts_max = Some(most),
                Err(_) => faults.push(beyond("attempts_max", number, "a number of 31 bits")),
            },
            (2 | 3, Value::Bytes(duration)) => {
                let name = if field == 2 { "first_wait" } else { "wait_max" };
                let ms = milliseconds(duration);
                if ms.is_none() {
                    faults.push(no_time(&format!("handler).retry.{name}")));
                }
                if field == 2 { retry.first_wait_ms = ms } else { retry.wait_max_ms = ms }
            }
            (4, Value::Double(factor)) => {
                retry.factor = Some(factor).filter(|factor| *factor != 0.0);
                if factor != 0.0 && !(1.0..=f64::MAX).contains(&factor) {
                    faults.push(beyond("factor", factor, "at least 1"));
                }
            }
            (5, Value::Double(jitter)) => {
                retry.jitter = Some(jitter);
                if !(0.0..=1.0).contains(&jitter) {
                    faults.push(beyond("jitter", jitter, "from 0 to 1"));
                }
            }
            (6, Value::Bytes(name)) => retry.not_retried.push(text_of(name)),
            (7, Value::Number(number)) => match number {
                0 | 1 => retry.hold = false,
                2 => retry.hold = true,
                _ => faults.push(unknown_value("handler", "retry.on_failure", number)),
            },
            _ => faults.push(unknown_field("handler).retry", field)),
        }
    }
    retry
}

fn beyond(field: &str, given: impl std::fmt::Display, range: &str) -> String {
    format!("(everact.v1.handler).retry.{field}: {given} is not {range}")
}

/// The error option of a message, with what is wrong in it; None where it is no error of the application.
pub fn error(extensions: &Extensions, message_options: &[u8]) -> Option<(AppError, Faults)> {
    let option = wire::message(message_options, extensions.error?)?;
    let mut error = AppError::default();
    let mut faults = Faults::new();
    for (field, value) in wire::fields(&option) {
        match (field, value) {
            (1, Value::Bytes(text)) => error.r#type = Some(text_of(text)),
            (2, Value::Number(status)) => error.status = Some(status),
            (3, Value::Bytes(text)) => error.grpc = Some(text_of(text)),
            _ => faults.push(unknown_field("error", field)),
        }
    }
    Some((error, faults))
}

/// A `google.protobuf.Duration` in milliseconds; None where it is not between a millisecond and 49 days.
fn milliseconds(duration: &[u8]) -> Option<i64> {
    let seconds = wire::number(duration, 1).unwrap_or(0) as i64;
    let nanos = wire::number(duration, 2).unwrap_or(0) as i64;
    let ms = seconds.checked_mul(1000).and_then(|ms| ms.checked_add(nanos / 1_000_000));
    ms.filter(|ms| (1..=0xFFFF_FFFE).contains(ms))
}

fn no_time(option: &str) -> String {
    format!("(everact.v1.{option}: give a time between a millisecond and 49 days")
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn unknown_field(option: &str, field: u32) -> String {
    format!(
        "(everact.v1.{option}) has an option with the number {field}, which this protoc-gen-everact does not know: take the plugin of the same release as options.proto"
    )
}

fn unknown_value(option: &str, field: &str, value: u64) -> String {
    format!("(everact.v1.{option}).{field}: {value} is none of its values")
}
