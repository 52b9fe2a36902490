//! An event manager with the semantics of OTP's `gen_event`: one process, many handlers, each of which sees every event.
//!
//! | the manager is | means | leaves it by |
//! | --- | --- | --- |
//! | Idle | the mailbox's next task is wanted | `receive` -> Busy, or Idle where nothing has to run |
//! | Busy, Handle | the host runs a handler for an event or a call | `complete` -> the next handler; Terminate where this one leaves; Idle |
//! | Busy, Terminate | the host runs the last callback of a handler that is out | `complete` -> Init of its successor; the next handler; Idle; Ended |
//! | Busy, Init | the host runs the first callback of a handler that is not in yet | `complete` -> the next handler; Idle |
//! | Ended | it was stopped and all handlers are out | |
//!
//! One task is worked on at a time. Handlers are visited the newest first. One that fails, asks to be removed or swaps itself
//! leaves in the middle of a visit, and the others see the event all the same.
//!
//! Three things differ from OTP (25.2), on purpose. An id is in use once: OTP adds a second handler under the same id, of which
//! calls and removals reach only the newer. A handler that could not be started in place of another is reported with its
//! error, where OTP says `crash`. A supervisor is watched while it has handlers; OTP keeps its link.

mod handlers;
mod task;

#[cfg(test)]
mod tests;

use handlers::{Handler, Handlers};
pub use task::{Answer, Farewell, Left, Outcome, Output, Predecessor, Refusal, Swap, Task, Types, Work};

/// What every handler is visited for.
#[derive(Debug)]
enum Occasion<T: Types> {
    Event(T::Content),
    Info(T::Content),
    Exit { process: T::Process, reason: T::Reason },
}

/// The task that is worked on.
#[derive(Debug)]
enum Job<T: Types> {
    Visit {
        occasion: Occasion<T>,
        caller: Option<T::Caller>,
    },
    Call {
        query: T::Content,
        caller: T::Caller,
        answer: Option<Answer<T>>,
    },
    Add {
        caller: T::Caller,
    },
    Remove {
        caller: T::Caller,
    },
    Swap {
        caller: T::Caller,
    },
    /// Handlers of a supervisor that exited leave; then the others are visited.
    Exit {
        process: T::Process,
        reason: T::Reason,
    },
    Stop {
        caller: Option<T::Caller>,
    },
}

/// Why a handler leaves.
#[derive(Debug)]
enum Why<T: Types> {
    Asked(T::Content),
    Swapped(Swap<T>, Option<T::Process>),
    Removed,
    Failed(T::Error),
    SupervisorExited,
    Stopped,
}

/// The callback that is due. `at` is the place in the order of visits that the handler has, had or will have.
#[derive(Debug)]
enum Step<T: Types> {
    Handle { at: usize },
    Terminate { at: usize, handler: Handler<T>, why: Why<T> },
    Init { at: usize, handler: Handler<T>, args: T::Content, predecessor: Predecessor<T> },
}

#[derive(Debug)]
enum Phase<T: Types> {
    Idle { hibernate: bool },
    Busy { job: Job<T>, step: Step<T>, hibernate: bool },
    Ended,
}

/// The manager.
#[derive(Debug)]
pub struct EventManager<T: Types> {
    handlers: Handlers<T>,
    phase: Phase<T>,
}

impl<T: Types> Default for EventManager<T> {
    fn default() -> Self {
        Self { handlers: Handlers::default(), phase: Phase::Idle { hibernate: false } }
    }
}

impl<T: Types> EventManager<T> {
    /// Ids of the handlers that are in, the newest first.
    pub fn handlers(&self) -> impl Iterator<Item = &T::Id> {
        self.handlers.ids()
    }

    /// What the host has to do next.
    pub fn work(&self) -> Work<'_, T> {
        let (job, step) = match &self.phase {
            Phase::Idle { hibernate } => return Work::Wait { hibernate: *hibernate },
            Phase::Ended => return Work::Ended,
            Phase::Busy { job, step, .. } => (job, step),
        };
        match (step, job) {
            (Step::Handle { at }, Job::Visit { occasion, .. }) => {
                let handler = self.handlers.id(*at);
                match occasion {
                    Occasion::Event(event) => Work::Event { handler, event },
                    Occasion::Info(message) => Work::Info { handler, message },
                    Occasion::Exit { process, reason } => Work::Exit { handler, process, reason },
                }
            }
            (Step::Handle { at }, Job::Call { query, .. }) => {
                Work::Call { handler: self.handlers.id(*at), query }
            }
            (Step::Handle { .. }, _) => unreachable!("only events and calls are handled"),
            (Step::Init { handler, args, predecessor, .. }, _) => {
                Work::Init { handler: &handler.id, args, predecessor }
            }
            (Step::Terminate { handler, why, .. }, _) => {
                let why = match (why, job) {
                    (Why::Asked(args), _) | (Why::Swapped(Swap { args, .. }, _), _) => Farewell::Asked(args),
                    (Why::Removed, _) => Farewell::Removed,
                    (Why::Failed(error), _) => Farewell::Failed(error),
                    (Why::SupervisorExited, Job::Exit { reason, .. }) => Farewell::SupervisorExited(reason),
                    (Why::SupervisorExited, _) => unreachable!("a supervisor's exit is a task of its own"),
                    (Why::Stopped, _) => Farewell::Stopped,
                };
                Work::Terminate { handler: &handler.id, why }
            }
        }
    }

    /// Hands in the mailbox's next task. Afterwards `work` says what is due.
    ///
    /// # Errors
    /// The task, where the manager is busy or has ended.
    pub fn receive(&mut self, task: Task<T>, outputs: &mut Vec<Output<T>>) -> Result<(), Task<T>> {
        if !matches!(self.phase, Phase::Idle { .. }) {
            return Err(task);
        }
        match task {
            Task::Notify { event, caller } => self.visit(Occasion::Event(event), caller, outputs),
            Task::Info { message } => self.visit(Occasion::Info(message), None, outputs),
            Task::Call { handler, query, caller } => match self.handlers.find(&handler) {
                Some(at) => self.begin(Job::Call { query, caller, answer: None }, Step::Handle { at }),
                None => self.refuse(caller, Answer::NoSuchHandler, outputs),
            },
            Task::Add { handler, args, supervisor, caller } => match self.handlers.refuses(&handler, None) {
                Some(answer) => self.refuse(caller, answer, outputs),
                None => {
                    let handler = Handler { id: handler, supervisor };
                    let step = Step::Init { at: 0, handler, args, predecessor: Predecessor::None };
                    self.begin(Job::Add { caller }, step);
                }
            },
            Task::Remove { handler, args, caller } => match self.handlers.take(&handler) {
                Some((at, handler)) => {
                    self.begin(
                        Job::Remove { caller },
                        Step::Terminate { at, handler, why: Why::Asked(args) },
                    );
                }
                None => self.refuse(caller, Answer::NoSuchHandler, outputs),
            },
            Task::Swap { old, swap, supervisor, caller } => {
                self.swap(&old, swap, supervisor, caller, outputs)
            }
            Task::Exit { process, reason } => {
                self.handlers.forget(&process);
                self.resume(Job::Exit { process, reason }, 0, false, outputs);
            }
            Task::Stop { caller } => self.resume(Job::Stop { caller }, 0, false, outputs),
        }
        Ok(())
    }

    /// Hands in what the callback returned that was due. Afterwards `work` says what is due next.
    ///
    /// # Errors
    /// No callback is due, or this one cannot return this. Nothing has changed; a host then hands in `Outcome::Failed`.
    pub fn complete(&mut self, outcome: Outcome<T>, outputs: &mut Vec<Output<T>>) -> Result<(), Refusal> {
        self.allows(&outcome)?;
        let Phase::Busy { job, step, hibernate } =
            std::mem::replace(&mut self.phase, Phase::Idle { hibernate: false })
        else {
            unreachable!("a callback is due")
        };
        match step {
            Step::Handle { at } => self.handled(job, at, hibernate, outcome, outputs),
            Step::Terminate { at, handler, why } => {
                self.terminated(job, Leaving { at, handler, why }, hibernate, outcome, outputs);
            }
            Step::Init { at, handler, .. } => {
                self.initialized(job, at, handler, hibernate, outcome, outputs);
            }
        }
        Ok(())
    }

    /// Whether an outcome may be handed in now.
    fn allows(&self, outcome: &Outcome<T>) -> Result<(), Refusal> {
        let Phase::Busy { job, step, .. } = &self.phase else { return Err(Refusal::NothingIsDue) };
        let replies = matches!((step, job), (Step::Handle { .. }, Job::Call { .. }));
        let fits = match (step, outcome) {
            (_, Outcome::Failed(_)) => true,
            (Step::Terminate { .. }, outcome) => matches!(outcome, Outcome::Terminated(_)),
            (_, Outcome::Terminated(_)) => false,
            (_, Outcome::Keep { reply, .. }) => reply.is_some() == replies,
            (Step::Init { .. }, _) => false,
            (Step::Handle { .. }, Outcome::Remove { reply } | Outcome::Swap { reply, .. }) => {
                reply.is_some() == replies
            }
        };
        if !fits {
            return Err(Refusal::NotOfThisCallback);
        }
        match (step, outcome) {
            (Step::Handle { at }, Outcome::Swap { swap, .. })
                if self.handlers.find(&swap.new).is_some_and(|other| other != *at) =>
            {
                Err(Refusal::AlreadyThere)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, job: Job<T>, step: Step<T>) {
        self.phase = Phase::Busy { job, step, hibernate: false };
    }

    fn refuse(&mut self, to: T::Caller, answer: Answer<T>, outputs: &mut Vec<Output<T>>) {
        outputs.push(Output::Reply { to, answer });
        self.phase = Phase::Idle { hibernate: false };
    }

    fn visit(&mut self, occasion: Occasion<T>, caller: Option<T::Caller>, outputs: &mut Vec<Output<T>>) {
        self.resume(Job::Visit { occasion, caller }, 0, false, outputs);
    }

    /// A handler takes another's place because somebody asked for it. Without the old one the new one is added.
    fn swap(
        &mut self,
        old: &T::Id,
        swap: Swap<T>,
        supervisor: Option<T::Process>,
        caller: T::Caller,
        outputs: &mut Vec<Output<T>>,
    ) {
        if let Some(answer) = self.handlers.refuses(&swap.new, Some(old)) {
            return self.refuse(caller, answer, outputs);
        }
        let step = match self.handlers.take(old) {
            Some((_, handler)) => {
                let supervisor = supervisor.or_else(|| handler.supervisor.clone());
                // The new one is the newest, not in the place of the old one.
                Step::Terminate { at: 0, handler, why: Why::Swapped(swap, supervisor) }
            }
            None => {
                let handler = Handler { id: swap.new, supervisor };
                Step::Init { at: 0, handler, args: swap.new_args, predecessor: Predecessor::Unknown }
            }
        };
        self.begin(Job::Swap { caller }, step);
    }

    /// Goes on with a task at the handler in this place: finds the next callback, or finishes.
    fn resume(&mut self, job: Job<T>, at: usize, hibernate: bool, outputs: &mut Vec<Output<T>>) {
        let leaves = |at, handler, why| Some(Step::Terminate { at, handler, why });
        let step = match &job {
            Job::Visit { .. } => (at < self.handlers.len()).then_some(Step::Handle { at }),
            Job::Exit { process, .. } => match self.handlers.take_supervised(process, at) {
                Some((at, handler)) => leaves(at, handler, Why::SupervisorExited),
                None => None,
            },
            Job::Stop { .. } => match self.handlers.take_first() {
                Some(handler) => leaves(0, handler, Why::Stopped),
                None => None,
            },
            Job::Call { .. } | Job::Add { .. } | Job::Remove { .. } | Job::Swap { .. } => None,
        };
        match step {
            Some(step) => self.phase = Phase::Busy { job, step, hibernate },
            None => self.finish(job, hibernate, outputs),
        }
    }

    /// The last callback of a task has returned. Those of `Add`, `Remove` and `Swap` have replied.
    fn finish(&mut self, job: Job<T>, hibernate: bool, outputs: &mut Vec<Output<T>>) {
        self.phase = Phase::Idle { hibernate };
        let reply = match job {
            Job::Visit { caller, .. } => caller.map(|to| (to, Answer::Done)),
            Job::Call { caller, answer, .. } => {
                Some((caller, answer.expect("a call that ends has its answer")))
            }
            Job::Exit { process, reason } => {
                self.handlers.watch(outputs);
                return self.visit(Occasion::Exit { process, reason }, None, outputs);
            }
            Job::Stop { caller } => {
                self.phase = Phase::Ended;
                caller.map(|to| (to, Answer::Done))
            }
            Job::Add { .. } | Job::Remove { .. } | Job::Swap { .. } => None,
        };
        self.handlers.watch(outputs);
        outputs.extend(reply.map(|(to, answer)| Output::Reply { to, answer }));
    }

    /// A handler has seen the event or the call.
    fn handled(
        &mut self,
        mut job: Job<T>,
        at: usize,
        hibernate: bool,
        outcome: Outcome<T>,
        outputs: &mut Vec<Output<T>>,
    ) {
        let (why, said) = match outcome {
            Outcome::Keep { reply, hibernate: this } => {
                job.answer_with(reply.map(Answer::Value));
                return self.resume(job, at + 1, hibernate || this, outputs);
            }
            Outcome::Remove { reply } => (Why::Removed, reply.map(Answer::Value)),
            Outcome::Swap { swap, reply } => {
                let supervisor = self.handlers.supervisor(at).cloned();
                (Why::Swapped(swap, supervisor), reply.map(Answer::Value))
            }
            Outcome::Failed(error) => (Why::Failed(error.clone()), Some(Answer::Failed(error))),
            Outcome::Terminated(_) => unreachable!("refused before"),
        };
        job.answer_with(said);
        let handler = self.handlers.take_at(at);
        self.phase = Phase::Busy { job, step: Step::Terminate { at, handler, why }, hibernate };
    }

    /// The last callback of a handler has returned, or failed, which changes nothing of its leaving.
    fn terminated(
        &mut self,
        job: Job<T>,
        Leaving { at, handler, why }: Leaving<T>,
        hibernate: bool,
        outcome: Outcome<T>,
        outputs: &mut Vec<Output<T>>,
    ) {
        let result = match outcome {
            Outcome::Terminated(value) => Ok(value),
            Outcome::Failed(error) => Err(error),
            _ => unreachable!("refused before"),
        };
        let left = match why {
            Why::Asked(_) | Why::Removed => Some(Left::Removed),
            Why::Stopped => Some(Left::Stopped),
            Why::SupervisorExited => None,
            Why::Failed(error) => {
                outputs.push(Output::Report { handler: handler.id.clone(), error: error.clone() });
                Some(Left::Failed(error))
            }
            Why::Swapped(Swap { new, new_args, .. }, supervisor) => {
                let left = Left::Swapped { new: new.clone(), supervisor: supervisor.clone() };
                handler.tell(left, outputs);
                let handler = Handler { id: new, supervisor };
                let step = Step::Init { at, handler, args: new_args, predecessor: Predecessor::Left(result) };
                self.phase = Phase::Busy { job, step, hibernate };
                return;
            }
        };
        if let Some(left) = left {
            handler.tell(left, outputs);
        }
        if let Job::Remove { caller } = job {
            let answer = result.map_or_else(Answer::Failed, Answer::Value);
            self.handlers.watch(outputs);
            return self.refuse(caller, answer, outputs);
        }
        self.resume(job, at, hibernate, outputs);
    }

    /// The first callback of a handler has returned or failed.
    fn initialized(
        &mut self,
        job: Job<T>,
        at: usize,
        handler: Handler<T>,
        hibernate: bool,
        outcome: Outcome<T>,
        outputs: &mut Vec<Output<T>>,
    ) {
        let error = match outcome {
            Outcome::Keep { hibernate: this, .. } => {
                self.handlers.insert(at, handler);
                if let Job::Add { caller } | Job::Swap { caller } = job {
                    self.handlers.watch(outputs);
                    outputs.push(Output::Reply { to: caller, answer: Answer::Done });
                    self.phase = Phase::Idle { hibernate: this };
                    return;
                }
                return self.resume(job, at + 1, hibernate || this, outputs);
            }
            Outcome::Failed(error) => error,
            _ => unreachable!("refused before"),
        };
        if let Job::Add { caller } | Job::Swap { caller } = job {
            self.handlers.watch(outputs);
            return self.refuse(caller, Answer::Failed(error), outputs);
        }
        outputs.push(Output::Report { handler: handler.id.clone(), error: error.clone() });
        handler.tell(Left::Failed(error), outputs);
        self.resume(job, at, hibernate, outputs);
    }
}

/// A handler that is out, whose last callback runs.
struct Leaving<T: Types> {
    at: usize,
    handler: Handler<T>,
    why: Why<T>,
}

impl<T: Types> Job<T> {
    /// Keeps what a call is answered once its handler has left or stays.
    fn answer_with(&mut self, said: Option<Answer<T>>) {
        if let Self::Call { answer, .. } = self {
            *answer = said;
        }
    }
}
