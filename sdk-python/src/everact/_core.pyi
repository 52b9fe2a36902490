"""Types of the compiled core (bindings/python). What it all means is told in docs/reference/boundary.md."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any, TypeAlias, final

Reply: TypeAlias = tuple[int, int, bytes | str] | tuple[int, int, bytes | str, list[tuple[str, bytes]]]
"""An ask's outcome: the ask, 0 or an error's number, the reply's payload or the failure's text, metadata if any."""

@final
class Turn:
    """One message for one actor, handed out to be run now."""

    @property
    def id(self) -> int: ...
    @property
    def activation(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def handler(self) -> int: ...
    @property
    def now_ms(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def ask(self) -> int:
        """The ask that waits for it, or 0."""

    @property
    def revision(self) -> int: ...
    @property
    def remaining_ms(self) -> int: ...
    @property
    def key(self) -> str | None:
        """The actor's key, with an activation's first turn."""

    @property
    def state(self) -> bytes | None:
        """The stored state, with an activation's first turn where there is one."""

    @property
    def received(self) -> bool:
        """No new turn: a message for this one, which is a process' function."""

    @property
    def internal(self) -> bool:
        """An event that a state machine has inserted."""

    @property
    def process(self) -> int | None:
        """The process that it is, with a process's first turn."""

    @property
    def payload(self) -> bytes: ...
    @property
    def metadata(self) -> list[tuple[str, bytes]] | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def sender_is_process(self) -> bool: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def nested(self) -> bool: ...
    @property
    def is_over(self) -> bool:
        """Whether the core has taken the outcome."""
    is_lost: bool
    """Set where whoever ran the turn has lost it; the lane completes it then. Setting needs no room on the stack."""

@final
class Notification:
    """An event that is neither a turn nor a reply."""

    @property
    def name(self) -> str:
        """forget, cancel_turn, receive_timed_out, notice, slow_turn, log or closed."""

    @property
    def id(self) -> int:
        """The activation to forget or the turn to cancel."""

    @property
    def code(self) -> int:
        """Why, as an error's number; a line's level, 1 (error) to 5 (trace)."""

    @property
    def text(self) -> str:
        """The words of a notice or a slow turn; a line as JSON, with `event`, `fields` and `text`."""

Told: TypeAlias = tuple[int, int, str | int, bytes, list[tuple[str, bytes]] | None]
"""A message of a turn: kind, handler, key or process, payload, and what travels beside it."""

Who: TypeAlias = int | tuple[int, str]
"""A process by its number, or an actor by kind and key."""

Caused: TypeAlias = tuple[int, list[Event]]
"""A command's number and what it caused, its reply of that number among it."""

Event: TypeAlias = Turn | Reply | Notification

@final
class Core:
    """One open engine with its loop's lane. All calls belong to the thread that opened it."""

    @staticmethod
    def open(configuration: bytes, bell: int, loop: AbstractEventLoop) -> Core:
        """Opens an engine; 8 bytes go to the file descriptor `bell` when events wait to be polled."""

    def ask(
        self, kind: int, handler: int, key: str, payload: bytes | int, parent: int, /
    ) -> Turn | tuple[int, list[Event]]:
        """Asks with the defaults. A turn: run it now for this ask. A pair: the number of the ask and what it caused.

        A payload may be an integer, which travels as JSON; `OverflowError` for one of more than 64 bits.
        """

    def ask_process(
        self, kind: int, handler: int, process: int, payload: bytes | int, parent: int, /
    ) -> Turn | tuple[int, list[Event]]:
        """The same of a process."""

    def tell_process(
        self, kind: int, handler: int, process: int, payload: bytes | int, parent: int, /
    ) -> list[Event] | None:
        """Tells a process, with the defaults; what that caused."""

    def submit(
        self,
        kind: int,
        handler: int,
        key: str,
        payload: bytes,
        parent: int,
        deadline_ms: int,
        producer: str | None,
        sequence: int,
        idempotency_key: str | None,
        keep_ms: int,
        tell: bool,
        metadata: list[tuple[str, bytes]] | None,
    ) -> Turn | tuple[int, list[Event]]:
        """Asks or tells with all options; the result is that of `ask`."""

    def complete(self, turn: Turn, reply: bytes | int, state: bytes | None, /) -> list[Event] | tuple[()] | None:
        """Completes a turn. None: its own ask has its reply now, and nothing else happened; (): nothing at all yet.

        A reply may be an integer, as an ask's payload may.
        """

    def finish(
        self,
        turn: Turn,
        code: int,
        reply: bytes,
        state: bytes | None,
        tells: list[Told],
        passivate: bool,
        metadata: list[tuple[str, bytes]] | None,
        exit_reason: tuple[int, bytes] | None,
        defer: bool,
        outcome: bytes | None,
        /,
    ) -> list[Event]:
        """Completes a turn with all there may be; with a code, `reply` is the failure's text in UTF-8.

        With `defer` its ask stays open; `outcome` is what a behaviour's callback wants, as JSON.
        """

    def give_up(self, turn: int, leaves: bool, /) -> list[Event]:
        """Completes a turn of which there is only the number left, as failed; its actor may leave memory."""

    def unfinished(self) -> list[tuple[int, int]]:
        """Turns whose objects are gone and that were never completed: their numbers and activations."""

    def cancel(self, ask: int, /) -> list[Event]:
        """The caller no longer waits."""

    def poll(self) -> list[Event]:
        """What waits in the lane; never blocks."""

    def describe(self, topic: str) -> bytes:
        """JSON about a topic."""

    def stack_next(self, timeout_ms: int) -> tuple[int, int, int] | None:
        """Waits for a stack that somebody wants of a running handler: question, activation and turn; None in vain.

        For a thread that has nothing else to do. Raises `Closed` when the engine has ended.
        """

    def stack_tell(self, question: int, stack: str) -> None:
        """Tells a stack that was wanted."""

    def stack_end(self) -> None:
        """Lets the thread go that waits in `stack_next`."""

    def backup(self, folder: str) -> None:
        """Copies the data while work goes on; blocks, without the interpreter's lock."""

    def close(self, deadline_ms: int) -> None:
        """Begins to close; the signal `closed` comes when all is drained or the deadline has passed."""

    def free(self) -> None:
        """Lets go of everything; after `closed`, or to abandon the engine."""

@final
class BoundMethod:
    """A handler of one reference. Called, it asks."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def tell(self, *args: Any, **kwargs: Any) -> Any:
        """Sends the message without waiting for its turn."""

    @property
    def __self__(self) -> Any:
        """The reference."""

    @property
    def __everact_handler__(self) -> Any:
        """The handler's table."""

@final
class Opening:
    """What takes its time to open: a connection."""

    def __new__(cls, configuration: bytes, bell: int) -> Opening: ...
    def run(self) -> None:
        """Opens, on whatever thread can wait for it."""

    def core(self, loop: AbstractEventLoop) -> Core:
        """What was opened, as the calling thread's own."""

def method(function: Callable[..., Any]) -> Any:
    """What stands in a class of references: called on one it is the function, looked up a `BoundMethod`."""

def send(
    core: Core,
    kind: int,
    handler: int,
    to: int | str,
    payload: bytes,
    parent: int,
    deadline_ms: int,
    tell: bool,
    metadata: list[tuple[str, bytes]] | None,
    /,
) -> Caused:
    """Asks or tells a process by its number, or an actor by its key. A tell has the number 0 and no reply."""

def spawn(core: Core, kind: int, argument: bytes, parent: int, link: bool, monitor: int, name: str | None, /) -> Caused:
    """Spawns a process; the reply is its number. A monitor's number of 0 is none."""

def link(core: Core, turn: int, to: Who, /) -> Caused:
    """Links the turn's own to another one."""

def unlink(core: Core, turn: int, to: Who, /) -> Caused:
    """Parts the turn's own from another one."""

def monitor(core: Core, turn: int, to: Who, number: int, /) -> Caused:
    """Watches another one, under a number that is used once."""

def demonitor(core: Core, turn: int, number: int, flush: bool, /) -> Caused:
    """Watches no longer; the reply says whether the watch was on."""

def trap_exits(core: Core, turn: int, on: bool, /) -> Caused:
    """Takes exits as messages, or not; the reply says what held before."""

def exit(  # noqa: A001 (what it does)
    core: Core, turn: int, to: Who, reason: tuple[int, bytes], /
) -> Caused:
    """Sends an exit signal, in a turn's name or from outside."""

def name(core: Core, what: int, name: str, process: int, /) -> Caused:
    """Names and groups: `what` is a code of the boundary's NAME."""

def await_end(core: Core, process: int, /) -> Caused:
    """Waits from outside for the end of a process; the reply, its `Down`, may come later."""

def supervise(core: Core, what: int, json: bytes, turn: int, process: int, /) -> Caused:
    """Starts a supervisor or asks something of one: `what` is a code of the boundary's SUPERVISE."""

def manage(
    core: Core, what: int, supervised: bool, json: bytes, turn: int, process: int, deadline_ms: int, /
) -> Caused:
    """Asks a behaviour to do something: `what` is a code of the boundary's MANAGE."""

def send_after(
    core: Core, again: bool, turn: int, to: Who, kind: int, handler: int, payload: bytes, after_ms: int, /
) -> Caused:
    """Has a message sent after a while, or again and again; the reply is the timer."""

def timer(core: Core, timer: int, cancel: bool, /) -> Caused:
    """Cancels a timer, or reads it; the reply is the milliseconds that are left, or nothing."""

def publish(core: Core, turn: int, group: str, handler: str, payload: bytes, /) -> Caused:
    """Sends a message to all members of a group; the reply is to how many."""

def receive(core: Core, turn: int, timeout_ms: int, held: int, /) -> list[Event]:
    """A process' function wants a message; what is there comes at once."""

def respond(
    core: Core, turn: int, ask: int, code: int, reply: bytes, metadata: list[tuple[str, bytes]] | None, /
) -> list[Event]:
    """A process' function answers an ask that it was handed."""

def restore(source: str, folder: str) -> None:
    """Makes a data folder from a backup."""

def forked() -> None:
    """In a forked child: every engine of the parent answers `Forked` from now on."""

def provoke_panic() -> None:
    """A test's hook: a panic in the core."""

def version() -> str:
    """The core's version."""
