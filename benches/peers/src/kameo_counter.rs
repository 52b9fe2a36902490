//! The counter on kameo.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::message::{Context, Message};

use crate::Counter;

#[derive(Actor, Default)]
pub struct KameoCounter {
    value: i64,
}

pub struct Add(i64);

impl Message<Add> for KameoCounter {
    type Reply = i64;

    async fn handle(&mut self, message: Add, _: &mut Context<Self, Self::Reply>) -> i64 {
        self.value += message.0;
        self.value
    }
}

#[derive(Clone)]
pub struct Handle(ActorRef<KameoCounter>);

impl Counter for Handle {
    async fn start() -> Self {
        Self(KameoCounter::spawn(KameoCounter::default()))
    }

    async fn add(&self, amount: i64) -> i64 {
        self.0.ask(Add(amount)).await.expect("the actor lives")
    }
}
