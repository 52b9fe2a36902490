//! The counter on ractor.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};

use crate::Counter;

struct RactorCounter;

pub enum Ask {
    Add(i64, RpcReplyPort<i64>),
}

impl Actor for RactorCounter {
    type Msg = Ask;
    type State = i64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Ask>, (): ()) -> Result<i64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Ask>,
        message: Ask,
        value: &mut i64,
    ) -> Result<(), ActorProcessingErr> {
        let Ask::Add(amount, reply) = message;
        *value += amount;
        reply.send(*value)?;
        Ok(())
    }
}

#[derive(Clone)]
pub struct Handle(ActorRef<Ask>);

impl Counter for Handle {
    async fn start() -> Self {
        let (actor, _) = Actor::spawn(None, RactorCounter, ()).await.expect("the actor starts");
        Self(actor)
    }

    async fn add(&self, amount: i64) -> i64 {
        call!(self.0, Ask::Add, amount).expect("the actor lives")
    }
}
