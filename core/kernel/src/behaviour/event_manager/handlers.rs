//! The handlers of an event manager, in the order of visits, and the processes that supervise them.

use super::task::{Answer, Left, Output, Types};
use crate::bounded::Bounded;
use crate::limits::EVENT_HANDLERS_MAX;
use crate::limits::bounds::EventHandlers;

/// A handler; its state is the host's.
#[derive(Debug)]
pub(super) struct Handler<T: Types> {
    pub(super) id: T::Id,
    /// The process with whose exit it leaves.
    pub(super) supervisor: Option<T::Process>,
}

impl<T: Types> Handler<T> {
    /// Tells its supervisor how it left.
    pub(super) fn tell(self, left: Left<T>, outputs: &mut Vec<Output<T>>) {
        if let Some(process) = self.supervisor {
            outputs.push(Output::Tell { process, handler: self.id, left });
        }
    }
}

/// Those that are in, the newest first.
#[derive(Debug)]
pub(super) struct Handlers<T: Types> {
    held: Bounded<Vec<Handler<T>>, EventHandlers>,
    /// Supervisors that are watched, each once.
    watched: Bounded<Vec<T::Process>, EventHandlers>,
    /// Whether a handler came or left since `watched` was right.
    changed: bool,
}

impl<T: Types> Default for Handlers<T> {
    fn default() -> Self {
        Self { held: Bounded::default(), watched: Bounded::default(), changed: false }
    }
}

impl<T: Types> Handlers<T> {
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &T::Id> {
        self.held.iter().map(|handler| &handler.id)
    }

    pub(super) fn id(&self, at: usize) -> &T::Id {
        &self.held[at].id
    }

    pub(super) fn supervisor(&self, at: usize) -> Option<&T::Process> {
        self.held[at].supervisor.as_ref()
    }

    pub(super) fn find(&self, id: &T::Id) -> Option<usize> {
        self.ids().position(|held| held == id)
    }

    /// Why a new handler cannot come in, in place of `old` if there is one.
    pub(super) fn refuses(&self, new: &T::Id, old: Option<&T::Id>) -> Option<Answer<T>> {
        if self.find(new).is_some() && old != Some(new) {
            return Some(Answer::AlreadyThere);
        }
        let makes_room = old.is_some_and(|old| self.find(old).is_some());
        (self.len() >= EVENT_HANDLERS_MAX && !makes_room).then_some(Answer::Full)
    }

    pub(super) fn insert(&mut self, at: usize, handler: Handler<T>) {
        assert!(self.len() < EVENT_HANDLERS_MAX, "what was accepted has room");
        self.held.insert(at, handler);
        self.changed = true;
    }

    pub(super) fn take_at(&mut self, at: usize) -> Handler<T> {
        self.changed = true;
        self.held.remove(at)
    }

    pub(super) fn take(&mut self, id: &T::Id) -> Option<(usize, Handler<T>)> {
        let at = self.find(id)?;
        Some((at, self.take_at(at)))
    }

    pub(super) fn take_first(&mut self) -> Option<Handler<T>> {
        (self.len() > 0).then(|| self.take_at(0))
    }

    /// Takes out the first handler of a supervisor from this place on.
    pub(super) fn take_supervised(
        &mut self,
        process: &T::Process,
        from: usize,
    ) -> Option<(usize, Handler<T>)> {
        let at = (from..self.len()).find(|at| self.supervisor(*at) == Some(process))?;
        Some((at, self.take_at(at)))
    }

    /// A watched process is gone.
    pub(super) fn forget(&mut self, process: &T::Process) {
        self.watched.retain(|watched| watched != process);
    }

    /// Watches the supervisors of what is in, and no others.
    pub(super) fn watch(&mut self, outputs: &mut Vec<Output<T>>) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        for process in self.held.iter().filter_map(|handler| handler.supervisor.as_ref()) {
            if !self.watched.contains(process) {
                outputs.push(Output::Watch { process: process.clone() });
                self.watched.push(process.clone());
            }
        }
        let held = &self.held;
        self.watched.retain(|process| {
            let supervises = held.iter().any(|handler| handler.supervisor.as_ref() == Some(process));
            if !supervises {
                outputs.push(Output::Unwatch { process: process.clone() });
            }
            supervises
        });
    }
}
