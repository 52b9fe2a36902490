"""The conformance driver on the public SDK: JSON lines in, JSON lines out (tests/conformance/README.md, part 2)."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import logging
import os
import sys
from collections import Counter as Counts
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
from catalogue import Counter
from catalogue_culprit import Brittle, Culprit, Moody
from catalogue_editions import RELEASES
from catalogue_guarded import Collector, Guarded
from catalogue_narrow import CATALOGUE, pattern
from catalogue_pool import Cruncher
from catalogue_typed import Record, Typed
from shared import NOTES, gate

import everact
from everact import Actor, ApplicationError, Cancelled, Connection, Engine, EveractError, Options, Reference

LINE_BYTES_MAX = 256 * 1024 * 1024
LETTERS = "abcdefghijklmnopqrstuvwxyz"
OPTIONS = ("deadline_ms", "producer", "sequence", "idempotency_key", "keep_ms", "metadata")

Request = dict[str, Any]
ENGINES: dict[str, Engine] = {}
CONNECTIONS: dict[str, Connection] = {}
IS_REMOTE = os.environ.get("EVERACT_CONFORMANCE_REMOTE") == "1"
"""Asks and tells go to the engine through a connection, as they would from another process."""
ENCODE = msgspec.json.Encoder().encode


def message_of(request: Request) -> tuple[Any, ...]:
    """The request's message as the arguments after the handler's name: none, or the one value."""
    if "message" not in request:
        return ()
    message = request["message"]
    match message:
        case {"bytes_base64": text}:
            return (base64.b64decode(text),)
        case {"bytes_pattern": count}:
            return (pattern(count),)
        case {"text_pattern": count}:
            return ((LETTERS * (count // len(LETTERS) + 1))[:count],)
    return (message,)


def result_of(request: Request, reply: Any) -> Any:
    """The reply as the answer shows it."""
    if request.get("reply") != "bytes":
        return reply
    result = {"bytes_length": len(reply), "bytes_sha256": hashlib.sha256(reply).hexdigest()}
    if len(reply) <= 1024:
        result["bytes_base64"] = base64.b64encode(reply).decode()
    return result


def error_of(error: BaseException) -> dict[str, Any]:
    """An exception as the answer shows it."""
    if isinstance(error, asyncio.CancelledError):
        error = Cancelled("the caller cancelled the ask")
    if isinstance(error, ApplicationError):
        fields = {"type": error.type, "status": error.status, "details": error.details, "class": type(error).__name__}
        return {"error": error.name, "message": error.message, "retryable": error.retryable, **fields}
    if isinstance(error, EveractError):
        return {"error": error.name, "message": error.message, "retryable": error.retryable}
    return {"error": "Unexpected", "message": f"{type(error).__name__}: {error}", "retryable": False}


def reference_of(request: Request, key: str, options: dict[str, Any]) -> Reference:
    """Whom a request speaks to."""
    kind: str = request["kind"]
    name = request["engine"]
    reference = (CONNECTIONS.get(name) or ENGINES[name]).actor(kind, key)
    return reference.with_options(**options) if options else reference


async def open_(request: Request) -> None:
    """Opens an engine with the whole catalogue."""
    kinds: list[type[Actor]] = [
        *CATALOGUE,
        Culprit,
        Brittle,
        Moody,
        Typed,
        Record,
        Collector,
        Guarded,
        Cruncher,
        *RELEASES[request.get("release", 1)],
    ]
    actors: list[type[Actor]] = [*kinds, Counter] if request.get("duplicate_kind") else kinds
    settings = {**(request.get("options") or {})}
    if IS_REMOTE:  # decisions go over the connection too
        settings["gateway"] = {"control": True, **settings.get("gateway", {})}
    options = Options(**settings, listen="127.0.0.1:0" if IS_REMOTE else None)
    data = request.get("data")
    make = (
        Engine.in_memory(actors=actors, options=options)
        if data is None
        else Engine(data, actors=actors, options=options)
    )
    engine = ENGINES[request["engine"]] = await make.open()
    if IS_REMOTE:
        local = dataclasses.replace(options, listen=None, gateway=None)
        given = request.get("connect") or {}
        opening = everact.connect(f"http://{engine.address}", actors=kinds, options=local, **given)
        CONNECTIONS[request["engine"]] = await opening


async def ask(request: Request) -> Any:
    """Asks, and cancels where the request says so."""
    options = {name: request[name] for name in OPTIONS if name in request}
    asking = reference_of(request, request["key"], options).ask(request["handler"], *message_of(request))
    if "cancel_after_ms" not in request:
        return result_of(request, await asking)
    task = asyncio.ensure_future(asking)
    asyncio.get_running_loop().call_later(request["cancel_after_ms"] / 1000, task.cancel)
    return result_of(request, await task)


async def tell(request: Request) -> None:
    """Tells from outside."""
    options = {name: request[name] for name in OPTIONS if name in request}
    await reference_of(request, request["key"], options).tell(request["handler"], *message_of(request))


async def batch(request: Request) -> Any:
    """Many asks or tells, submitted in order, a bounded number of them open."""
    count, room = request["count"], asyncio.Semaphore(request["in_flight"])
    errors: Counts[str] = Counts()
    done: dict[int, Any] = {}

    async def one(index: int) -> None:
        try:
            done[index] = await _of_batch(request, index)
        except Exception as error:
            errors[error_of(error)["error"]] += 1
        else:
            if request.get("acknowledged"):
                answer({"id": request["id"], "acknowledged": index})
        finally:
            room.release()

    tasks = []
    for index in range(count):
        await room.acquire()
        tasks.append(asyncio.ensure_future(one(index)))
    await asyncio.gather(*tasks)
    last = result_of(request, done[max(done)]) if done and not request.get("tell") else None
    return {"ok": len(done), "errors": dict(errors), "last": last}


def _of_batch(request: Request, index: int) -> Coroutine[Any, Any, Any]:
    key = f"{request['key']}{index % request['keys']}" if "keys" in request else request["key"]
    options = {}
    if "producer" in request:
        options = {"producer": request["producer"], "sequence": request["first_sequence"] + index}
    by_index = request.get("message_index")
    message = ((str(index) if by_index == "text" else index),) if by_index else message_of(request)
    reference = reference_of(request, key, options)
    send = reference.tell if request.get("tell") else reference.ask
    return send(request["handler"], *message)


async def at_gate(request: Request) -> int | None:
    """Opens, shuts, watches a gate."""
    chosen = gate(request["name"])
    match request["action"]:
        case "open":
            chosen.open()
        case "shut":
            chosen.shut()
        case "wait":
            await chosen.filled(request["count"])
        case "peak":
            return chosen.peak
    return None


async def hello(_: Request) -> Any:
    """Who speaks."""
    return {"language": "python", "pid": os.getpid(), "version": everact.__version__}


async def stats(request: Request) -> Any:
    """The engine's figures."""
    return ENGINES[request["engine"]].stats()


async def backup(request: Request) -> None:
    """Copies the data."""
    await ENGINES[request["engine"]].backup(request["folder"])


async def restore(request: Request) -> None:
    """Makes a data folder from a copy."""
    await everact.restore(request["from"], request["into"])


async def close(request: Request) -> None:
    """Closes an engine, and the connection to it; its name stays known."""
    given = {"deadline_ms": request["deadline_ms"]} if "deadline_ms" in request else {}
    ends = [ENGINES[request["engine"]], CONNECTIONS.get(request["engine"])]
    await asyncio.gather(*(end.close(**given) for end in ends if end is not None))


async def note(request: Request) -> int:
    """How often a text was noted."""
    return NOTES[request["text"]]


def host_of(request: Request) -> Engine | Connection:
    """Where decisions are made: the engine, or the connection to it."""
    return CONNECTIONS.get(request["engine"]) or ENGINES[request["engine"]]


def shown(letter: everact.DeadLetter) -> dict[str, Any]:
    """A dead letter as answers show it."""
    names = ("id", "kind", "key", "handler", "sender", "sequence", "attempts", "error", "text", "metadata")
    return {name: getattr(letter, name) for name in names}


async def dead_letters(request: Request) -> Any:
    """Lists."""
    return [shown(found) for found in await host_of(request).dead_letters(request.get("kind"), request.get("key"))]


async def dead_letter(request: Request) -> Any:
    """One with its message."""
    found = await host_of(request).dead_letter(request["letter"])
    return {**shown(found), "message": found.message}


async def dead_retry(request: Request) -> None:
    """Sends again."""
    await host_of(request).retry_dead_letter(request["letter"], *message_of(request))


async def dead_drop(request: Request) -> None:
    """Drops."""
    await host_of(request).drop_dead_letter(request["letter"])


async def producer_newest(request: Request) -> Any:
    """The newest number."""
    host = host_of(request)
    kind: str = request["kind"]
    return await host.producer(request["producer"]).newest(host.actor(kind, request["key"]))


async def producer_skip(request: Request) -> None:
    """Goes on without a number."""
    host = host_of(request)
    kind: str = request["kind"]
    await host.producer(request["producer"]).skip(host.actor(kind, request["key"]), request["sequence"])


async def ingest(request: Request) -> Any:
    """Sends a source."""
    host = host_of(request)
    kind: str = request["kind"]
    items = ((host.actor(kind, item["key"]).method(request["handler"]), *message_of(item)) for item in request["items"])
    done = await host.producer(request["producer"]).ingest(
        items, first_sequence=request["first_sequence"], in_flight=request["in_flight"]
    )
    return {"applied": done.applied, "already_applied": done.already_applied, "newest": done.newest}


class Notices(logging.Handler):
    """Keeps what the SDK logs."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        self.texts.append(record.getMessage())


NOTICES = Notices()
logging.getLogger("everact").addHandler(NOTICES)


async def notices(request: Request) -> int:
    """How many records so far contain a text."""
    return sum(request["contains"] in text for text in NOTICES.texts)


async def exit_(request: Request) -> None:
    """Ends the process."""
    answer({"id": request["id"]})
    os._exit(0)


OPERATIONS: dict[str, Callable[[Request], Awaitable[Any]]] = {
    "hello": hello,
    "open": open_,
    "ask": ask,
    "tell": tell,
    "batch": batch,
    "stats": stats,
    "backup": backup,
    "restore": restore,
    "close": close,
    "gate": at_gate,
    "note": note,
    "notices": notices,
    "dead_letters": dead_letters,
    "dead_letter": dead_letter,
    "dead_retry": dead_retry,
    "dead_drop": dead_drop,
    "producer_newest": producer_newest,
    "producer_skip": producer_skip,
    "ingest": ingest,
    "exit": exit_,
}


def answer(body: dict[str, Any]) -> None:
    """Prints one line."""
    sys.stdout.buffer.write(ENCODE(body) + b"\n")
    sys.stdout.buffer.flush()


async def serve(request: Request) -> None:
    """Does what a request asks for and answers it."""
    try:
        result = await OPERATIONS[request["op"]](request)
    except BaseException as error:
        answer({"id": request["id"], **error_of(error)})
    else:
        answer({"id": request["id"], "result": result})


async def main() -> None:
    """Takes requests until the input ends; they run concurrently, each begun before the next is read."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = loop.create_task(serve(msgspec.json.decode(line)))
        running.add(task)
        task.add_done_callback(running.discard)
        await asyncio.sleep(0)
    os._exit(0)


if __name__ == "__main__":  # a process of a pool imports this module
    asyncio.run(main())
