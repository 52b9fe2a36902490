//! What a user sets: one object, filled up from `EVERACT_*` variables and defaults, checked before anything opens.

use std::collections::HashSet;

use everact_kernel::action::LogLevel;
use everact_kernel::address::{HandlerId, KindId};
use everact_kernel::json::{DEPTH_MAX_MOST, JsonBounds};
use everact_kernel::kind::{Overflow, Role};
use everact_kernel::limits::{DEADLINE_MS_MAX, Limits, PROCESSES_MOST};
use serde::Deserialize;
use serde_json::{Map, Value};

use everact_kernel::error::{ErrorCode, Failure};

use crate::behaviour::BehaviourConfig;
use crate::retry::{self, RetryConfig};

/// How the host drives its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum LaneMode {
    /// One event-loop thread: what a call causes comes back from that call.
    Loop,
    /// Any thread may call; turns beyond what a call takes go to the queue that pollers drain.
    #[default]
    Threads,
}

/// How much of the engine's own diagnostics a host wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`everact_kernel::action::LogLevel` has the same")]
pub enum LogLevelConfig {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<LogLevelConfig> for LogLevel {
    fn from(config: LogLevelConfig) -> Self {
        match config {
            LogLevelConfig::Error => Self::Error,
            LogLevelConfig::Warn => Self::Warn,
            LogLevelConfig::Info => Self::Info,
            LogLevelConfig::Debug => Self::Debug,
            LogLevelConfig::Trace => Self::Trace,
        }
    }
}

/// A handler's declaration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerConfig {
    /// Name on the wire, lower snake case.
    pub name: String,
    /// Its turns may overlap one another; they change nothing.
    #[serde(default)]
    pub read_only: bool,
    /// A call chain that comes back may run it.
    #[serde(default)]
    pub reentrant: bool,
    /// Handling a message twice is the same as handling it once: a connection may send it again.
    #[serde(default)]
    pub idempotent: bool,
    /// Its message is bytes, not JSON: nothing looks into it on its way.
    #[serde(default)]
    pub bytes: bool,
    /// Only actors of this engine may call it: it is not served to others.
    #[serde(default)]
    pub internal: bool,
    /// What happens when it fails on a told message; the engine's default where it is not given.
    #[serde(default)]
    pub retry: Option<RetryConfig>,
    /// What it does, in the user's words: for `describe`, OpenAPI and the page.
    #[serde(default)]
    pub doc: Option<String>,
}

/// A kind's declaration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindConfig {
    /// Name, unique in the engine.
    pub name: String,
    /// How its actors or processes come to life: `actor`, `process` or `receiver`.
    #[serde(default)]
    pub role: RoleConfig,
    /// The general part of its program that the core runs: `server`, `state_machine` or `event_manager`.
    #[serde(default)]
    pub behaviour: Option<BehaviourConfig>,
    /// Of a state machine: a callback runs each time that a state is entered.
    #[serde(default)]
    pub enter_calls: bool,
    /// Whether its state survives.
    pub durable: bool,
    /// Its handlers; ids are positions.
    pub handlers: Vec<HandlerConfig>, // bound: made once
    /// It wants a turn before an activation's first message.
    #[serde(default)]
    pub activated: bool,
    /// It wants a turn before an activation leaves memory.
    #[serde(default)]
    pub passivating: bool,
    /// Idle milliseconds before passivation, instead of the engine's.
    #[serde(default)]
    pub idle_timeout_ms: Option<u64>,
    /// Messages that may wait for one actor, instead of the engine's.
    #[serde(default)]
    pub mailbox_capacity_messages: Option<usize>,
    /// What happens beyond that: `reject`, `drop_oldest` or `wait`.
    #[serde(default)]
    pub overflow: OverflowConfig,
    /// What messages, replies and states are.
    #[serde(default)]
    pub codec: Codec,
    /// The full name of the service that it was generated from.
    #[serde(default)]
    pub service: Option<String>,
    /// Whether others than this engine's own actors and host may call it through the gateway, although it has no contract.
    #[serde(default)]
    pub exposed: bool,
    /// What it is, in the user's words: for `describe`, OpenAPI and the page.
    #[serde(default)]
    pub doc: Option<String>,
}

/// How those of a kind come to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RoleConfig {
    /// Addressed by kind and key.
    #[default]
    Actor,
    /// Spawned; each message runs its handler.
    Process,
    /// Spawned; one function receives all messages.
    Receiver,
}

impl From<RoleConfig> for Role {
    fn from(config: RoleConfig) -> Self {
        match config {
            RoleConfig::Actor => Self::Actor,
            RoleConfig::Process => Self::Process,
            RoleConfig::Receiver => Self::Receiver,
        }
    }
}

/// What a kind's payloads are. The engine carries them; a gateway translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// JSON texts, or bytes where a handler says so.
    #[default]
    Json,
    /// The messages of the service that the kind names.
    Protobuf,
}

/// The overflow policy as it is written.
#[derive(Clone, Copy, Debug, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OverflowConfig {
    /// The new message is refused.
    #[default]
    Reject,
    /// The oldest is refused.
    DropOldest,
    /// The sender waits.
    Wait,
}

impl From<OverflowConfig> for Overflow {
    fn from(config: OverflowConfig) -> Self {
        match config {
            OverflowConfig::Reject => Self::Reject,
            OverflowConfig::DropOldest => Self::DropOldest,
            OverflowConfig::Wait => Self::Wait,
        }
    }
}

/// What serde says of a value that does not fit, with the setting's name.
fn named(given: &Map<String, Value>, error: &serde_json::Error) -> String {
    let alone = |(name, value): (&String, &Value)| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        Some(format!("{name}: {}", serde_json::from_value::<Config>(Value::Object(one)).err()?))
    };
    given.iter().find_map(alone).unwrap_or_else(|| error.to_string())
}

fn is_given(given: &Map<String, Value>, name: &str) -> bool {
    given.get(name).is_some_and(|value| !value.is_null())
}

/// An engine's configuration (docs/reference/boundary.md lists the meanings and units).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the table in docs/reference/boundary.md is the one description")]
pub struct Config {
    pub data: Option<String>,
    pub lane: LaneMode,
    pub shards: u8,
    pub ask_timeout_ms: u64,
    pub idle_timeout_ms: u64,
    pub activations_max: usize,
    pub processes_max: usize,
    pub memory_bytes_max: usize,
    pub mailbox_capacity_messages: usize,
    pub pending_asks_max: usize,
    pub uncommitted_bytes_max: usize,
    pub message_bytes_max: usize,
    pub json_depth_max: usize,
    pub json_elements_max: usize,
    pub caller_runs_max: u32,
    pub slow_turn_ms: u64,
    pub cache_bytes: u64,
    pub log_level: Option<LogLevelConfig>,
    pub connect: Option<Map<String, Value>>,
    pub listen: Option<String>,
    pub gateway: Map<String, Value>,
    pub descriptors: Vec<String>, // bound: made once
    pub kinds: Vec<KindConfig>,   // bound: made once
    /// The notice that the host gets when the engine opens.
    #[serde(skip)]
    pub warning: Option<Failure>,
}

impl Default for Config {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            data: None,
            lane: LaneMode::default(),
            shards: 0,
            ask_timeout_ms: limits.ask_timeout_ms,
            idle_timeout_ms: 600_000,
            activations_max: limits.activations_max,
            processes_max: limits.processes_max,
            memory_bytes_max: limits.memory_bytes_max,
            mailbox_capacity_messages: 10_000,
            pending_asks_max: limits.pending_asks_max,
            uncommitted_bytes_max: limits.uncommitted_bytes_max,
            message_bytes_max: limits.message_bytes_max,
            json_depth_max: limits.json.depth_max,
            json_elements_max: limits.json.elements_max,
            caller_runs_max: 256,
            slow_turn_ms: limits.slow_turn_ms,
            cache_bytes: 32 * 1024 * 1024,
            log_level: None,
            connect: None,
            listen: None,
            gateway: Map::new(),
            descriptors: Vec::new(),
            kinds: Vec::new(),
            warning: None,
        }
    }
}

/// Settings that a variable may fill, by the part of its name after `EVERACT_`.
pub(crate) const FROM_ENVIRONMENT: &[&str] = &[
    "data",
    "shards",
    "ask_timeout_ms",
    "idle_timeout_ms",
    "activations_max",
    "processes_max",
    "memory_bytes_max",
    "mailbox_capacity_messages",
    "pending_asks_max",
    "uncommitted_bytes_max",
    "message_bytes_max",
    "json_depth_max",
    "json_elements_max",
    "caller_runs_max",
    "slow_turn_ms",
    "cache_bytes",
    "log_level",
    "listen",
    "gateway",
];

/// Payloads of the largest size that a shard may hold before they are durable, whatever `uncommitted_bytes_max` says.
const LARGEST_HELD: usize = 4;

impl Config {
    /// Reads the JSON that a host hands in; `variable` looks names up in the environment.
    ///
    /// # Errors
    /// `InvalidConfiguration` names what cannot be used; `DuplicateKind` and `InvalidDeclaration` name the kind.
    pub fn read(json: &[u8], variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let invalid = |text: String| Failure::new(ErrorCode::InvalidConfiguration, text);
        let mut given: Map<String, Value> = serde_json::from_slice(json)
            .map_err(|error| invalid(format!("the configuration is not an object: {error}")))?;
        let connects = is_given(&given, "connect");
        if connects && (is_given(&given, "data") || is_given(&given, "listen")) {
            return Err(invalid(
                "connect: an engine elsewhere has data and an address of its own: leave out data and listen"
                    .to_owned(),
            ));
        }
        for name in FROM_ENVIRONMENT {
            let variable_name = crate::environment::variable(name);
            let elsewhere = connects && matches!(*name, "data" | "listen" | "gateway");
            if elsewhere || given.contains_key(*name) {
                continue;
            }
            let Some(text) = variable(&variable_name) else { continue };
            let value = match *name {
                "data" | "listen" | "log_level" => Value::String(text),
                "gateway" => serde_json::from_str(&text)
                    .map_err(|error| invalid(format!("{variable_name} is not a JSON object: {error}")))?,
                _ => text
                    .parse::<u64>()
                    .map(Value::from)
                    .map_err(|_| invalid(format!("{variable_name} is not a whole number: {text:?}")))?,
            };
            given.insert((*name).to_owned(), value);
        }
        if let Some(text) = given.get("kinds").and_then(retry::unreadable) {
            return Err(Failure::new(ErrorCode::InvalidDeclaration, text));
        }
        let config: Self = serde_json::from_value(Value::Object(given.clone()))
            .map_err(|error| invalid(named(&given, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// The number of shards: 1 for one event loop, 16 for threads, unless set.
    pub fn shard_count(&self) -> usize {
        match (self.shards, self.lane) {
            (0, LaneMode::Loop) => 1,
            (0, LaneMode::Threads) => 16,
            (shards, _) => usize::from(shards),
        }
    }

    /// The kernel's bounds for one shard of these settings.
    pub fn limits(&self) -> Limits {
        let shards = self.shard_count();
        Limits {
            ask_timeout_ms: self.ask_timeout_ms,
            activations_max: self.activations_max.div_ceil(shards),
            // A tree lives in one shard, so each may have all of them.
            processes_max: self.processes_max,
            memory_bytes_max: self.memory_bytes_max.div_ceil(shards),
            pending_asks_max: self.pending_asks_max.div_ceil(shards),
            // A few of the largest states and messages always have room, or one actor could hold up its whole shard.
            uncommitted_bytes_max: self
                .uncommitted_bytes_max
                .div_ceil(shards)
                .max(LARGEST_HELD * self.message_bytes_max),
            message_bytes_max: self.message_bytes_max,
            json: self.json(),
            slow_turn_ms: self.slow_turn_ms,
            ..Limits::default()
        }
    }

    /// How deep and how rich a message in JSON may be.
    pub fn json(&self) -> JsonBounds {
        JsonBounds { depth_max: self.json_depth_max, elements_max: self.json_elements_max }
    }

    fn check(&self) -> Result<(), Failure> {
        let positive = [
            ("ask_timeout_ms", self.ask_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("activations_max", self.activations_max as u64),
            ("processes_max", self.processes_max as u64),
            ("mailbox_capacity_messages", self.mailbox_capacity_messages as u64),
            ("pending_asks_max", self.pending_asks_max as u64),
            ("uncommitted_bytes_max", self.uncommitted_bytes_max as u64),
            ("message_bytes_max", self.message_bytes_max as u64),
            ("json_depth_max", self.json_depth_max as u64),
            ("json_elements_max", self.json_elements_max as u64),
            ("slow_turn_ms", self.slow_turn_ms),
        ];
        for (name, value) in positive {
            if value == 0 {
                return Err(Failure::new(
                    ErrorCode::InvalidConfiguration,
                    format!("{name} must be at least 1"),
                ));
            }
        }
        let most = [
            ("ask_timeout_ms", self.ask_timeout_ms, DEADLINE_MS_MAX),
            ("shards", u64::from(self.shards), 64),
            ("processes_max", self.processes_max as u64, PROCESSES_MOST as u64),
            ("json_depth_max", self.json_depth_max as u64, DEPTH_MAX_MOST as u64),
        ];
        if let Some((name, _, most)) = most.iter().find(|(_, value, most)| value > most) {
            return Err(Failure::new(
                ErrorCode::InvalidConfiguration,
                format!("{name} must be at most {most}"),
            ));
        }
        self.check_kinds()
    }

    fn check_kinds(&self) -> Result<(), Failure> {
        let invalid = |text: String| Failure::new(ErrorCode::InvalidDeclaration, text);
        if self.kinds.len() >= KindId::DECLARED_MAX {
            return Err(invalid(format!("{} kinds are too many", self.kinds.len())));
        }
        let mut names = HashSet::new();
        for kind in &self.kinds {
            if kind.name.is_empty() || kind.name.len() > 256 || kind.name.contains('/') {
                return Err(invalid(format!(
                    "{:?} is no kind's name: 1 to 256 bytes without '/'",
                    kind.name
                )));
            }
            if !names.insert(&kind.name) {
                let text = format!("the kind {:?} is registered twice", kind.name);
                return Err(Failure::new(ErrorCode::DuplicateKind, text));
            }
            let mut handlers = HashSet::new();
            for handler in &kind.handlers {
                if handler.name.is_empty() || !handlers.insert(&handler.name) {
                    return Err(invalid(format!(
                        "{}: the handler {:?} is declared twice or has no name",
                        kind.name, handler.name
                    )));
                }
                if let Some(Err(fault)) = handler.retry.as_ref().map(RetryConfig::check) {
                    return Err(invalid(format!("{}.{}: retry.{fault}", kind.name, handler.name)));
                }
            }
            if let Err(fault) = kind.check_behaviour() {
                return Err(invalid(format!("{}: {fault}", kind.name)));
            }
            if kind.handlers.len() >= usize::from(HandlerId::MANAGER.0) {
                return Err(invalid(format!("{}: {} handlers are too many", kind.name, kind.handlers.len())));
            }
            if kind.codec == Codec::Protobuf && kind.service.is_none() {
                return Err(invalid(format!(
                    "{}: the codec is protobuf, so a service must be named",
                    kind.name
                )));
            }
            if kind.mailbox_capacity_messages == Some(0) {
                return Err(invalid(format!("{}: mailbox_capacity_messages must be at least 1", kind.name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str, variable: Option<(&str, &str)>) -> Failure {
        let look_up = |name: &str| variable.filter(|given| given.0 == name).map(|given| given.1.to_owned());
        Config::read(json.as_bytes(), look_up).expect_err("the configuration cannot be used")
    }

    #[test]
    fn what_governs_a_collection_is_a_setting() {
        use everact_kernel::bounded::Limit;
        for row in everact_kernel::limits::bounds::ALL {
            let Limit::Setting(name) = row.limit else { continue };
            assert!(FROM_ENVIRONMENT.contains(&name), "{} is governed by {name}", row.name);
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let given = [
            (r#"{"kinds":[],"shards":1000}"#, "shards"),
            (r#"{"kinds":[],"shards":65}"#, "shards"),
            (r#"{"kinds":[],"json_depth_max":0}"#, "json_depth_max"),
            (r#"{"kinds":[],"json_depth_max":2000}"#, "json_depth_max"),
            (r#"{"kinds":[],"ask_timeout_ms":-1}"#, "ask_timeout_ms"),
            (r#"{"kinds":[],"ask_timeout_ms":18446744073709551615}"#, "ask_timeout_ms"),
            (r#"{"kinds":[],"cache_bytes":"much"}"#, "cache_bytes"),
            (r#"{"kinds":[],"colour":1}"#, "colour"),
            (r#"{"kinds":[{"name":"a","durable":true,"handlers":[],"overflow":"explode"}]}"#, "kinds"),
        ];
        for (json, name) in given {
            let failure = refused(json, None);
            assert_eq!(failure.code, ErrorCode::InvalidConfiguration, "{json}");
            assert!(failure.text.contains(name), "{json}: {}", failure.text);
        }
        let failure = refused(r#"{"kinds":[]}"#, Some(("EVERACT_SHARDS", "many")));
        assert!(failure.text.contains("EVERACT_SHARDS"), "{}", failure.text);
        let failure = refused(r#"{"kinds":[]}"#, Some(("EVERACT_GATEWAY", "cors")));
        assert!(failure.text.contains("EVERACT_GATEWAY"), "{}", failure.text);
    }

    #[test]
    fn what_is_given_wins_over_the_environment() {
        let variable = |name: &str| (name == "EVERACT_SHARDS").then(|| "4".to_owned());
        let given = Config::read(br#"{"kinds":[],"shards":2}"#, variable).expect("usable");
        let filled = Config::read(br#"{"kinds":[]}"#, variable).expect("usable");
        assert_eq!((given.shards, filled.shards), (2, 4));
        let variable = |name: &str| (name == "EVERACT_GATEWAY").then(|| r#"{"docs":false}"#.to_owned());
        let filled = Config::read(br#"{"kinds":[]}"#, variable).expect("usable");
        assert_eq!(filled.gateway["docs"], false);
    }

    fn refused_policy(policy: &str) -> Failure {
        let kind = r#"{"name":"account","durable":true,"handlers":[{"name":"credit","retry":"#;
        refused(&format!(r#"{{"kinds":[{kind}{policy}}}]}}]}}"#), None)
    }

    #[test]
    fn a_policy_that_cannot_be_used_is_named_with_its_kind_handler_and_field() {
        let given = [
            (r#"{"attempts_max":0}"#, "attempts_max: must be at least 1"),
            (r#"{"attempts_max":-1}"#, "attempts_max: invalid value"),
            (r#"{"attempts_max":1.5}"#, "attempts_max: invalid type"),
            (r#"{"first_wait_ms":0}"#, "first_wait_ms: 0 is not 1 to 4294967294"),
            (r#"{"wait_max_ms":0}"#, "wait_max_ms: 0 is not"),
            (r#"{"wait_max_ms":4294967295}"#, "wait_max_ms: 4294967295 is not"),
            (r#"{"first_wait_ms":-5}"#, "first_wait_ms: invalid value"),
            (r#"{"first_wait_ms":50,"wait_max_ms":49}"#, "first_wait_ms: 50 is longer than wait_max_ms"),
            (
                r#"{"first_wait_ms":30001,"wait_max_ms":30000}"#,
                "first_wait_ms: 30001 is longer than wait_max_ms, which is 30000",
            ),
            (r#"{"factor":0.99}"#, "factor: 0.99 is not"),
            (r#"{"factor":null}"#, "factor: invalid type: null"),
            (r#"{"factor":"NaN"}"#, "factor: invalid type: string \"NaN\""),
            (r#"{"jitter":-0.1}"#, "jitter: -0.1 is not 0 to 1"),
            (r#"{"jitter":1.1}"#, "jitter: 1.1 is not 0 to 1"),
            (r#"{"not_retried":["A",""]}"#, "not_retried: an error without a name"),
            (r#"{"not_retried":["A","B","A"]}"#, "not_retried: \"A\" is named twice"),
            (r#"{"on_failure":"explode"}"#, "on_failure: unknown variant"),
            (r#"{"patience":1}"#, "patience: unknown field"),
        ];
        let failure = refused_policy("5");
        assert_eq!(failure.code, ErrorCode::InvalidDeclaration);
        assert!(failure.text.starts_with("account.credit: retry: invalid type"), "{}", failure.text);
        for (policy, fault) in given {
            let failure = refused_policy(policy);
            assert_eq!(failure.code, ErrorCode::InvalidDeclaration, "{policy}: {}", failure.text);
            let whole = format!("account.credit: retry.{fault}");
            assert!(failure.text.starts_with(&whole), "{policy}: {}", failure.text);
        }
    }

    #[test]
    fn a_policy_given_as_values_is_checked_too() {
        for (factor, jitter) in [(f64::NAN, 0.0), (f64::INFINITY, 0.0), (1.0, f64::NAN)] {
            assert!(
                RetryConfig { factor, jitter, ..RetryConfig::default() }.check().is_err(),
                "{factor} {jitter}"
            );
        }
        let edge = RetryConfig {
            attempts_max: 1,
            first_wait_ms: Some(1),
            wait_max_ms: Some(1),
            factor: 1.0,
            jitter: 1.0,
            ..RetryConfig::default()
        };
        assert_eq!(edge.check(), Ok(()));
        assert_eq!(RetryConfig::default().check(), Ok(()));
    }

    #[test]
    fn a_wait_that_is_not_given_gives_way_to_the_one_that_is() {
        let waits = |first_wait_ms, wait_max_ms| {
            let given = RetryConfig { first_wait_ms, wait_max_ms, ..RetryConfig::default() };
            assert_eq!(given.check(), Ok(()));
            let policy = given.policy();
            (policy.first_wait_ms, policy.wait_max_ms)
        };
        assert_eq!(waits(None, None), (500, 30_000));
        assert_eq!(waits(None, Some(100)), (100, 100));
        assert_eq!(waits(Some(60_000), None), (60_000, 60_000));
        assert_eq!(waits(Some(100), None), (100, 30_000));
        assert_eq!(waits(None, Some(60_000)), (500, 60_000));
    }
}
