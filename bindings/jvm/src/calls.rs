//! The exports: each checks, converts and calls the function of the same name in `everact_boundary::calls`.
//!
//! Addresses are of buffers from `memory`, each held by exactly one Java thread (`dev.everact.internal.Port`) for the length of a
//! call; the core copies what it keeps before it returns.

use everact_boundary::calls;
use jni_sys::{JNIEnv, jclass, jint, jlong};

use crate::convert::{lent, lent_mut};
use crate::error::{INTERNAL, INVALID_ARGUMENT, guard};
use crate::stack;

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_abiVersion(_: *mut JNIEnv, _: jclass) -> jint {
    guard(-1, || calls::abi_version() as jint)
}

/// Opens an engine; its handle comes in the first 8 bytes of `out`, a failure as a FAILURE record there.
#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_open(
    _: *mut JNIEnv,
    _: jclass,
    config: jlong,
    config_bytes: jint,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds both buffers.
        let (Some(config), Some(out)) =
            (unsafe { lent(config, config_bytes) }, unsafe { lent_mut(out, out_bytes) })
        else {
            return INVALID_ARGUMENT;
        };
        let mut engine = 0_u64;
        let result = calls::open(config, None, out, &mut engine);
        match out.first_chunk_mut::<8>() {
            Some(room) if result >= 0 => *room = engine.to_ne_bytes(),
            None if result >= 0 => return INVALID_ARGUMENT,
            _ => {}
        }
        result
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_exchange(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    commands: jlong,
    commands_bytes: jint,
    out: jlong,
    out_bytes: jint,
    turns_max: jint,
    flags: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds both buffers, and they do not overlap.
        let (Some(commands), Some(out)) =
            (unsafe { lent(commands, commands_bytes) }, unsafe { lent_mut(out, out_bytes) })
        else {
            return INVALID_ARGUMENT;
        };
        // Near the end of its stack a thread could not end the turn that it began.
        let (turns_max, flags) = if stack::is_short() { (0, 0) } else { (turns_max, flags) };
        calls::exchange(engine as u64, commands, out, turns_max as u32, flags as u32)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_poll(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    out: jlong,
    out_bytes: jint,
    timeout_ms: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds the buffer.
        let Some(out) = (unsafe { lent_mut(out, out_bytes) }) else { return INVALID_ARGUMENT };
        calls::poll(engine as u64, out, timeout_ms as u32)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_blob(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    id: jlong,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds the buffer.
        let Some(out) = (unsafe { lent_mut(out, out_bytes) }) else { return INVALID_ARGUMENT };
        calls::blob(engine as u64, id as u64, out)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_describe(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    topic: jlong,
    topic_bytes: jint,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds both buffers, and they do not overlap.
        let (Some(topic), Some(out)) =
            (unsafe { lent(topic, topic_bytes) }, unsafe { lent_mut(out, out_bytes) })
        else {
            return INVALID_ARGUMENT;
        };
        calls::describe(engine as u64, topic, out)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_stackNext(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    timeout_ms: jint,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds the buffer.
        let Some(out) = (unsafe { lent_mut(out, out_bytes) }) else { return INVALID_ARGUMENT };
        calls::stack_next(engine as u64, timeout_ms as u32, out)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_stackTell(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    question: jlong,
    stack: jlong,
    stack_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds the buffer.
        let Some(stack) = (unsafe { lent(stack, stack_bytes) }) else { return INVALID_ARGUMENT };
        calls::stack_tell(engine as u64, question as u64, stack)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_backup(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    path: jlong,
    path_bytes: jint,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds both buffers, and they do not overlap.
        let (Some(path), Some(out)) =
            (unsafe { lent(path, path_bytes) }, unsafe { lent_mut(out, out_bytes) })
        else {
            return INVALID_ARGUMENT;
        };
        calls::backup(engine as u64, path, out)
    })
}

/// `paths` holds both folders back to back: `from_bytes` of the first, the rest is the second.
#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_restore(
    _: *mut JNIEnv,
    _: jclass,
    paths: jlong,
    from_bytes: jint,
    paths_bytes: jint,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds both buffers, and they do not overlap.
        let (Some(paths), Some(out)) =
            (unsafe { lent(paths, paths_bytes) }, unsafe { lent_mut(out, out_bytes) })
        else {
            return INVALID_ARGUMENT;
        };
        let Some((from, into)) = usize::try_from(from_bytes).ok().and_then(|at| paths.split_at_checked(at))
        else {
            return INVALID_ARGUMENT;
        };
        calls::restore(from, into, out)
    })
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_close(
    _: *mut JNIEnv,
    _: jclass,
    engine: jlong,
    deadline_ms: jint,
) -> jlong {
    guard(INTERNAL, || calls::close(engine as u64, deadline_ms as u32))
}

#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_free(_: *mut JNIEnv, _: jclass, engine: jlong) -> jlong {
    guard(INTERNAL, || calls::free(engine as u64))
}

/// A test hook: the core panics on purpose.
#[unsafe(no_mangle)]
extern "system" fn Java_dev_everact_internal_Native_provokePanic(
    _: *mut JNIEnv,
    _: jclass,
    out: jlong,
    out_bytes: jint,
) -> jlong {
    guard(INTERNAL, || {
        // SAFETY: the module's first words: the calling thread holds the buffer.
        let Some(out) = (unsafe { lent_mut(out, out_bytes) }) else { return INVALID_ARGUMENT };
        calls::provoke_panic(out)
    })
}
