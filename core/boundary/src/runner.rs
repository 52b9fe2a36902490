//! What a host talks to: an engine in this process, or a connection to one elsewhere. Both take the same submissions and give
//! the same events, so an SDK does not know which it is.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use everact::address::{AskId, TurnId};
use everact::{
    Bell, Call, Completion, Config, Engine, ErrorCode, Failure, Finding, HandlerConfig, HostEvent,
    KindConfig, Lane, Observation, Stacks, Submission, TOPICS,
};
use everact_gateway::{Gateway, Plan};
use everact_protocol::{Client, ConnectConfig, Handler, Kind, Limits};
use serde_json::{Map, Value, json};

use crate::process_command::ProcessCommand;

/// How much longer than the engine its gateway may take to close: what the engine answers at its deadline still has to leave.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// An engine here, or the way to one elsewhere.
#[derive(Debug)]
pub struct Runner(Place);

enum Place {
    Here {
        /// Goes before the engine that it serves.
        gateway: Option<Gateway>,
        engine: Arc<Engine>,
    },
    Elsewhere {
        client: Client,
        lane: Arc<Lane>,
    },
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here { .. } => f.write_str("an engine in this process"),
            Self::Elsewhere { client, .. } => client.fmt(f),
        }
    }
}

impl Runner {
    /// Opens what the JSON configuration describes: with `connect` a connection, else an engine.
    ///
    /// # Errors
    /// `InvalidConfiguration` names the setting; those of opening the store, or of connecting.
    pub fn open(config: &[u8], bell: Option<Bell>) -> Result<Self, Failure> {
        let mut config = Config::read_with_environment(config)?;
        if let Some(connect) = config.connect.take() {
            return connected(connect, &config, bell);
        }
        // What cannot be served is said before anything opens.
        let plan = Plan::read(&config)?;
        let engine = Arc::new(Engine::open(config, bell)?);
        let gateway = plan.map(|plan| Gateway::start(engine.clone(), plan)).transpose()?;
        Ok(Self(Place::Here { gateway, engine }))
    }

    /// Takes a message for an actor.
    #[inline]
    pub fn submit(&self, given: &Submission<'_>, call: &mut Call) {
        match &self.0 {
            Place::Here { engine, .. } => engine.submit(given, call),
            Place::Elsewhere { client, .. } => client.submit(given),
        }
    }

    /// Takes a turn's outcome; a connection hands out no turns.
    #[inline]
    pub fn complete(&self, turn: TurnId, given: &Completion<'_>, call: &mut Call) {
        if let Place::Here { engine, .. } = &self.0 {
            engine.complete(turn, given, call);
        }
    }

    /// Carries out a command about processes, which live in this process only.
    pub fn process(&self, command: ProcessCommand<'_>, call: &mut Call) {
        match &self.0 {
            Place::Here { engine, .. } => command.carry_out(engine, call),
            Place::Elsewhere { .. } => command.refuse(
                &Failure::new(
                    ErrorCode::InvalidArgument,
                    "processes live in an engine, not behind a connection",
                ),
                call,
            ),
        }
    }

    /// The caller of an ask no longer waits.
    pub fn cancel(&self, ask: AskId, call: &mut Call) {
        match &self.0 {
            Place::Here { engine, .. } => engine.cancel(ask, call),
            Place::Elsewhere { client, .. } => client.cancel(ask),
        }
    }

    /// Events of the lane's queue, waiting for the first no longer than `timeout`.
    pub fn poll(&self, out: &mut Vec<HostEvent>, most: usize, timeout: Duration) {
        match &self.0 {
            Place::Here { engine, .. } => engine.poll(out, most, timeout),
            Place::Elsewhere { lane, .. } => lane.poll(out, most, timeout),
        }
    }

    /// Puts events that a host could not take back to the front of the lane.
    pub fn put_back(&self, events: Vec<HostEvent>) {
        match &self.0 {
            Place::Here { engine, .. } => engine.put_back(events),
            Place::Elsewhere { lane, .. } => lane.push_front(events),
        }
    }

    /// Begins to close; `Closed` comes as an event.
    pub fn close(&self, deadline: Duration) {
        match &self.0 {
            Place::Here { gateway, engine } => {
                if let Some(gateway) = gateway {
                    gateway.begin_close(deadline.saturating_add(LAST_ANSWERS));
                }
                engine.close(deadline);
            }
            Place::Elsewhere { client, .. } => client.close(deadline),
        }
    }

    /// Copies a consistent state of all data into a new folder while work goes on.
    ///
    /// # Errors
    /// Those of `Engine::backup`; `InvalidArgument` for a connection, whose data is elsewhere.
    pub fn backup(&self, into: &Path) -> Result<(), Failure> {
        self.engine("backup")?.backup(into)
    }

    /// Where stacks of running handlers are asked for; `None` for a connection, which runs no handlers.
    pub fn stacks(&self) -> Option<Arc<Stacks>> {
        match &self.0 {
            Place::Here { engine, .. } => Some(engine.stacks()),
            Place::Elsewhere { .. } => None,
        }
    }

    /// JSON about a topic: `stats`, what the engine holds; `kinds`, that by kind and handler; `metrics`, Prometheus' page; `gateway`, where it listens;
    /// or what a JSON object asks: dead letters, producers.
    ///
    /// # Errors
    /// `InvalidArgument` where there is no such topic, or a connection cannot tell.
    pub fn describe(&self, topic: &[u8]) -> Result<String, Failure> {
        match topic {
            b"stats" => Ok(stats(self.engine("stats")?)),
            b"kinds" => Ok(self.engine("kinds")?.kind_stats().to_string()),
            b"metrics" => Ok(json!({ "text": self.engine("metrics")?.metrics() }).to_string()),
            b"work" => Ok(json!({ "busy": self.engine("work")?.is_busy() }).to_string()),
            b"gateway" => {
                Ok(json!({ "address": self.address().map(|address| address.to_string()) }).to_string())
            }
            json if json.first() == Some(&b'{') => match &self.0 {
                Place::Here { engine, .. } => engine.decide(json),
                Place::Elsewhere { client, .. } => client.control(json),
            },
            _ => {
                let topic = String::from_utf8_lossy(topic);
                let text = format!(
                    "there is no topic {topic:?}; there are: stats, work, kinds, metrics, gateway; and as JSON objects: {TOPICS}"
                );
                Err(Failure::new(ErrorCode::InvalidArgument, text))
            }
        }
    }

    fn address(&self) -> Option<SocketAddr> {
        match &self.0 {
            Place::Here { gateway, .. } => gateway.as_ref().map(Gateway::address),
            Place::Elsewhere { .. } => None,
        }
    }

    fn engine(&self, wanted: &str) -> Result<&Engine, Failure> {
        match &self.0 {
            Place::Here { engine, .. } => Ok(engine),
            Place::Elsewhere { .. } => {
                let text = format!("{wanted}: a connection cannot, ask where the engine runs");
                Err(Failure::new(ErrorCode::InvalidArgument, text))
            }
        }
    }
}

fn stats(engine: &Engine) -> String {
    let stats = engine.stats();
    format!(
        "{{\"activations\":{},\"open_turns\":{},\"open_asks\":{},\"state_bytes\":{},\"turns\":{},\"failed_turns\":{},\"passivations\":{}}}",
        stats.activations,
        stats.open_turns,
        stats.open_asks,
        stats.state_bytes,
        stats.turns,
        stats.failed_turns,
        stats.passivations
    )
}

fn connected(connect: Map<String, Value>, config: &Config, bell: Option<Bell>) -> Result<Runner, Failure> {
    let connect: ConnectConfig = serde_json::from_value(Value::Object(connect))
        .map_err(|error| Failure::new(ErrorCode::InvalidConfiguration, format!("connect: {error}")))?;
    let lane = Arc::new(Lane::new(bell));
    let deliver = {
        let lane = lane.clone();
        Box::new(move |events: &mut Vec<HostEvent>| lane.push(events))
    };
    let limits = Limits {
        ask_timeout_ms: config.ask_timeout_ms,
        pending_asks_max: config.pending_asks_max,
        message_bytes_max: config.message_bytes_max,
    };
    if let Some(warning) = &config.warning {
        let seen = Observation::of_engine(Finding::Warning { failure: warning.clone() });
        lane.push(&mut vec![HostEvent::Observed(Box::new(seen))]);
    }
    let client = Client::connect(connect, config.kinds.iter().map(kind).collect(), limits, deliver)?;
    Ok(Runner(Place::Elsewhere { client, lane }))
}

fn kind(declared: &KindConfig) -> Kind {
    let handler = |handler: &HandlerConfig| Handler {
        name: handler.name.clone(),
        repeatable: handler.read_only || handler.idempotent,
    };
    Kind { name: declared.name.clone(), handlers: declared.handlers.iter().map(handler).collect() }
}
