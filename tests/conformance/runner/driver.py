"""One driver process: sends it requests, files its answers, kills it."""

import json
import os
import signal
import subprocess
import threading


class Answer:
    """What came, or will come, back for one request."""

    def __init__(self):
        self.body = None
        self.acknowledged = []
        self.changed = threading.Condition()

    def finish(self, body):
        """The answer is here; waiters wake."""
        with self.changed:
            if self.body is None:
                self.body = body
            self.changed.notify_all()

    def acknowledge(self, index):
        """One success of a batch is here."""
        with self.changed:
            self.acknowledged.append(index)
            self.changed.notify_all()

    def wait(self):
        """The body, when it comes. A driver that dies or is killed answers for all that is open."""
        with self.changed:
            self.changed.wait_for(lambda: self.body is not None)
            return self.body

    def wait_acknowledged(self, count):
        """Returns when `count` successes came or the batch is over."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.acknowledged) >= count or self.body is not None)
            return len(self.acknowledged)


class Driver:
    """A running driver. Requests may be sent from any thread."""

    def __init__(self, command, root, environment, log):
        self.log = log
        with open(log, "ab") as stderr:
            self.process = subprocess.Popen(
                command, cwd=root, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=stderr, start_new_session=True,
            )
        self.sending = threading.Lock()
        self.answers = {}
        self.last_id = 0
        self.gone = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def send(self, request):
        """Sends a request; returns its Answer at once."""
        answer = Answer()
        with self.sending:
            self.last_id += 1
            self.answers[self.last_id] = answer
            line = json.dumps({"id": self.last_id, **request}, ensure_ascii=False) + "\n"
            if self.gone:
                answer.finish({"error": "DriverGone", "message": self._epitaph()})
                return answer
            try:
                self.process.stdin.write(line.encode("utf-8"))
                self.process.stdin.flush()
            except OSError:
                answer.finish({"error": "DriverGone", "message": self._epitaph()})
        return answer

    def kill(self):
        """kill -9 of the driver and all it started; returns when it is gone."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join()
        try:
            self.process.stdin.close()
        except OSError:
            pass  # What is still buffered is of a request that could not be sent, and that was answered.

    def _read(self):
        for line in self.process.stdout:
            try:
                body = json.loads(line)
                answer = self.answers[body["id"]]
            except (ValueError, KeyError, TypeError):
                self._fail_all({"error": "BadAnswer", "message": f"the driver printed {line[:200]!r}"})
                continue
            if "acknowledged" in body:
                answer.acknowledge(body["acknowledged"])
            else:
                answer.finish(body)
        self.process.stdout.close()
        with self.sending:
            self.gone = True
        self._fail_all({"error": "DriverGone", "message": self._epitaph()})

    def _fail_all(self, body):
        for answer in list(self.answers.values()):
            answer.finish(body)

    def _epitaph(self):
        with open(self.log, "rb") as log:
            tail = log.read()[-1500:].decode("utf-8", "replace").strip()
        return "the driver's process has ended" + (f"; its last words:\n{tail}" if tail else "")
