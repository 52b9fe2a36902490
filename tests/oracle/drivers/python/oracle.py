"""The oracle's driver of Python: reads a command a line, writes what it gives (tests/oracle/README.md)."""

from __future__ import annotations

import asyncio
import json
import logging
import platform
import sys
from typing import Any

import behaviours
import managers
import resident
from member import Member
from puppet import Born, Do, puppet
from terms import reason_of
from tree import OPERATIONS, operate, supervisor, write_starts
from world import WORLD, World

from everact import Closed, DeadlineExceeded, Engine, NoProcess, Options, SupervisorRef

ANSWER_MS = 5000
STOP_S = 4.0


class Driver:
    """One scenario after the other, each in an engine of its own."""

    def __init__(self) -> None:
        """Nothing is there."""
        self.begun: dict[str, asyncio.Task[Any]] = {}

    @property
    def world(self) -> World:
        """The scenario's tables."""
        return WORLD[0]

    async def renew(self) -> str:
        """Ends all that is there."""
        if WORLD:
            await self.world.engine.close(deadline_ms=1)
            WORLD.clear()
        for task in self.begun.values():
            task.cancel()
        self.begun.clear()
        options = Options(processes_max=1_000)
        kinds = [
            puppet,
            Member,
            behaviours.DataServer,
            behaviours.DataMachine,
            behaviours.FunctionsMachine,
            managers.Manager,
        ]
        engine = await Engine.in_memory(actors=[resident.Resident], processes=kinds, options=options).open()
        dead = engine.spawn(puppet, Born("dead"))
        dead.kill()
        WORLD.append(World(engine, dead))
        return "ok"

    async def run(self, command: list[Any]) -> Any:
        """What a command gives."""
        verb, *given = command
        match verb:
            case "hello":
                return {"driver": "python", "version": platform.python_version()}
            case "world":
                return await self.renew()
            case "begin":
                self.begun[given[0][1]] = asyncio.ensure_future(self.run(given[0]))
                await asyncio.sleep(0)
                return "ok"
            case "finish":
                return await self.begun.pop(given[0])
            case "spawn":
                return self.spawn(*given)
            case "start":
                kind, name, data = given
                if kind != "supervisor":
                    return await behaviours.start(self.world, kind, name, data, self.world.engine.spawn)
                return await supervisor(self.world, name, data, self.world.engine.start_supervisor)
            case "run":
                name, data = given
                return await supervisor(self.world, name, data, self.world.engine.run)
            case "close":
                await self.world.engine.close()
                return "ok"
            case "actor":
                self.world.actors.add(given[0])
                return "ok"
            case "stop":
                return await self.stop(*given)
            case "ended":
                return await self.world.ended(given[0], given[1] if len(given) > 1 else 1)
            case "log":
                return await self.world.log(*given)
            case "first":
                return (await self.world.log(*given))[: given[1]]
            case "history":
                write_starts(self.world, None, [])
                return self.world.history()
            case _ if verb in managers.OPERATIONS and verb != "add_sup_handler":
                return await managers.operate(self.world, verb, given[0], given[1:])
            case _ if verb in OPERATIONS:
                return await operate(self.world, verb, given[0], given[1:])
        if given[0] in self.world.actors:
            return await resident.act(self.world, given[0], [verb, *given[1:]])
        return await self.puppet(given[0], [verb, *given[1:]])

    def spawn(self, name: str, *first: list[Any]) -> str:
        """Spawns a puppet."""
        self.world.enter(name, self.world.engine.spawn(puppet, Born(name, first[0] if first else [])))
        return "ok"

    async def stop(self, name: str, reason: str) -> Any:
        """Has a supervisor or another behaviour end in good order."""
        process = self.world.process(name)
        if not isinstance(process, SupervisorRef) and process != self.world.dead:
            return await behaviours.stop(self.world, name, reason)
        if not process.is_alive():
            return ["failed", "noproc"]
        end = process.ended()
        process.exit(reason_of(reason))
        await asyncio.wait_for(end, STOP_S)
        return "ok"

    async def puppet(self, name: str, command: list[Any]) -> Any:
        """Has a puppet do something."""
        process = self.world.process(name)
        if not process.is_alive():
            return ["ended", "noproc"]
        try:
            return await process.with_options(deadline_ms=ANSWER_MS).ask("do", Do(command))
        except NoProcess:
            return ["ended", await self.world.reason(process)]
        except DeadlineExceeded:
            return "no answer"
        except Exception as error:
            if process.is_alive():
                raise error
            return ["ended", await self.world.reason(process)]


async def main() -> None:
    """Until the end of the input."""
    logging.disable(logging.CRITICAL)
    driver, loop = Driver(), asyncio.get_running_loop()
    await driver.renew()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answer = await driver.run(json.loads(line))
        except Closed:
            answer = "closed"
        except Exception as error:
            answer = {"fault": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    await driver.world.engine.close(deadline_ms=1)


asyncio.run(main())
