//! The thread on which programs run: it starts them, passes their output on and tells how they ended.

use std::collections::HashMap;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use everact_kernel::limits::PROGRAM_LINE_BYTES_MAX;
use everact_kernel::process::{ExitReason, ProcessId};
use everact_kernel::program::{Order, Output, Program, StopSignal};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::{Runner, failed, not_started};
use crate::call::Call;
use crate::machine::Machine;

/// How long what a program has written before its end is still read: another program may hold its output open.
const LAST_WORDS: Duration = Duration::from_secs(1);

type Orders = UnboundedSender<(ProcessId, Order)>;

/// Takes orders to a thread that begins with the first of them.
pub(super) fn runner(machine: Weak<Machine>) -> Runner {
    let orders: OnceLock<Orders> = OnceLock::new();
    Box::new(move |process, order| {
        let orders = orders.get_or_init(|| {
            let (sender, receiver) = unbounded_channel();
            let machine = machine.clone();
            let begin = move || run(machine, receiver);
            // Without a thread the receiver is gone, and orders are not taken.
            let _ = std::thread::Builder::new().name("everact-programs".to_owned()).spawn(begin);
            sender
        });
        orders.send((process, order)).is_ok()
    })
}

/// Takes orders until the machine is gone; what still runs then is killed.
fn run(machine: Weak<Machine>, mut orders: UnboundedReceiver<(ProcessId, Order)>) {
    let built = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let Ok(runtime) = built else { return };
    runtime.block_on(async move {
        let mut running: HashMap<ProcessId, UnboundedSender<Order>> = HashMap::new(); // bound: processes_max
        while let Some((process, order)) = orders.recv().await {
            match order {
                Order::Start(program) => {
                    running.retain(|_, watched| !watched.is_closed());
                    let (sender, receiver) = unbounded_channel();
                    running.insert(process, sender);
                    tokio::spawn(watch(machine.clone(), process, program, receiver));
                }
                order => {
                    // One that has ended meanwhile takes no more orders.
                    let _ = running.get(&process).map(|watched| watched.send(order));
                }
            }
        }
    });
}

/// Runs one program to its end.
async fn watch(
    machine: Weak<Machine>,
    process: ProcessId,
    program: Arc<Program>,
    mut orders: UnboundedReceiver<Order>,
) {
    let mut child = match start(&program) {
        Ok(child) => child,
        Err(error) => {
            let name = program.command.first().map_or("", String::as_str);
            return ended(&machine, process, not_started(&format!("{name}: {error}")));
        }
    };
    let pid = child.id();
    let out = read(child.stdout.take(), "stdout", &machine, process, &program);
    let err = read(child.stderr.take(), "stderr", &machine, process, &program);
    if let Some(machine) = machine.upgrade() {
        machine.program_started(process);
    }
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            order = orders.recv() => match order {
                Some(Order::Stop(signal)) => ask_to_end(pid, signal, &mut child),
                Some(Order::Start(_)) => {}
                // Its process has ended, or the machine is gone.
                Some(Order::Kill) | None => kill(pid, &mut child),
            }
        }
    };
    for reader in [out, err].into_iter().flatten() {
        let _ = tokio::time::timeout(LAST_WORDS, reader).await;
    }
    let reason = match status {
        Ok(status) => reason_of(status),
        Err(error) => failed("ProgramLost", &error.to_string()),
    };
    ended(&machine, process, reason);
}

fn ended(machine: &Weak<Machine>, process: ProcessId, reason: ExitReason) {
    if let Some(machine) = machine.upgrade() {
        machine.program_ended(process, reason);
    }
}

fn start(program: &Program) -> std::io::Result<Child> {
    let (name, arguments) = program.command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(name);
    command.args(arguments).envs(program.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(directory) = &program.directory {
        command.current_dir(directory);
    }
    // A group of its own: what it starts is killed with it, and a terminal's interrupt is the engine's alone.
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

/// Zero is a normal end; anything else, a signal among it, is a failure.
fn reason_of(status: ExitStatus) -> ExitReason {
    match status.success() {
        true => ExitReason::Normal,
        false => failed("ProgramFailed", &status.to_string()),
    }
}

#[cfg(unix)]
fn unix(pid: Option<u32>) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(pid?).ok()?)
}

/// The program itself is asked, as it knows what to do with those that it has started.
#[cfg(unix)]
fn ask_to_end(pid: Option<u32>, signal: StopSignal, _: &mut Child) {
    use rustix::process::Signal;
    let signal = match signal {
        StopSignal::Terminate => Signal::TERM,
        StopSignal::Interrupt => Signal::INT,
        StopSignal::Hangup => Signal::HUP,
        StopSignal::Quit => Signal::QUIT,
    };
    if let Some(pid) = unix(pid) {
        // One that has ended needs no signal.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A kill is for all of its group: nobody is left to end the others.
#[cfg(unix)]
fn kill(pid: Option<u32>, _: &mut Child) {
    if let Some(pid) = unix(pid) {
        // A group that is gone needs no signal.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn ask_to_end(pid: Option<u32>, _: StopSignal, child: &mut Child) {
    kill(pid, child);
}

#[cfg(not(unix))]
fn kill(_: Option<u32>, child: &mut Child) {
    // One that has ended needs no kill.
    let _ = child.start_kill();
}

/// Reads lines until the end of the output. A longer line than `PROGRAM_LINE_BYTES_MAX` comes in pieces.
fn read<R>(
    from: Option<R>,
    stream: &'static str,
    machine: &Weak<Machine>,
    process: ProcessId,
    program: &Arc<Program>,
) -> Option<JoinHandle<()>>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let (machine, program) = (machine.clone(), program.clone());
    let mut reader = BufReader::new(from?);
    Some(tokio::spawn(async move {
        let mut line = Vec::new();
        loop {
            line.clear();
            let most = PROGRAM_LINE_BYTES_MAX as u64;
            let read = (&mut reader).take(most).read_until(b'\n', &mut line).await;
            if !read.is_ok_and(|bytes| bytes > 0) {
                return;
            }
            while line.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
                line.pop();
            }
            let Some(machine) = machine.upgrade() else { return };
            machine.program_said(process, program.output.as_ref(), stream, &String::from_utf8_lossy(&line));
        }
    }))
}

impl Machine {
    fn program_started(&self, process: ProcessId) {
        self.tell_of_program(process, |shard, now, out| shard.program_started(process, now, out));
    }

    fn program_ended(&self, process: ProcessId, reason: ExitReason) {
        self.tell_of_program(process, |shard, now, out| shard.program_ended(process, reason, now, out));
    }

    fn program_said(&self, process: ProcessId, to: Option<&Output>, stream: &str, line: &str) {
        let Some(to) = to else {
            return tracing::info!(target: "everact::program", process = process.0, stream, line);
        };
        let said = json!({ "process": process.0.to_string(), "stream": stream, "line": line }).to_string();
        let mut call = Call::new(0, false);
        if !self.tell_named(&to.name, &to.handler, said.as_bytes(), &mut call) {
            tracing::warn!(target: "everact::program", process = process.0, name = &*to.name, line, "nobody takes it");
        }
        self.host().lane.push(&mut call.events);
    }
}
