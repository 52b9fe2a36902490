//! The programs of processes on ractor.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent, call};
use tokio::sync::mpsc::UnboundedSender;

use crate::processes::Library;

pub struct Ractor;

/// An actor that only has a state and a way to handle messages.
trait Plain: Send + Sync + Sized + 'static {
    type Message: Send + 'static;

    fn handle(&mut self, message: Self::Message) -> impl Future<Output = ()> + Send;
}

struct Runs<P>(PhantomData<P>);

impl<P: Plain> Actor for Runs<P> {
    type Msg = P::Message;
    type State = P;
    type Arguments = P;

    async fn pre_start(&self, _: ActorRef<Self::Msg>, state: P) -> Result<P, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut P,
    ) -> Result<(), ActorProcessingErr> {
        state.handle(message).await;
        Ok(())
    }
}

async fn start<P: Plain>(state: P) -> ActorRef<P::Message> {
    Actor::spawn(None, Runs(PhantomData), state).await.expect("the actor starts").0
}

struct Idle;

impl Plain for Idle {
    type Message = ();

    async fn handle(&mut self, (): ()) {}
}

struct Sink {
    left: u64,
    whom: UnboundedSender<()>,
}

struct One;

impl Plain for Sink {
    type Message = One;

    async fn handle(&mut self, _: One) {
        self.left -= 1;
        if self.left == 0 {
            self.whom.send(()).expect("it waits");
        }
    }
}

struct Source(ActorRef<One>);

impl Plain for Source {
    type Message = u64;

    async fn handle(&mut self, count: u64) {
        for _ in 0..count {
            self.0.cast(One).expect("it lives");
        }
    }
}

struct Member {
    next: Option<ActorRef<Pass>>,
    whom: UnboundedSender<()>,
}

enum Pass {
    Next(ActorRef<Pass>),
    Hop(u64),
}

impl Plain for Member {
    type Message = Pass;

    async fn handle(&mut self, message: Pass) {
        match (message, &self.next) {
            (Pass::Next(next), _) => self.next = Some(next),
            (Pass::Hop(left), Some(next)) if left > 0 => next.cast(Pass::Hop(left - 1)).expect("it lives"),
            _ => self.whom.send(()).expect("it waits"),
        }
    }
}

struct Asked;

enum Ask {
    Value(u64, RpcReplyPort<u64>),
}

impl Plain for Asked {
    type Message = Ask;

    async fn handle(&mut self, Ask::Value(value, reply): Ask) {
        reply.send(value).expect("it waits");
    }
}

struct Asker(ActorRef<Ask>);

struct AskAll(u64, UnboundedSender<()>);

impl Plain for Asker {
    type Message = AskAll;

    async fn handle(&mut self, all: AskAll) {
        for _ in 0..all.0 {
            call!(self.0, Ask::Value, 1).expect("it lives");
        }
        all.1.send(()).expect("it waits");
    }
}

type Up = UnboundedSender<ActorRef<()>>;

struct Child;

impl Actor for Child {
    type Msg = ();
    type State = Up;
    type Arguments = Up;

    async fn pre_start(&self, _: ActorRef<()>, whom: Up) -> Result<Up, ActorProcessingErr> {
        Ok(whom)
    }

    async fn post_start(&self, itself: ActorRef<()>, whom: &mut Up) -> Result<(), ActorProcessingErr> {
        // Nobody waits for the last one.
        let _ = whom.send(itself);
        Ok(())
    }
}

/// Restarts its child, which here is its own code's to do.
struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = Up;
    type Arguments = Up;

    async fn pre_start(&self, itself: ActorRef<()>, whom: Up) -> Result<Up, ActorProcessingErr> {
        Actor::spawn_linked(None, Child, whom.clone(), itself.into()).await?;
        Ok(whom)
    }

    async fn handle_supervisor_evt(
        &self,
        itself: ActorRef<()>,
        event: SupervisionEvent,
        whom: &mut Up,
    ) -> Result<(), ActorProcessingErr> {
        if matches!(event, SupervisionEvent::ActorTerminated(..) | SupervisionEvent::ActorFailed(..)) {
            Actor::spawn_linked(None, Child, whom.clone(), itself.into()).await?;
        }
        Ok(())
    }
}

impl Library for Ractor {
    type Idle = ActorRef<()>;
    type Child = ActorRef<()>;

    async fn idle() -> Self::Idle {
        start(Idle).await
    }

    async fn tells(count: u64, whom: UnboundedSender<()>) {
        start(Source(start(Sink { left: count, whom }).await)).await.cast(count).expect("it lives");
    }

    async fn ring(size: usize, hops: u64, whom: UnboundedSender<()>) -> impl FnOnce() + Send {
        let first = start(Member { next: None, whom: whom.clone() }).await;
        let mut last = first.clone();
        for _ in 1..size {
            last = start(Member { next: Some(last), whom: whom.clone() }).await;
        }
        first.cast(Pass::Next(last)).expect("it lives");
        move || first.cast(Pass::Hop(hops)).expect("it lives")
    }

    async fn pair(asks: u64, whom: UnboundedSender<()>) {
        start(Asker(start(Asked).await)).await.cast(AskAll(asks, whom)).expect("it lives");
    }

    async fn supervisor(whom: UnboundedSender<Self::Child>) -> impl Send {
        Actor::spawn(None, Supervisor, whom).await.expect("it starts").0
    }

    fn kill(child: Self::Child) {
        child.kill();
    }

    async fn timers(count: usize, after: Duration) -> Duration {
        let to = start(Idle).await;
        let mut held = Vec::new();
        let started = Instant::now();
        for _ in 0..count {
            held.push(to.send_after(after, || ()));
        }
        started.elapsed()
    }
}
