//! What V8 tells of an isolate that N-API does not: it can be interrupted wherever its JavaScript is, and its frames be read there.
//!
//! Node exports V8's symbols to its addons. They are looked up by name, so that a Node that lacks one has no stacks and nothing worse;
//! and only in those releases whose V8 hands out handles as these declarations say.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use napi::sys;

/// Frames of a stack at most.
const FRAMES_MAX: c_int = 30;
/// Line, column, script and function of a frame.
const DETAILED: c_int = 0x7f;
/// A name of a function or script is cut after so many bytes.
const NAME_BYTES_MAX: usize = 256;
/// Major versions of Node whose V8 was looked at.
const NODES: [u32; 3] = [20, 22, 24];

/// An isolate, for V8 alone to look into.
pub(crate) type Isolate = *mut c_void;
/// What runs on the isolate's thread.
pub(crate) type Interrupt = extern "C" fn(isolate: Isolate, data: *mut c_void);
/// A handle in the current scope: where its value is kept. N-API's values are the same.
type Handle = *mut c_void;

/// The functions of V8 that are needed.
pub(crate) struct V8 {
    current_isolate: unsafe extern "C" fn() -> Isolate,
    request_interrupt: unsafe extern "C" fn(Isolate, Interrupt, *mut c_void),
    current_stack: unsafe extern "C" fn(Isolate, c_int, c_int) -> Handle,
    frame_count: unsafe extern "C" fn(Handle) -> c_int,
    frame: unsafe extern "C" fn(Handle, Isolate, u32) -> Handle,
    function_name: unsafe extern "C" fn(Handle) -> Handle,
    script_name: unsafe extern "C" fn(Handle) -> Handle,
    /// Line and column from 0 on, in the halves of one word.
    location: unsafe extern "C" fn(Handle) -> u64,
}

/// A function of the program by the name that C++ gave it.
///
/// # Safety
/// `F` must be the type of a pointer to that function.
unsafe fn function<F>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the name ends with a zero; the default scope is the program's.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr().cast::<c_char>()) };
    // SAFETY: both are pointers of one size; the caller knows the type.
    (!found.is_null()).then(|| unsafe { std::mem::transmute_copy(&found) })
}

impl V8 {
    /// What there is of it in this program, which is a Node of that major version.
    pub(crate) fn of_node(major: u32) -> Option<&'static Self> {
        static FOUND: OnceLock<Option<V8>> = OnceLock::new();
        FOUND.get_or_init(|| NODES.contains(&major).then(Self::find).flatten()).as_ref()
    }

    fn find() -> Option<Self> {
        // SAFETY: the types are those of V8's headers. A member function takes its object first, and a handle is one pointer that
        // is passed and returned in a register, as the C++ ABI of these platforms has it for trivially copyable classes.
        unsafe {
            Some(Self {
                current_isolate: function(c"_ZN2v87Isolate10GetCurrentEv")?,
                request_interrupt: function(c"_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_")?,
                current_stack: function(
                    c"_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE",
                )?,
                frame_count: function(c"_ZNK2v810StackTrace13GetFrameCountEv")?,
                frame: function(c"_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj")?,
                function_name: function(c"_ZNK2v810StackFrame15GetFunctionNameEv")?,
                script_name: function(c"_ZNK2v810StackFrame24GetScriptNameOrSourceURLEv")?,
                location: function(c"_ZNK2v810StackFrame11GetLocationEv")?,
            })
        }
    }

    /// The isolate of the calling thread.
    pub(crate) fn current(&self) -> Isolate {
        // SAFETY: it has no conditions; without an isolate it answers null.
        unsafe { (self.current_isolate)() }
    }

    /// Has something run on the isolate's thread as soon as that is in JavaScript.
    ///
    /// # Safety
    /// The isolate lives during the call. `run` frees `data`.
    pub(crate) unsafe fn interrupt(&self, isolate: Isolate, run: Interrupt, data: *mut c_void) {
        // SAFETY: V8 allows this call from any thread.
        unsafe { (self.request_interrupt)(isolate, run, data) }
    }

    /// The frames of the JavaScript that was interrupted, the innermost first, as a stack of JavaScript's has them; without those of
    /// Node and of the module `own` that called the rest.
    ///
    /// # Safety
    /// Within an interrupt of the isolate, whose environment `env` is.
    pub(crate) unsafe fn stack(&self, isolate: Isolate, env: sys::napi_env, own: &str) -> String {
        let mut lines: Vec<(bool, String)> = Vec::new();
        // SAFETY: V8 opens a scope for handles around an interrupt; no JavaScript runs here.
        unsafe {
            let stack = (self.current_stack)(isolate, FRAMES_MAX, DETAILED);
            if stack.is_null() {
                return String::new();
            }
            for at in 0..(self.frame_count)(stack) {
                let frame = (self.frame)(stack, isolate, at as u32);
                let function = text(env, (self.function_name)(frame).cast());
                let script = text(env, (self.script_name)(frame).cast());
                let place = (self.location)(frame);
                let (line, column) = ((place as u32).wrapping_add(1), ((place >> 32) as u32).wrapping_add(1));
                let theirs = script != own && !script.starts_with("node:");
                lines.push((
                    theirs,
                    match function.as_str() {
                        "" => format!("    at {script}:{line}:{column}"),
                        name => format!("    at {name} ({script}:{line}:{column})"),
                    },
                ));
            }
        }
        let end = lines.iter().rposition(|(theirs, _)| *theirs).map_or(0, |at| at + 1);
        lines.truncate(end);
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }
}

/// A value that is text; else nothing.
///
/// # Safety
/// On the environment's thread, in a scope in which the value lives.
pub(crate) unsafe fn text(env: sys::napi_env, value: sys::napi_value) -> String {
    let mut bytes = [0_u8; NAME_BYTES_MAX];
    let mut written = 0;
    if value.is_null() {
        return String::new();
    }
    // SAFETY: as the caller says; the room is as long as said.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), bytes.len(), &mut written)
    };
    match status {
        sys::Status::napi_ok => String::from_utf8_lossy(&bytes[..written]).into_owned(),
        _ => String::new(),
    }
}
