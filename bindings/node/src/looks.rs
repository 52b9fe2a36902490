//! Looks at the JavaScript of an isolate from another thread: which turn's handler runs, and its stack.
//!
//! JavaScript says in words that it shares which turn's handler it has called; a thread may read them at any time. For a stack it has
//! the isolate interrupted, and what runs there reads the words, the turn's names and the frames. An isolate that waits for something
//! has no JavaScript to interrupt: then nobody answers, and the look is over when its time is.

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, sys};

use crate::engine_frames::{Isolate, V8, text};
use crate::lane;

/// How long an isolate that runs JavaScript may take to answer.
const ANSWER_MS_MAX: u64 = 250;

/// A handler that runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Kind, key and handler; empty where it is not known whose JavaScript runs.
    pub(crate) who: String,
    pub(crate) stack: String,
}

/// What other threads may use of an isolate, as long as it lives.
struct Living {
    v8: &'static V8,
    isolate: Isolate,
    words: *const u32,
}

// SAFETY: V8 takes interrupts from any thread; the words are read as atomics. Both are used under the lock that takes them away.
unsafe impl Send for Living {}

/// An isolate as other threads see it.
#[derive(Clone, Default)]
pub(crate) struct Looks(Arc<Mutex<Option<Living>>>);

/// What the isolate's own thread needs for an answer.
struct Own {
    env: sys::napi_env,
    /// The object that names the turn which runs.
    running: sys::napi_ref,
    /// The module that calls handlers.
    module: String,
    looks: Looks,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// Begins to let other threads look: `running.context` is the turn that the words name.
pub(crate) fn allow(env: &Env, words: *const u32, running: &Object<'_>, module: String) -> napi::Result<()> {
    let mut reference = null_mut();
    // SAFETY: the environment's own thread, with a value of it.
    let status = unsafe { sys::napi_create_reference(env.raw(), running.raw(), 1, &mut reference) };
    napi::check_status!(status)?;
    let looks = Looks::default();
    if let Some(v8) = V8::of_node(env.get_node_version()?.major) {
        *looks.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Living { v8, isolate: v8.current(), words });
    }
    OWN.set(Some(Own { env: env.raw(), running: reference, module, looks }));
    Ok(())
}

/// The isolate ends: no thread looks any more.
pub(crate) fn end() {
    if let Some(own) = OWN.take() {
        *own.looks.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// How other threads look at this isolate.
pub(crate) fn of_this_isolate() -> Looks {
    OWN.with_borrow(|own| own.as_ref().map(|own| own.looks.clone())).unwrap_or_default()
}

/// A look on its way.
#[derive(Default)]
struct Question {
    turn: u64,
    answer: Mutex<Answer>,
    came: Condvar,
}

#[derive(Default)]
struct Answer {
    seen: Option<Seen>,
    is_over: bool,
}

impl Looks {
    /// The turn whose handler runs now, 0 for none; nothing where nobody may look.
    pub(crate) fn turn(&self) -> Option<u64> {
        let living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words = living.as_ref()?.words;
        // SAFETY: the array lives until `end`, which waits for the lock; JavaScript writes whole words.
        let [low, high] = [lane::RUNNING_AT, lane::RUNNING_AT + 1]
            .map(|at| unsafe { AtomicU32::from_ptr(words.add(at).cast_mut()) }.load(Ordering::Relaxed));
        Some(crate::convert::id(low, high))
    }

    /// What runs for a turn: its handler, or JavaScript of which nobody has said whose it is; without a stack where another turn's
    /// handler runs. Nothing where no JavaScript runs.
    pub(crate) fn look(&self, turn: u64) -> Option<Seen> {
        let question = Arc::new(Question { turn, ..Question::default() });
        {
            let living = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let living = living.as_ref()?;
            let data = Arc::into_raw(question.clone()).cast_mut().cast::<c_void>();
            // SAFETY: the isolate lives until `end`, which waits for the lock; `answer` takes the question back.
            unsafe { living.v8.interrupt(living.isolate, answer, data) };
        }
        let waiting = question.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let time = Duration::from_millis(ANSWER_MS_MAX);
        let until = |answer: &mut Answer| answer.seen.is_none();
        let (mut answer, _) =
            question.came.wait_timeout_while(waiting, time, until).unwrap_or_else(PoisonError::into_inner);
        answer.is_over = true;
        answer.seen.take()
    }
}

/// On the isolate's thread, in the middle of its JavaScript, none of which runs here.
extern "C" fn answer(isolate: Isolate, data: *mut c_void) {
    // SAFETY: `look` gave it away for this one call.
    let question = unsafe { Arc::from_raw(data.cast::<Question>()) };
    let mut answer = question.answer.lock().unwrap_or_else(PoisonError::into_inner);
    if !answer.is_over {
        // A panic must not go on into V8.
        let seen = std::panic::catch_unwind(|| seen(isolate, question.turn));
        answer.seen = Some(seen.ok().flatten().unwrap_or_default());
        question.came.notify_one();
    }
}

fn seen(isolate: Isolate, turn: u64) -> Option<Seen> {
    let runs = lane::running();
    OWN.with_borrow(|own| {
        let own = own.as_ref()?;
        if runs != 0 && runs != turn {
            return None;
        }
        let v8 = own.looks.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.v8;
        // SAFETY: within an interrupt of this isolate, whose environment it is.
        let stack = unsafe { v8.stack(isolate, own.env, &own.module) };
        // SAFETY: as above; the members are plain fields, so that no JavaScript runs.
        let who = if runs == 0 { String::new() } else { unsafe { own.who() } };
        Some(Seen { who, stack })
    })
}

impl Own {
    /// Kind, key and handler of the turn that runs.
    ///
    /// # Safety
    /// On the isolate's thread, in a scope for handles.
    unsafe fn who(&self) -> String {
        let mut running = null_mut();
        // SAFETY: the reference is this environment's.
        if unsafe { sys::napi_get_reference_value(self.env, self.running, &mut running) }
            != sys::Status::napi_ok
        {
            return String::new();
        }
        // SAFETY: as the caller says.
        let text_at = |path: &[&std::ffi::CStr]| unsafe {
            let mut value = running;
            for name in path {
                value = member(self.env, value, name.as_ptr());
            }
            text(self.env, value)
        };
        let kind = text_at(&[c"context", c"activation", c"kind", c"name"]);
        let key = text_at(&[c"context", c"activation", c"key"]);
        let handler = text_at(&[c"context", c"handler", c"name"]);
        format!("{kind}/{key} {handler}")
    }
}

/// A member of an object; null where there is none.
///
/// # Safety
/// On the environment's thread, in a scope for handles.
unsafe fn member(env: sys::napi_env, object: sys::napi_value, name: *const c_char) -> sys::napi_value {
    let mut value = null_mut();
    if object.is_null() {
        return value;
    }
    // SAFETY: as the caller says.
    match unsafe { sys::napi_get_named_property(env, object, name, &mut value) } {
        sys::Status::napi_ok => value,
        _ => null_mut(),
    }
}
