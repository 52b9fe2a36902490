"""Plays scenarios: what each step gives."""

import json
import queue
import threading
import time

from driver import Driver, Fault

SETTLE_ROUND_S = 0.01
SETTLE_ROUNDS = 3
SETTLE_LIMIT_S = 10
# How often a flood of so many messages is sent: once, or ten times with --long.
FLOODS = 1
FLOOD_MESSAGES = 10_000


def play(driver, steps):
    """What each step gives, in a world of its own."""
    driver.ask(["world"])
    return [run(driver, step) for step in steps]


def run(driver, step):
    """What one step gives. `pause` and `settle` are the runner's, all else the driver's."""
    if step[0] == "pause":
        time.sleep(step[1] / 1000)
        return "ok"
    if step[0] == "settle":
        return settle(driver, step[1:])
    if step[0] == "flood" and step[3] >= FLOOD_MESSAGES:
        return [driver.ask(step) for _ in range(FLOODS)][-1]
    return driver.ask(step)


def settle(driver, supervisors):
    """Waits until nothing changes any more: the history, and what each of these supervisors has for children."""
    last, same, limit = None, 0, time.monotonic() + SETTLE_LIMIT_S
    while same < SETTLE_ROUNDS:
        trees = {name: driver.ask(["which", name]) for name in supervisors}
        now = {**driver.ask(["history"]), **({"children": trees} if trees else {})}
        same = same + 1 if now == last and "restarting" not in json.dumps(trees) else 0
        last = now
        if time.monotonic() > limit:
            raise Fault("does not settle")
        time.sleep(SETTLE_ROUND_S)
    return last


def play_all(name, command, jobs, workers, done):
    """Plays many scenarios in some drivers at once. `jobs` is an iterable of (key, steps); `done(key, gives or None, fault or None)`
    gets the outcome of each as it comes. A driver that fails is started anew for the scenario after."""

    def one(driver, steps):
        try:
            return play(driver, steps), None
        except Fault as fault:
            return None, str(fault)

    share(lambda: Driver(name, command), jobs, workers, one, lambda key, outcome: done(key, *outcome))


def share(start, jobs, workers, work, done):
    """Does jobs in threads, each with a driver of its own: `work(driver, job)` anywhere, `done(key, result)` one at a time."""
    waiting, lock = queue.SimpleQueue(), threading.Lock()
    for job in jobs:
        waiting.put(job)

    def go_on():
        driver = start()
        while True:
            try:
                key, job = waiting.get_nowait()
            except queue.Empty:
                break
            result = work(driver, job)
            with lock:
                done(key, result)
        driver.stop()

    threads = [threading.Thread(target=go_on) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
