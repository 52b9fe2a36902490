//! Supervisors, children and commands as a host writes them: JSON.

use std::sync::Arc;

use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::kind::Kinds;
use everact_kernel::process::ProcessId;
use everact_kernel::program::{Output, Program, StopSignal};
use everact_kernel::supervision::{
    AutoShutdown, Backoff, ChildSpec, ChildStart, ChildType, Command, Restart, Shutdown, Strategy,
    SupervisorSpec, Target,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSupervisor {
    #[serde(default)]
    strategy: WrittenStrategy,
    intensity: Option<u32>,
    period_ms: Option<u64>,
    #[serde(default)]
    auto_shutdown: WrittenAutoShutdown,
    backoff: Option<WrittenBackoff>,
    name: Option<String>,
    children: Vec<WrittenChild>, // bound: one call
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenStrategy {
    #[default]
    OneForOne,
    OneForAll,
    RestForOne,
    Dynamic,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenAutoShutdown {
    #[default]
    Never,
    AnySignificant,
    AllSignificant,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBackoff {
    first_ms: u64,
    wait_ms_max: u64,
    steady_ms: u64,
    #[serde(default)]
    jitter_percent: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenChild {
    id: String,
    start: WrittenStart,
    #[serde(default)]
    restart: WrittenRestart,
    shutdown: Option<WrittenShutdown>,
    r#type: Option<WrittenType>,
    #[serde(default)]
    significant: bool,
}

/// One of the three forms, told apart by what it names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStart {
    kind: Option<String>,
    argument: Option<Box<RawValue>>,
    name: Option<String>,
    supervisor: Option<Box<WrittenSupervisor>>,
    program: Option<WrittenProgram>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProgram {
    command: Vec<String>, // bound: one call
    directory: Option<String>,
    #[serde(default)]
    environment: Map<String, Value>,
    #[serde(default)]
    stop: WrittenStop,
    output: Option<WrittenOutput>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenStop {
    #[default]
    Terminate,
    Interrupt,
    Hangup,
    Quit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOutput {
    name: String,
    handler: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenRestart {
    #[default]
    Permanent,
    Transient,
    Temporary,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "milliseconds, \"brutal\" or \"infinity\"")]
enum WrittenShutdown {
    After(u64),
    Named(NamedShutdown),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamedShutdown {
    Brutal,
    Infinity,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenType {
    Worker,
    Supervisor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCommand {
    r#do: Verb,
    id: Option<String>,
    process: Option<String>,
    child: Option<WrittenChild>,
    start: Option<WrittenStart>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Count,
    Children,
    Spec,
    StartChild,
    TerminateChild,
    RestartChild,
    DeleteChild,
}

type Spec = SupervisorSpec<ChildStart>;

/// A supervisor, and the name that it wants.
pub(super) fn supervisor(json: &[u8], kinds: &Kinds) -> Result<(Spec, Option<String>), Failure> {
    let mut written: WrittenSupervisor = read(json)?;
    let name = written.name.take();
    Ok((written.spec(kinds, "")?, name))
}

/// What is asked of a supervisor.
pub(super) fn command(json: &[u8], kinds: &Kinds) -> Result<Command<ChildStart>, Failure> {
    let written: WrittenCommand = read(json)?;
    match written.r#do {
        Verb::Count => Ok(Command::Count),
        Verb::Children => Ok(Command::Which),
        Verb::Spec => Ok(Command::Spec(written.target()?)),
        Verb::TerminateChild => Ok(Command::Terminate(written.target()?)),
        Verb::RestartChild => Ok(Command::Restart(written.named()?)),
        Verb::DeleteChild => Ok(Command::Delete(written.named()?)),
        Verb::StartChild => match (written.child, written.start) {
            (Some(child), None) => Ok(Command::Start(child.spec(kinds, "child")?)),
            (None, Some(start)) => Ok(Command::StartDynamic(start.what(kinds, "start")?)),
            _ => Err(wrong("start_child needs either child or start")),
        },
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Failure> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        if path == "." { wrong(text) } else { wrong(format!("{path}: {text}")) }
    })?;
    reader.end().map_err(|error| wrong(error.to_string()))?;
    Ok(read)
}

fn wrong(text: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::InvalidArgument, text)
}

/// A path that goes on with this.
fn within(path: &str, more: &str) -> String {
    if path.is_empty() { more.to_owned() } else { format!("{path}.{more}") }
}

impl WrittenSupervisor {
    fn spec(self, kinds: &Kinds, path: &str) -> Result<Spec, Failure> {
        let strategy = match self.strategy {
            WrittenStrategy::OneForOne => Strategy::OneForOne,
            WrittenStrategy::OneForAll => Strategy::OneForAll,
            WrittenStrategy::RestForOne => Strategy::RestForOne,
            WrittenStrategy::Dynamic => Strategy::Dynamic,
        };
        let children = self.children.into_iter().enumerate();
        let children =
            children.map(|(at, child)| child.spec(kinds, &within(path, &format!("children[{at}]"))));
        let mut spec = Spec::new(strategy, children.collect::<Result<_, _>>()?);
        spec.intensity = self.intensity.unwrap_or(spec.intensity);
        spec.period_ms = self.period_ms.unwrap_or(spec.period_ms);
        spec.auto_shutdown = match self.auto_shutdown {
            WrittenAutoShutdown::Never => AutoShutdown::Never,
            WrittenAutoShutdown::AnySignificant => AutoShutdown::AnySignificant,
            WrittenAutoShutdown::AllSignificant => AutoShutdown::AllSignificant,
        };
        spec.backoff = self.backoff.map(|given| Backoff {
            first_ms: given.first_ms,
            wait_ms_max: given.wait_ms_max,
            steady_ms: given.steady_ms,
            jitter_percent: given.jitter_percent,
        });
        Ok(spec)
    }
}

impl WrittenChild {
    fn spec(self, kinds: &Kinds, path: &str) -> Result<ChildSpec<ChildStart>, Failure> {
        let supervises = self.start.supervisor.is_some();
        let start = self.start.what(kinds, &within(path, "start"))?;
        let base = match supervises {
            true => ChildSpec::supervisor(&self.id, start),
            false => ChildSpec::worker(&self.id, start),
        };
        Ok(ChildSpec {
            restart: match self.restart {
                WrittenRestart::Permanent => Restart::Permanent,
                WrittenRestart::Transient => Restart::Transient,
                WrittenRestart::Temporary => Restart::Temporary,
            },
            shutdown: match self.shutdown {
                None => base.shutdown,
                Some(WrittenShutdown::After(ms)) => Shutdown::After(ms),
                Some(WrittenShutdown::Named(NamedShutdown::Brutal)) => Shutdown::Brutal,
                Some(WrittenShutdown::Named(NamedShutdown::Infinity)) => Shutdown::Infinity,
            },
            child_type: match self.r#type {
                None => base.child_type,
                Some(WrittenType::Worker) => ChildType::Worker,
                Some(WrittenType::Supervisor) => ChildType::Supervisor,
            },
            significant: self.significant,
            ..base
        })
    }
}

impl WrittenStart {
    fn what(self, kinds: &Kinds, path: &str) -> Result<ChildStart, Failure> {
        let name = self.name.map(Arc::from);
        match (self.kind, self.supervisor, self.program) {
            (None, None, Some(program)) if self.argument.is_none() => {
                let program = program.checked(&within(path, "program"))?;
                Ok(ChildStart::Program { program: program.into(), name })
            }
            (Some(kind), None, None) => {
                let found = kinds.iter().find(|(_, declared)| *declared.name == *kind);
                let unknown = || {
                    let text = format!("{}: there is no kind {kind:?}", within(path, "kind"));
                    Failure::new(ErrorCode::UnknownKind, text)
                };
                let argument = self.argument.map_or(Arc::default(), |json| json.get().as_bytes().into());
                Ok(ChildStart::Process { kind: found.ok_or_else(unknown)?.0, argument, name })
            }
            (None, Some(mut supervisor), None) if self.argument.is_none() => {
                let own = supervisor.name.take().map(Arc::from);
                let spec = supervisor.spec(kinds, &within(path, "supervisor"))?;
                Ok(ChildStart::Supervisor { spec: spec.into(), name: name.or(own) })
            }
            _ => Err(wrong(format!(
                "{path}: kind with its argument, supervisor or program has to be given, one of them"
            ))),
        }
    }
}

impl WrittenProgram {
    fn checked(self, path: &str) -> Result<Program, Failure> {
        if self.command.first().is_none_or(String::is_empty) {
            return Err(wrong(format!("{}: it names no program", within(path, "command"))));
        }
        let environment = self.environment.into_iter().map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(wrong(format!("{}.{name}: it is no text", within(path, "environment")))),
        });
        Ok(Program {
            command: self.command,
            directory: self.directory,
            environment: environment.collect::<Result<_, _>>()?,
            stop: match self.stop {
                WrittenStop::Terminate => StopSignal::Terminate,
                WrittenStop::Interrupt => StopSignal::Interrupt,
                WrittenStop::Hangup => StopSignal::Hangup,
                WrittenStop::Quit => StopSignal::Quit,
            },
            output: self.output.map(|to| Output { name: to.name.into(), handler: to.handler.into() }),
        })
    }
}

impl WrittenCommand {
    fn named(self) -> Result<Arc<str>, Failure> {
        self.id.map(Arc::from).ok_or_else(|| wrong("id is missing"))
    }

    fn target(self) -> Result<Target, Failure> {
        match (&self.id, &self.process) {
            (None, Some(process)) => {
                let number =
                    process.parse().map_err(|_| wrong(format!("process: {process:?} is no process")))?;
                Ok(Target::Process(ProcessId(number)))
            }
            (Some(_), None) => Ok(Target::Id(self.named()?)),
            _ => Err(wrong("either id or process has to be given")),
        }
    }
}

#[cfg(test)]
mod tests {
    use everact_kernel::limits::CHILD_SHUTDOWN_MS_DEFAULT;

    use super::*;
    use crate::Engine;

    fn kinds() -> Kinds {
        let json = br#"{"kinds":[{"name":"worker","role":"process","durable":false,"handlers":[]}]}"#;
        let config = crate::Config::read(json, |_| None).expect("usable");
        Engine::open(config, None).expect("opens in memory").machine().kinds().clone()
    }

    #[test]
    fn what_is_left_out_is_as_in_otp() {
        let json =
            br#"{"children":[{"id":"a","start":{"kind":"worker","argument":{"n": 12345678901234567890123}}},
            {"id":"s","start":{"supervisor":{"children":[],"name":"inner"}}}]}"#;
        let (spec, name) = supervisor(json, &kinds()).expect("usable");
        assert_eq!(
            (spec.strategy, spec.intensity, spec.period_ms, name),
            (Strategy::OneForOne, 1, 5_000, None)
        );
        let [worker, inner] = &spec.children[..] else { panic!("two children") };
        assert_eq!(worker.shutdown, Shutdown::After(CHILD_SHUTDOWN_MS_DEFAULT));
        assert_eq!((inner.shutdown, inner.child_type), (Shutdown::Infinity, ChildType::Supervisor));
        let ChildStart::Process { argument, .. } = &worker.start else { panic!("a process") };
        assert_eq!(&**argument, br#"{"n": 12345678901234567890123}"#, "no digit is lost");
        let ChildStart::Supervisor { name, .. } = &inner.start else { panic!("a supervisor") };
        assert_eq!(name.as_deref(), Some("inner"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        let child = |child: &str| format!(r#"{{"children":[{child}]}}"#);
        let cases = [
            ("7".to_owned(), "invalid type: integer"),
            (r#"{"children":[],"strategie":1}"#.to_owned(), "strategie: unknown field"),
            (r#"{"children":[],"intensity":-1}"#.to_owned(), "intensity: invalid value"),
            (r#"{"children":[]} x"#.to_owned(), "trailing characters"),
            (child(r#"{"start":{"kind":"worker"}}"#), "children[0]: missing field `id`"),
            (
                child(r#"{"id":"a","start":{"kind":"nobody"}}"#),
                "children[0].start.kind: there is no kind \"nobody\"",
            ),
            (child(r#"{"id":"a","start":{}}"#), "children[0].start: kind with"),
            (
                child(r#"{"id":"a","start":{"kind":"worker"},"shutdown":"soon"}"#),
                "children[0].shutdown: milliseconds",
            ),
            (
                child(r#"{"id":"a","start":{"kind":"worker"},"restart":"often"}"#),
                "children[0].restart: unknown variant",
            ),
        ];
        for (json, text) in cases {
            let failure = supervisor(json.as_bytes(), &kinds()).expect_err("wrong");
            assert!(failure.text.starts_with(text), "{json}: {}", failure.text);
        }
    }

    #[test]
    fn a_command_says_which_child_it_means() {
        let read = |json: &str| command(json.as_bytes(), &kinds());
        assert!(matches!(
            read(r#"{"do":"terminate_child","id":"a"}"#),
            Ok(Command::Terminate(Target::Id(_)))
        ));
        let process = read(r#"{"do":"terminate_child","process":"72057594037927937"}"#);
        assert!(matches!(
            process,
            Ok(Command::Terminate(Target::Process(ProcessId(72_057_594_037_927_937))))
        ));
        for wrong in [
            r#"{"do":"spec"}"#,
            r#"{"do":"restart_child","process":"1"}"#,
            r#"{"do":"start_child"}"#,
            r#"{"do":"dance"}"#,
        ] {
            assert_eq!(read(wrong).expect_err(wrong).code, ErrorCode::InvalidArgument, "{wrong}");
        }
    }
}
