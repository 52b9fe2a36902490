"""The steps that a scenario is made of; __main__.py describes each."""

import base64
import errno
import operator
import sqlite3
import subprocess
import threading
import time
import zlib

from checks import Mismatch, check

BESIDE = ["engine", "deadline_ms", "producer", "sequence", "idempotency_key", "keep_ms", "cancel_after_ms", "reply", "metadata"]
COMPARE = {"<=": operator.le, "<": operator.lt, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt}
POLL_S = 0.01
ABOUT_MESSAGES = ["notices", "dead_letters", "dead_letter", "dead_retry", "dead_drop", "producer_newest", "producer_skip", "ingest"]
BALLAST = "ballast"


class Stop(Exception):
    """The scenario cannot go on."""


def raw(message):
    """{"json_text": "..."} and {"json_parts": [[text, times], ...]} as the bytes of that text, which no parser has touched on its way."""
    if isinstance(message, dict) and set(message) == {"json_text"}:
        text = message["json_text"]
    elif isinstance(message, dict) and set(message) == {"json_parts"}:
        text = "".join(part * times for part, times in message["json_parts"])
    else:
        return message
    return {"bytes_base64": base64.b64encode(text.encode()).decode()}


def message_request(op):
    """A maker of ask and tell requests from ["kind/key", handler, message?]."""
    def make(play, step):
        address, handler, *message = step[op]
        kind, key = address.split("/", 1)
        request = {"op": op, "engine": "main", "kind": kind, "key": key, "handler": handler}
        if message:
            request["message"] = raw(message[0])
        request.update({name: step[name] for name in BESIDE if name in step})
        return request
    return make


def object_request(op, *folders):
    """A maker of requests whose fields stand in an object; `folders` are names of folders within the scenario's own."""
    def make(play, step):
        request = {"op": op, **step[op]}
        if op not in ("restore", "hello", "exit"):
            request.setdefault("engine", "main")
        if "id" in request:  # of a dead letter; `id` is the request's own
            request["letter"] = request.pop("id")
        for name in folders:
            if request.get(name) is not None:
                request[name] = str(play.folder / request[name])
        return request
    return make


def gate_request(play, step):
    """["name", "action", count?]"""
    name, action, *count = step["gate"]
    return {"op": "gate", "name": name, "action": action, **({"count": count[0]} if count else {})}


def note_request(play, step):
    """The text of the note."""
    return {"op": "note", "text": step["note"]}


def request_step(make):
    """A step that sends one request and looks at its answer, now or later."""
    def run(play, step, place):
        name = step.get("on", "first")
        if "as" in step:
            play.open_answers[step["as"]] = (play.driver(name).send(make(play, step)), time.monotonic())
            return
        last = time.monotonic() + step.get("within_ms", 20_000) / 1000
        while True:
            begin = time.monotonic()
            answer = play.driver(name).send(make(play, step))
            try:
                finish(play, step, answer, begin)
                return
            except Mismatch:
                if not step.get("until") or time.monotonic() > last or play.out_of_time:
                    raise
                time.sleep(POLL_S)
    return run


def finish(play, step, answer, begin):
    """Waits for an answer, checks it and keeps what the step wants kept."""
    body = answer.wait()
    if play.out_of_time:
        raise Mismatch("no answer came in time")
    check(step, body, (time.monotonic() - begin) * 1000)
    if "save" in step:
        play.saved[step["save"]] = body.get("result")
        play.saved[f"{step['save']}.acknowledged"] = len(answer.acknowledged)
        play.saved.update(parts(step["save"], body.get("result")))


def parts(name, value):
    """A saved value's parts by their paths: name.field, name.0, name.0.field."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) and len(value) <= 100 else ()
    found = {}
    for key, part in inner:
        found[f"{name}.{key}"] = part
        found.update(parts(f"{name}.{key}", part))
    return found


def await_step(play, step, place):
    """Looks at the answer of an earlier request."""
    answer, begin = play.open_answers[step["await"]]
    finish(play, step, answer, begin)


def await_acknowledged_step(play, step, place):
    """Waits until a batch has so many successes."""
    name, count = step["await_acknowledged"]
    got = play.open_answers[name][0].wait_acknowledged(count)
    if got < count:
        raise Mismatch(f"the batch ended after {got} of {count}: {play.open_answers[name][0].body}")


def kill_step(play, step, place):
    """kill -9."""
    play.kill(step.get("on", "first"))


def repeat_step(play, step, place):
    """The same steps n times; $i is the round."""
    for index in range(step.get("repeat", 1)):
        play.saved["i"] = index
        play.run(step["steps"], f"{place}, round {index}, ")


def parallel_step(play, step, place):
    """Lists of steps side by side; the first trouble in order is reported."""
    troubles = [None] * len(step["parallel"])

    def one(index, steps):
        try:
            play.run(steps, f"{place}, branch {index + 1}, ")
        except Exception as trouble:  # noqa: BLE001 (handed to the scenario's own thread below)
            troubles[index] = trouble

    threads = [threading.Thread(target=one, args=item) for item in enumerate(step["parallel"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trouble in troubles:
        if trouble:
            raise trouble


def damage_step(play, step, place):
    """Spoils the stored data of a closed engine."""
    folder, how, *texts = step["damage"]
    databases = [path for path in sorted((play.folder / folder).rglob("*"))
                 if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"]
    if not databases:
        raise Stop(f"no database in {folder}")
    for path in databases:
        if how == "newer_format":
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE meta SET value = 1000000 WHERE name = 'format'")
            connection.close()
            path.write_bytes(stamped(path.read_bytes()))
        elif how == "truncate":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif how == "overwrite":
            size = path.stat().st_size
            path.write_bytes(path.read_bytes()[:100] + b"\xa5" * (size - 100))
        elif how == "replace":
            old, new = (text.encode() for text in texts)
            if old not in path.read_bytes():
                raise Stop(f"{path.name} does not hold {old!r}")
            path.write_bytes(path.read_bytes().replace(old, new))
        else:
            raise Stop(f"unknown damage {how}")


def stamped(database):
    """The database with each page's checksum made anew, as its own engine would have done (docs/adr/0006-page-checksums.md)."""
    size = int.from_bytes(database[16:18], "big")
    pages = (database[at : at + size] for at in range(0, len(database), size))
    bodies = (page[:-8] + number.to_bytes(4, "big") for number, page in enumerate(pages, 1))
    return b"".join(body + zlib.crc32(body).to_bytes(4, "big") for body in bodies)


def disk_step(play, step, place):
    """Puts a disk of so many MiB under a folder, so that it can be full."""
    name, mebibytes = step["disk"]
    folder = play.folder / name
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "conformance", folder], capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    play.disks.append(folder)


def fill_step(play, step, place):
    """Writes into a folder until its disk is full."""
    with open(play.folder / step["fill"] / BALLAST, "wb", buffering=0) as ballast:
        block = bytes(1 << 16)
        try:
            while ballast.write(block) == len(block):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def free_step(play, step, place):
    """Gives the space that `fill` took back."""
    (play.folder / step["free"] / BALLAST).unlink()


def touch_step(play, step, place):
    """Makes an empty file in the scenario's folder, for which somebody waits."""
    (play.folder / step["touch"]).touch()


def prove_step(play, step, place):
    """Compares two numbers."""
    left, sign, right = step["prove"]
    if not COMPARE[sign](left, right):
        raise Mismatch(f"{left} {sign} {right} does not hold")


STEPS = {
    "steps": repeat_step,
    "parallel": parallel_step,
    "await": await_step,
    "await_acknowledged": await_acknowledged_step,
    "kill": kill_step,
    "damage": damage_step,
    "disk": disk_step,
    "fill": fill_step,
    "free": free_step,
    "prove": prove_step,
    "touch": touch_step,
    "ask": request_step(message_request("ask")),
    "tell": request_step(message_request("tell")),
    "gate": request_step(gate_request),
    "note": request_step(note_request),
    "open": request_step(object_request("open", "data")),
    "batch": request_step(object_request("batch")),
    "stats": request_step(object_request("stats")),
    "backup": request_step(object_request("backup", "folder")),
    "restore": request_step(object_request("restore", "from", "into")),
    "close": request_step(object_request("close")),
    **{op: request_step(object_request(op)) for op in ABOUT_MESSAGES},
    "hello": request_step(object_request("hello")),
    "exit": request_step(object_request("exit")),
}
