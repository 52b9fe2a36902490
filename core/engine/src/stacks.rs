//! Stacks of running handlers: a look at an actor asks for one, a thread of the host's that has nothing else to do tells it.
//!
//! Only the host can read its own threads, and the thread that runs the handler is busy with it. So the host gives a thread
//! that waits here. An engine whose host gives none has no stacks, and nobody waits for them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use everact_kernel::Bounded;
use everact_kernel::address::{ActivationId, TurnId};
use everact_kernel::error::{ErrorCode, Failure};
use everact_kernel::limits::bounds::StacksWanted;
use everact_kernel::limits::{CRASH_STACK_BYTES_MAX, STACK_WAIT_MS};

use crate::sync::{Condvar, Mutex};

/// A stack that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackWanted {
    /// Names the question in its answer.
    pub question: u64,
    /// Whose handler it is.
    pub activation: ActivationId,
    /// The open turn.
    pub turn: TurnId,
}

/// Where stacks are asked for and told.
#[derive(Default)]
pub struct Stacks {
    desk: Mutex<Desk>,
    wanted: Condvar,
}

#[derive(Default)]
struct Desk {
    questions: Bounded<VecDeque<Question>, StacksWanted>,
    last: u64,
    /// A thread of the host's has come here.
    served: bool,
    ended: bool,
}

struct Question {
    wanted: StackWanted,
    taken: bool,
    answer: Arc<Answer>,
}

/// What one thread waits for.
#[derive(Default)]
struct Answer {
    text: Mutex<Option<String>>,
    came: Condvar,
}

impl Stacks {
    /// Asks for the stack of a turn's handler. `None` if no host tells any, too many are asked for, or it took too long.
    pub(crate) fn ask(&self, activation: ActivationId, turn: TurnId) -> Option<String> {
        let answer = Arc::new(Answer::default());
        let mut desk = self.desk.lock();
        if !desk.served || desk.ended {
            return None;
        }
        desk.last += 1;
        let question = desk.last;
        let wanted = StackWanted { question, activation, turn };
        desk.questions.add(Question { wanted, taken: false, answer: answer.clone() }).ok()?;
        drop(desk);
        self.wanted.notify_one();
        let mut text = answer.text.lock();
        if text.is_none() {
            // It wakes for the answer or when the time is over, and for nothing else.
            answer.came.wait_for(&mut text, Duration::from_millis(STACK_WAIT_MS));
        }
        let told = text.take();
        drop(text);
        self.take_away(question);
        told.filter(|text| !text.is_empty())
    }

    /// A stack that somebody wants, if one is asked for within `timeout`. Only a thread that has nothing else to do may wait.
    ///
    /// # Errors
    /// `Closed`: the engine has ended and asks no more.
    pub fn next(&self, timeout: Duration) -> Result<Option<StackWanted>, Failure> {
        let mut desk = self.desk.lock();
        desk.served = true;
        let found = desk.take();
        if found.is_some() || desk.ended {
            return desk.said(found);
        }
        self.wanted.wait_for(&mut desk, timeout);
        let found = desk.take();
        desk.said(found)
    }

    /// Tells a stack, in the order of the host's language; empty if there is none. One that nobody waits for any more is dropped, of
    /// one that is longer than `limits::CRASH_STACK_BYTES_MAX` the beginning is kept.
    pub fn tell(&self, question: u64, stack: &str) {
        let Some(answer) = self.take_away(question) else { return };
        let end = stack.floor_char_boundary(CRASH_STACK_BYTES_MAX);
        *answer.text.lock() = Some(stack[..end].to_owned());
        answer.came.notify_one();
    }

    /// Lets the host's thread go: the engine has ended, or the host is about to.
    pub fn end(&self) {
        self.desk.lock().ended = true;
        self.wanted.notify_one();
    }

    fn take_away(&self, question: u64) -> Option<Arc<Answer>> {
        self.desk.lock().questions.shrink(|questions| {
            let at = questions.iter().position(|asked| asked.wanted.question == question)?;
            questions.remove(at).map(|asked| asked.answer)
        })
    }
}

impl Desk {
    /// The first question that no thread has taken.
    fn take(&mut self) -> Option<StackWanted> {
        self.questions.shrink(|questions| {
            let first = questions.iter_mut().find(|asked| !asked.taken)?;
            first.taken = true;
            Some(first.wanted)
        })
    }

    fn said(&self, found: Option<StackWanted>) -> Result<Option<StackWanted>, Failure> {
        if self.ended { Err(Failure::plain(ErrorCode::Closed)) } else { Ok(found) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use everact_kernel::limits::STACKS_WANTED_MAX;

    use super::*;

    const WHO: (ActivationId, TurnId) = (ActivationId(7), TurnId(9));
    const SOON: Duration = Duration::from_secs(10);

    fn served() -> Arc<Stacks> {
        let stacks = Arc::new(Stacks::default());
        assert_eq!(stacks.next(Duration::ZERO), Ok(None));
        stacks
    }

    #[test]
    fn without_a_thread_of_the_host_nobody_waits() {
        assert_eq!(Stacks::default().ask(WHO.0, WHO.1), None);
    }

    #[test]
    fn what_the_host_tells_comes_to_who_asked() {
        let stacks = served();
        let host = std::thread::spawn({
            let stacks = stacks.clone();
            move || {
                let wanted = stacks.next(SOON).expect("open").expect("asked");
                assert_eq!((wanted.activation, wanted.turn), WHO);
                stacks.tell(wanted.question, &"é".repeat(CRASH_STACK_BYTES_MAX));
            }
        });
        let told = stacks.ask(WHO.0, WHO.1).expect("told");
        assert_eq!(told, "é".repeat(CRASH_STACK_BYTES_MAX / 2));
        host.join().expect("no panic");
    }

    #[test]
    fn a_question_that_is_not_answered_is_over_in_time_and_its_answer_is_dropped() {
        let stacks = served();
        assert_eq!(stacks.ask(WHO.0, WHO.1), None);
        assert_eq!(stacks.next(Duration::ZERO), Ok(None));
        stacks.tell(1, "late");
        assert!(stacks.desk.lock().questions.is_empty());
    }

    #[test]
    fn more_questions_than_the_bound_go_without() {
        let stacks = served();
        let asking: Vec<_> = (0..STACKS_WANTED_MAX)
            .map(|_| {
                let stacks = stacks.clone();
                std::thread::spawn(move || stacks.ask(WHO.0, WHO.1))
            })
            .collect();
        let mut taken = Vec::new();
        while taken.len() < STACKS_WANTED_MAX {
            taken.extend(stacks.next(SOON).expect("open"));
        }
        assert_eq!(stacks.ask(WHO.0, WHO.1), None);
        taken.iter().for_each(|wanted| stacks.tell(wanted.question, "here"));
        for asked in asking {
            asked.join().expect("no panic");
        }
    }

    #[test]
    fn the_end_lets_the_thread_go() {
        let stacks = served();
        let host = std::thread::spawn({
            let stacks = stacks.clone();
            move || stacks.next(SOON)
        });
        stacks.end();
        assert_eq!(host.join().expect("no panic").map_err(|failure| failure.code), Err(ErrorCode::Closed));
        assert_eq!(stacks.ask(WHO.0, WHO.1), None);
    }
}
