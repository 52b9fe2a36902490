//! The host: objects of activations, turns that are open, and what becomes of an object when a turn fails.

use std::collections::{BTreeMap, BTreeSet};

use everact::address::{ActivationId, AskId, TurnId};

/// An actor's live object: the operations that it has seen.
#[derive(Debug)]
pub struct Object {
    pub seen: Vec<u64>,
}

/// A turn that waits in a chain of asks.
pub type Waiting = (TurnId, ActivationId);

/// A turn that the host runs.
#[derive(Debug)]
pub struct Open {
    pub turn: TurnId,
    pub activation: ActivationId,
    pub read_only: bool,
    pub nested: bool,
    /// What it does; nothing is a hook.
    pub operation: Option<u64>,
    /// Which run of the operation it is.
    pub run: u32,
    /// The newest operation that the object had seen when it began.
    pub saw: Option<u64>,
    /// What it still has to ask.
    pub to_ask: Vec<u64>,
    /// What it waits for.
    pub asked: BTreeSet<AskId>,
    pub cancelled: bool,
    /// Operations of turns nested in it.
    pub adopted: Vec<u64>,
    /// The turns that wait for it, the newest first.
    pub chain: Vec<Waiting>,
}

#[derive(Debug, Default)]
pub struct Host {
    pub objects: BTreeMap<u64, Object>,
    pub open: Vec<Open>,
    /// Turns that are over, to be completed once more.
    pub finished: Vec<TurnId>,
}

impl Host {
    pub fn object(&mut self, activation: ActivationId) -> Option<&mut Object> {
        self.objects.get_mut(&activation.0)
    }

    pub fn forget(&mut self, activation: ActivationId) {
        self.objects.remove(&activation.0);
    }

    pub fn cancel(&mut self, turn: TurnId) {
        if let Some(at) = self.position(turn) {
            self.open[at].cancelled = true;
        }
    }

    pub fn answered(&mut self, turn: TurnId, ask: AskId) {
        if let Some(at) = self.position(turn) {
            self.open[at].asked.remove(&ask);
        }
    }

    pub fn position(&self, turn: TurnId) -> Option<usize> {
        self.open.iter().position(|open| open.turn == turn)
    }

    /// A turn begins: with which open ones it overlaps against the rules.
    pub fn check_overlap(&self, new: &Open) -> Result<(), String> {
        let mut beside = self.open.iter().filter(|open| open.activation == new.activation);
        let clash = match (new.nested, new.read_only) {
            (true, _) => None,
            (false, true) => beside.find(|open| !open.read_only),
            (false, false) => beside.next(),
        };
        match clash {
            Some(open) => Err(format!("{new:?} overlaps with {open:?}")),
            None => Ok(()),
        }
    }

    /// Operations of an object that no open turn has to do with any more.
    pub fn settled(&self, activation: ActivationId) -> Vec<u64> {
        let open = self.open.iter().filter(|open| open.activation == activation);
        let unsettled: Vec<u64> =
            open.flat_map(|open| open.adopted.iter().copied().chain(open.operation)).collect();
        let seen = self.objects.get(&activation.0).map_or(&[][..], |object| &object.seen);
        seen.iter().copied().filter(|number| !unsettled.contains(number)).collect()
    }

    /// A nested turn's operations belong to the turn that waits for it on the same activation.
    pub fn adopt(&mut self, nested: &Open) {
        let outer = nested.chain.iter().find(|(_, activation)| *activation == nested.activation);
        let outer = outer.and_then(|(turn, _)| self.position(*turn));
        if let Some(at) = outer {
            self.open[at].adopted.extend(nested.operation);
            self.open[at].adopted.extend(&nested.adopted);
        }
    }

    /// A turn failed: its object goes on as if it had not been.
    pub fn put_back(&mut self, failed: &Open) {
        let Some(object) = self.objects.get_mut(&failed.activation.0) else { return };
        for number in failed.adopted.iter().copied().chain(failed.operation) {
            // The newest one: what asks again may have taken effect before.
            if let Some(at) = object.seen.iter().rposition(|seen| *seen == number) {
                object.seen.remove(at);
            }
        }
    }
}
