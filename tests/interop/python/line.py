"""What both stories print."""

import json
from typing import Any

from flights.v1 import airports_pb2 as pb


def say(step: str, **fields: Any) -> None:
    """Prints a line of the story."""
    print(json.dumps({"step": step, **fields}), flush=True)


def count(reply: pb.LandedResponse | pb.SummaryResponse) -> dict[str, Any]:
    """The two fields that most lines have."""
    return {"flights": reply.flights, "mean_delay": reply.mean_delay}
