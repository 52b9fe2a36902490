"""A driver process: one command a line, one answer a line, one after the other."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = Path(__file__).resolve().parent / "drivers"
LOGS = ROOT / "target" / "oracle"
# A driver has its own limits (README, "Waiting"); this is for one that hangs.
ANSWER_S = 60


class Fault(Exception):
    """The driver could not do a command, or did not answer."""


def topics(name):
    """The topics that a driver plays; None is all."""
    description = DRIVERS / name / "driver.json"
    return json.loads(description.read_text()).get("topics") if description.exists() else None


def build(name):
    """Builds a driver; returns the command that starts it."""
    description = DRIVERS / name / "driver.json"
    if not description.exists():
        raise Fault(f"no driver: {description.relative_to(ROOT)} is missing")
    driver = json.loads(description.read_text())
    if "build" in driver:
        done = subprocess.run(driver["build"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Fault(f"the build of driver {name} failed: {done.stdout.strip()}")
    return driver["run"]


class Driver:
    """Starts its process when it is first asked, and again after a fault."""

    def __init__(self, name, command, environment=None):
        self.name, self.command, self.process, self.lines = name, command, None, None
        self.environment = {**os.environ, **(environment or {})}

    def ask(self, command):
        """The answer to a command."""
        if self.process is None:
            self._start()
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=ANSWER_S)
        except (OSError, queue.Empty):
            line = None
        if line is None:
            self.stop()
            raise Fault(f"no answer to {json.dumps(command)}; target/oracle/{self.name}.log may say more")
        answer = json.loads(line)
        if isinstance(answer, dict) and "fault" in answer:
            self.stop()
            raise Fault(f"{json.dumps(command)}: {answer['fault']}")
        return answer

    def stop(self):
        """Ends the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process = None

    def _start(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        with open(LOGS / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        self.lines = queue.SimpleQueue()
        threading.Thread(target=read, args=(self.process.stdout, self.lines), daemon=True).start()


def read(stream, lines):
    """Hands the lines of a stream on; None is its end."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)
