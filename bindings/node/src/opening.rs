//! An engine, or a connection to one, on its way to a lane.
//!
//! It opens on a thread of its own: reading a store or waiting for another machine may take seconds, and libuv's few threads
//! serve the whole process.

use std::thread;

use everact_boundary::calls::{self, Bell};
use everact_boundary::layout::OUT_BYTES_MIN;
use napi::bindgen_prelude::{Either, Function, Object};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};

use crate::error::CoreFailure;
use crate::lane;

/// The bell: weak, so that an idle engine does not keep the process alive; one kick waits at most.
type Kick = ThreadsafeFunction<(), (), (), Status, false, true, 1>;

/// An engine that no lane has yet. Where the isolate ends before it gets one, it closes.
struct Opened(u64);

impl Opened {
    /// Gives the engine to a lane of this isolate; the result is the lane's number.
    fn settle(self, env: Env) -> Result<u32> {
        let number = lane::add(self.0);
        std::mem::forget(self);
        env.add_env_cleanup_hook(number, lane::abandon)?;
        Ok(number)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        lane::shut(self.0);
    }
}

/// Opens what the configuration describes; the promise resolves to the lane's number or a failure.
pub(crate) fn begin<'env>(
    env: &'env Env,
    config: String,
    bell: Function<'_, (), ()>,
) -> Result<Object<'env>> {
    let kick = bell.build_threadsafe_function::<()>().weak::<true>().max_queue_size::<1>().build()?;
    let (deferred, promise) = env.create_deferred()?;
    thread::Builder::new().name("everact-open".to_owned()).spawn(move || {
        let opened = open(&config, kick);
        deferred.resolve(move |env| match opened {
            Ok(engine) => Ok(Either::A(engine.settle(env)?)),
            Err(failure) => Ok(Either::B(failure)),
        });
    })?;
    Ok(promise)
}

fn open(config: &str, kick: Kick) -> std::result::Result<Opened, CoreFailure> {
    let bell: Bell = Box::new(move || {
        // A full queue means that a kick is on its way, a closing one that nobody listens any more.
        let _ = kick.call((), ThreadsafeFunctionCallMode::NonBlocking);
    });
    let mut out = vec![0; OUT_BYTES_MIN];
    let mut engine = 0;
    let result = calls::open(config.as_bytes(), Some(bell), &mut out, &mut engine);
    if result < 0 { Err(CoreFailure::read(result, &out)) } else { Ok(Opened(engine)) }
}
