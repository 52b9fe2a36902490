"""Plays one scenario: its driver processes, its folder, its saved values, its time limit."""

import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from checks import Mismatch, letters
from driver import Driver
from steps import STEPS, Stop

LIMIT_S = 60
REFERENCE = re.compile(r"\$([a-z][a-z0-9_.]*)")


class Play:
    """What the steps of one scenario share."""

    def __init__(self, scenario, commands, root, folder):
        self.commands, self.root, self.folder = commands, root, folder
        self.environment = scenario.get("environment", {})
        self.drivers, self.open_answers = {}, {}
        self.saved = {"start_ms": time.time() * 1000, "letters_1024": letters(1024), "letters_1025": letters(1025),
                      "folder": str(folder)}
        self.lock = threading.Lock()
        self.out_of_time = False
        self.disks = []

    def driver(self, name):
        """The driver process of this name, started at first mention and after a kill."""
        with self.lock:
            if self.out_of_time:
                raise Stop("out of time")
            if name not in self.drivers:
                command = self.commands.get(name, self.commands[""])
                self.drivers[name] = Driver(command, self.root, self.environment, self.folder / f"{name}.log")
            return self.drivers[name]

    def kill(self, name):
        """kill -9; the next mention of the name starts a new process."""
        with self.lock:
            driver = self.drivers.pop(name, None)
        if driver:
            driver.kill()

    def give_up(self):
        """The limit has passed: kill everything, so that every wait ends."""
        with self.lock:
            self.out_of_time = True
            names = list(self.drivers)
        for name in names:
            self.kill(name)

    def tidy_up(self):
        """Takes away what the scenario put into the file system."""
        for disk in self.disks:
            subprocess.run(["umount", "--lazy", disk], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, value):
        """Puts saved values in place of $name, at any depth."""
        if value == "$clock_ms":
            return time.time() * 1000
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            if whole and whole[1] in self.saved:
                return self.saved[whole[1]]
            return REFERENCE.sub(lambda m: str(self.saved.get(m[1], m[0])), value)
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        if isinstance(value, dict):
            return {name: one if name in ("steps", "parallel") else self.fill(one) for name, one in value.items()}
        return value

    def run(self, steps, where=""):
        """Plays steps in order; the place of a failing one goes into the message."""
        for number, raw in enumerate(steps, 1):
            place = f"{where}step {number}"
            step = self.fill(raw)
            kind = next((name for name in STEPS if name in step), None)
            if kind is None:
                raise Stop(f"{place}: no such step: {raw}")
            try:
                STEPS[kind](self, step, place)
            except Mismatch as mismatch:
                raise Mismatch(f"{place} {_brief(raw)}: {mismatch}") from None


def _brief(step):
    text = str({name: value for name, value in step.items() if name not in ("steps", "parallel")})
    return text if len(text) <= 160 else f"{text[:160]}..."


def play(scenario, commands, root):
    """Plays a scenario; returns None when all was as expected, else what was not. Driver processes whose name is in `commands` are
    started by that command, all others by the nameless one."""
    folder = Path(tempfile.mkdtemp(prefix="conformance-"))
    state = Play(scenario, commands, root, folder)
    limit_s = scenario.get("limit_s", LIMIT_S)
    begin = time.monotonic()
    watchdog = threading.Timer(limit_s, state.give_up)
    watchdog.start()
    try:
        state.run(scenario["steps"])
        return None
    except (Mismatch, Stop) as trouble:
        late = f"out of time after {limit_s} s: " if state.out_of_time else ""
        return f"{late}{trouble}"
    except Exception as fault:  # noqa: BLE001 (a fault of the scenario or the runner is a failure, not the end of the run)
        return f"fault in the runner or the scenario after {time.monotonic() - begin:.1f} s: {fault!r}"
    finally:
        watchdog.cancel()
        state.give_up()
        state.tidy_up()
