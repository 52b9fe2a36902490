//! The programs of processes on kameo.

use std::time::{Duration, Instant};

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use tokio::sync::mpsc::UnboundedSender;

use crate::processes::Library;

pub struct Kameo;

#[derive(Actor, Default)]
pub struct Idle;

struct Late;

impl Message<Late> for Idle {
    type Reply = ();

    async fn handle(&mut self, _: Late, _: &mut Context<Self, ()>) {}
}

#[derive(Actor)]
struct Sink {
    left: u64,
    whom: UnboundedSender<()>,
}

struct One;

impl Message<One> for Sink {
    type Reply = ();

    async fn handle(&mut self, _: One, _: &mut Context<Self, ()>) {
        self.left -= 1;
        if self.left == 0 {
            self.whom.send(()).expect("it waits");
        }
    }
}

#[derive(Actor)]
struct Source(ActorRef<Sink>);

struct TellAll(u64);

impl Message<TellAll> for Source {
    type Reply = ();

    async fn handle(&mut self, all: TellAll, _: &mut Context<Self, ()>) {
        for _ in 0..all.0 {
            self.0.tell(One).await.expect("it lives");
        }
    }
}

#[derive(Actor)]
struct Member {
    next: Option<ActorRef<Member>>,
    whom: UnboundedSender<()>,
}

struct Next(ActorRef<Member>);
struct Hop(u64);

impl Message<Next> for Member {
    type Reply = ();

    async fn handle(&mut self, next: Next, _: &mut Context<Self, ()>) {
        self.next = Some(next.0);
    }
}

impl Message<Hop> for Member {
    type Reply = ();

    async fn handle(&mut self, Hop(left): Hop, _: &mut Context<Self, ()>) {
        match &self.next {
            Some(next) if left > 0 => next.tell(Hop(left - 1)).await.expect("it lives"),
            _ => self.whom.send(()).expect("it waits"),
        }
    }
}

#[derive(Actor)]
struct Asked;

struct Value(u64);

impl Message<Value> for Asked {
    type Reply = u64;

    async fn handle(&mut self, value: Value, _: &mut Context<Self, u64>) -> u64 {
        value.0
    }
}

#[derive(Actor)]
struct Asker(ActorRef<Asked>);

struct AskAll(u64, UnboundedSender<()>);

impl Message<AskAll> for Asker {
    type Reply = ();

    async fn handle(&mut self, all: AskAll, _: &mut Context<Self, ()>) {
        for _ in 0..all.0 {
            self.0.ask(Value(1)).await.expect("it lives");
        }
        all.1.send(()).expect("it waits");
    }
}

#[derive(Actor)]
struct Supervisor;

pub struct Child;

impl Actor for Child {
    type Args = UnboundedSender<ActorRef<Self>>;
    type Error = Infallible;

    async fn on_start(whom: Self::Args, itself: ActorRef<Self>) -> Result<Self, Infallible> {
        // Nobody waits for the last one.
        let _ = whom.send(itself);
        Ok(Self)
    }
}

fn start<A: Actor<Args = A>>(actor: A) -> ActorRef<A> {
    A::spawn_with_mailbox(actor, mailbox::unbounded())
}

impl Library for Kameo {
    type Idle = ActorRef<Idle>;
    type Child = ActorRef<Child>;

    async fn idle() -> Self::Idle {
        start(Idle)
    }

    async fn tells(count: u64, whom: UnboundedSender<()>) {
        let source = start(Source(start(Sink { left: count, whom })));
        source.tell(TellAll(count)).await.expect("it lives");
    }

    async fn ring(size: usize, hops: u64, whom: UnboundedSender<()>) -> impl FnOnce() + Send {
        let first = start(Member { next: None, whom: whom.clone() });
        let mut last = first.clone();
        for _ in 1..size {
            last = start(Member { next: Some(last), whom: whom.clone() });
        }
        first.ask(Next(last)).await.expect("it lives");
        move || first.tell(Hop(hops)).try_send().expect("it lives")
    }

    async fn pair(asks: u64, whom: UnboundedSender<()>) {
        start(Asker(start(Asked))).tell(AskAll(asks, whom)).await.expect("it lives");
    }

    async fn supervisor(whom: UnboundedSender<Self::Child>) -> impl Send {
        let supervisor = start(Supervisor);
        let child = Child::supervise(&supervisor, whom).restart_limit(1_000_000, Duration::from_secs(1));
        (child.spawn_with_mailbox(mailbox::unbounded()).await, supervisor)
    }

    fn kill(child: Self::Child) {
        child.kill();
    }

    async fn timers(count: usize, after: Duration) -> Duration {
        let to = start(Idle);
        let mut held = Vec::new();
        let started = Instant::now();
        for _ in 0..count {
            held.push(to.tell(Late).send_after(after));
        }
        started.elapsed()
    }
}
