//! The supervisor: one thing at a time, as OTP's is a process that handles one message at a time.
//!
//! | state | means | on | goes to |
//! | --- | --- | --- | --- |
//! | Created | nothing has happened | `Start` | Starting; Running if it has nothing to start |
//! | | | `Stop` | Ended |
//! | Starting | a child of its own start is being started | `Started`: runs, ignored | the next one; after the last Running |
//! | | | `Started`: failed | Stopping |
//! | Running | it waits, or does what has waited | the end of a child | Restarting, Terminating, Stopping, or Running |
//! | | | a command that starts | Adding |
//! | | | a command that terminates | Terminating |
//! | | | `Stop` | Stopping |
//! | Adding | a command's child is being started | `Started` | Running |
//! | Restarting | a child is being started again | `Started`: runs, ignored | the next of its group; after the last Running |
//! | | | `Started`: failed | Running; it is tried again after what has waited |
//! | Terminating | a child is being made to end | its end | the next of its group, and then Restarting; or Running |
//! | | | its timer | the same, and the child is killed |
//! | Stopping | children are made to end, the last started first; dynamic ones together | the end of the last | Ended |
//! | Ended | no child is left | | |
//!
//! What comes in another state than Running waits there, see `waiting`: ends, restarts that are due, commands, and the parent's
//! wish to end, in the order in which they came.

use super::action::{Action, End};
use super::backoff::{Backoff, Setbacks};
use super::children::{ChildKey, Children, Wait};
use super::commands::CommandError;
use super::dynamic::DynamicChildren;
use super::input::{Input, RequestId, StartNumber, StartOutcome, Timer, TimerPurpose, UnexpectedInput};
use super::intensity::RestartWindow;
use super::named::{NamedChildren, Place};
use super::report::Report;
use super::spec::{AutoShutdown, ChildSpec, Strategy, SupervisorSpec};
use super::stop::{Leaving, Together};
use super::waiting::{Waiting, Work};
use crate::limits::SUPERVISOR_WORK_PAGE;
use crate::process::{ExitReason, ProcessId};
use crate::random::SplitMix64;

/// A supervisor: it keeps its children as its spec says, and knows neither time nor threads. `handle` takes what happens and
/// says what to do.
#[derive(Debug)]
pub struct Supervisor<S> {
    pub(super) strategy: Strategy,
    pub(super) auto_shutdown: AutoShutdown,
    pub(super) backoff: Option<Backoff>,
    pub(super) children: Children<S>,
    pub(super) window: RestartWindow,
    pub(super) waiting: Waiting<S>,
    pub(super) state: State<S>,
    /// The last number that a start or a timer was given.
    number: u64,
    /// Whether `Action::Continue` has been asked for and has not come back.
    continues: bool,
    /// How often a child was restarted.
    pub(super) restarts: u64,
    /// The last process that took the place of another one, until somebody asks.
    pub(super) restarted: Option<(ProcessId, ProcessId)>,
}

#[derive(Debug)]
pub(super) enum State<S> {
    Created,
    Starting { start: StartNumber, place: Place },
    Running,
    Adding { start: StartNumber, request: RequestId, child: Added<S> },
    Restarting { start: StartNumber, child: Restarted<S> },
    Terminating { leaving: Leaving, then: Then },
    Stopping { stop: Stopping, end: End },
    Ended,
}

/// A child that a command starts.
#[derive(Debug)]
pub(super) enum Added<S> {
    /// One that becomes a child if it starts.
    New(Box<ChildSpec<S>>),
    Dynamic(S),
    /// One that is there without a process.
    Known(Place),
}

/// A child that is started again.
#[derive(Debug)]
pub(super) enum Restarted<S> {
    One(Place),
    /// One of a group; those behind it follow.
    OfGroup(Place, Group),
    /// A dynamic one, by the process that it was.
    Dynamic {
        last: ProcessId,
        what: S,
        setbacks: Setbacks,
    },
}

/// Children that are restarted together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// The one for which they are.
    pub(super) origin: Place,
    /// The first of them.
    pub(super) from: Place,
    /// Whether the wait before the restart is over.
    pub(super) waited: bool,
}

/// What follows when a child has been terminated.
#[derive(Debug)]
pub(super) enum Then {
    Answer(RequestId),
    Restart(Group),
}

#[derive(Debug)]
pub(super) enum Stopping {
    /// This child has been asked; those before it follow.
    InTurn(Leaving),
    Together(Together),
}

/// When something happens, and where to say what follows.
pub(super) struct Moment<'a, S> {
    pub(super) now_ms: u64,
    pub(super) random: SplitMix64,
    actions: &'a mut Vec<Action<S>>,
}

impl<S> Moment<'_, S> {
    pub(super) fn act(&mut self, action: Action<S>) {
        self.actions.push(action);
    }

    pub(super) fn report(&mut self, report: Report) {
        self.actions.push(Action::Report(report));
    }

    pub(super) fn cancel(&mut self, timer: Option<Timer>) {
        self.actions.extend(timer.map(Action::Cancel));
    }
}

impl<S> State<S> {
    fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting { .. } => "starting",
            Self::Running => "running",
            Self::Adding { .. } => "adding",
            Self::Restarting { .. } => "restarting",
            Self::Terminating { .. } => "terminating",
            Self::Stopping { .. } => "stopping",
            Self::Ended => "ended",
        }
    }

    /// The start that is waited for.
    fn start(&self) -> Option<StartNumber> {
        match self {
            Self::Starting { start, .. } | Self::Adding { start, .. } | Self::Restarting { start, .. } => {
                Some(*start)
            }
            _ => None,
        }
    }

    /// The child that is being made to end, where it is one after the other.
    fn leaving(&mut self) -> Option<&mut Leaving> {
        match self {
            Self::Terminating { leaving, .. } | Self::Stopping { stop: Stopping::InTurn(leaving), .. } => {
                Some(leaving)
            }
            _ => None,
        }
    }
}

impl<S: Clone> Supervisor<S> {
    /// A supervisor that has not started its children yet. Refuses a spec that `SupervisorSpec::check` refuses.
    pub fn new(spec: SupervisorSpec<S>) -> Result<Self, super::SpecError> {
        spec.check()?;
        Ok(Self {
            strategy: spec.strategy,
            auto_shutdown: spec.auto_shutdown,
            backoff: spec.backoff,
            window: RestartWindow::new(spec.intensity, spec.period_ms),
            children: Children::new(spec),
            waiting: Waiting::new(),
            state: State::Created,
            number: 0,
            continues: false,
            restarts: 0,
            restarted: None,
        })
    }

    /// Takes what happens at `now_ms`, on a clock that never goes back, and adds to `actions` what to do. `random` is any number:
    /// it spreads waits before restarts. An input that cannot be changes nothing and is returned as an error.
    pub fn handle(
        &mut self,
        input: Input<S>,
        now_ms: u64,
        random: u64,
        actions: &mut Vec<Action<S>>,
    ) -> Result<(), UnexpectedInput> {
        let moment = &mut Moment { now_ms, random: SplitMix64::new(random), actions };
        match input {
            Input::Start => self.start(moment)?,
            Input::Started { start, outcome } => self.started(start, outcome, moment)?,
            Input::Exited { process, reason } => self.exited(process, reason, moment),
            Input::Due(timer) => self.due(timer, moment),
            Input::Command { request, command } => {
                if matches!(self.state, State::Ended) {
                    moment.act(Action::Answer { request, answer: Err(CommandError::Ended) });
                } else if !self.waiting.command(request, command) {
                    moment.act(Action::Answer { request, answer: Err(CommandError::Overloaded) });
                }
            }
            Input::Stop(reason) => match self.state {
                State::Created => self.finish(End::Stopped(reason), moment),
                State::Ended => {}
                _ => self.waiting.stop(reason),
            },
            Input::Continue => {
                self.continues = false;
                self.stop_more(moment);
            }
        }
        self.work(moment);
        Ok(())
    }

    /// In which state it is, in one word.
    pub fn state(&self) -> &'static str {
        self.state.name()
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// The spec from which a dynamic supervisor makes its children.
    pub fn template(&self) -> Option<&ChildSpec<S>> {
        match &self.children {
            Children::Named(_) => None,
            Children::Dynamic(dynamic) => Some(dynamic.template()),
        }
    }

    fn start(&mut self, moment: &mut Moment<'_, S>) -> Result<(), UnexpectedInput> {
        if !matches!(self.state, State::Created) {
            return Err(UnexpectedInput { state: self.state.name(), input: "a second start" });
        }
        let first = match &self.children {
            Children::Named(named) => named.first_from(Place::FIRST),
            Children::Dynamic(_) => None,
        };
        self.start_first(first, moment);
        Ok(())
    }

    fn started(
        &mut self,
        start: StartNumber,
        outcome: StartOutcome,
        moment: &mut Moment<'_, S>,
    ) -> Result<(), UnexpectedInput> {
        if self.state.start() != Some(start) {
            return Err(UnexpectedInput { state: self.state.name(), input: "the outcome of another start" });
        }
        if let StartOutcome::Process(process) = outcome
            && self.children.key_of(process).is_some()
        {
            return Err(UnexpectedInput {
                state: self.state.name(),
                input: "a process that is its child already",
            });
        }
        match std::mem::replace(&mut self.state, State::Running) {
            State::Starting { place, .. } => self.first_started(place, outcome, moment),
            State::Adding { request, child, .. } => self.added(request, child, outcome, moment),
            State::Restarting { child, .. } => self.restarted(child, outcome, moment),
            _ => unreachable!("only these wait for a start"),
        }
        Ok(())
    }

    fn exited(&mut self, process: ProcessId, reason: ExitReason, moment: &mut Moment<'_, S>) {
        let Some(key) = self.children.key_of(process) else { return };
        if self.state.leaving().is_some_and(|leaving| leaving.process == process) {
            return self.terminated(reason, moment);
        }
        match self.state {
            State::Stopping { stop: Stopping::Together(_), .. } => {
                self.left_together(process, reason, moment)
            }
            State::Running if self.waiting.is_empty() => self.child_ended(key, reason, moment),
            _ => self.waiting.exit(process, reason),
        }
    }

    fn due(&mut self, timer: Timer, moment: &mut Moment<'_, S>) {
        match timer.purpose {
            TimerPurpose::Shutdown => self.time_is_over(timer, moment),
            TimerPurpose::Restart(key) => {
                if self.children.wait_mut(key).is_some_and(|wait| wait.came(timer)) {
                    self.waiting.restart(Work::Resume(timer));
                }
            }
        }
    }

    /// Does what has waited, until something has to be waited for. What is more than a page goes on when others had their turn.
    fn work(&mut self, moment: &mut Moment<'_, S>) {
        for _ in 0..SUPERVISOR_WORK_PAGE {
            if !matches!(self.state, State::Running) {
                return;
            }
            let Some(work) = self.waiting.next() else { return };
            self.work_on(work, moment);
        }
        if matches!(self.state, State::Running) && !self.waiting.is_empty() {
            self.continue_later(moment);
        }
    }

    fn work_on(&mut self, work: Work<S>, moment: &mut Moment<'_, S>) {
        match work {
            Work::Exit(process) => {
                // None of both where the child was terminated before its end was looked at.
                let child = self.children.key_of(process);
                if let (Some(key), Some(reason)) = (child, self.waiting.take_exit(process)) {
                    self.child_ended(key, reason, moment);
                }
            }
            Work::TryAgain(key) => {
                if self.children.wait(key) == Some(Wait::Turn) {
                    self.restart(key, moment);
                }
            }
            Work::Resume(timer) => {
                if let TimerPurpose::Restart(key) = timer.purpose
                    && self.children.wait(key) == Some(Wait::Over(timer))
                {
                    self.start_again(key, moment);
                }
            }
            Work::Command(request, command) => self.serve(request, command, moment),
            Work::Stop(reason) => self.stop(End::Stopped(reason), moment),
        }
    }

    /// Asks to be called again, unless that has been asked for.
    pub(super) fn continue_later(&mut self, moment: &mut Moment<'_, S>) {
        if !std::mem::replace(&mut self.continues, true) {
            moment.act(Action::Continue);
        }
    }

    /// Asks for a start.
    pub(super) fn ask_start(
        &mut self,
        id: super::ChildId,
        what: S,
        moment: &mut Moment<'_, S>,
    ) -> StartNumber {
        let start = StartNumber(self.next_number());
        moment.act(Action::Start { start, id, what });
        start
    }

    /// Asks for the start of a child that is there.
    pub(super) fn ask_start_of(&mut self, place: Place, moment: &mut Moment<'_, S>) -> StartNumber {
        let spec = &self.named().child(place).spec;
        let (id, what) = (spec.id.clone(), spec.start.clone());
        self.ask_start(id, what, moment)
    }

    pub(super) fn arm(&mut self, purpose: TimerPurpose, after_ms: u64, moment: &mut Moment<'_, S>) -> Timer {
        let timer = Timer { number: self.next_number(), purpose };
        moment.act(Action::Arm { timer, after_ms });
        timer
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Notes that a child runs, and says so.
    pub(super) fn runs(&mut self, place: Place, process: ProcessId, moment: &mut Moment<'_, S>) {
        self.named_mut().set_running(place, process);
        moment.report(Report::ChildStarted(self.children.reported(ChildKey::Named(place))));
    }

    /// A process has taken the place of another one.
    pub(super) fn replaced(&mut self, process: ProcessId, instead_of: ProcessId) {
        self.restarts += 1;
        self.restarted = Some((process, instead_of));
    }

    pub(super) fn named(&self) -> &NamedChildren<S> {
        match &self.children {
            Children::Named(named) => named,
            Children::Dynamic(_) => unreachable!("a dynamic supervisor has no places"),
        }
    }

    pub(super) fn named_mut(&mut self) -> &mut NamedChildren<S> {
        match &mut self.children {
            Children::Named(named) => named,
            Children::Dynamic(_) => unreachable!("a dynamic supervisor has no places"),
        }
    }

    pub(super) fn dynamic_mut(&mut self) -> &mut DynamicChildren<S> {
        match &mut self.children {
            Children::Dynamic(dynamic) => dynamic,
            Children::Named(_) => unreachable!("only a dynamic supervisor keeps children by process"),
        }
    }
}
