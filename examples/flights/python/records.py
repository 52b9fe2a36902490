"""The flight records: read from JSON or Parquet, and added up without any actor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from airport import Totals


class Flight(msgspec.Struct):
    """One record of a file."""

    date: str
    delay: int
    distance: int
    origin: str
    destination: str


def count_of(path: Path) -> int:
    """How many records a file has."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return int(parquet.ParquetFile(path).metadata.num_rows)
    return len(msgspec.json.decode(path.read_bytes(), type=list[msgspec.Raw]))


def flights_of(path: Path) -> Iterator[Flight]:
    """The records of a file, in its order."""
    if path.suffix == ".parquet":
        yield from _of_parquet(path)
    else:
        yield from msgspec.json.decode(path.read_bytes(), type=list[Flight])


def _of_parquet(path: Path) -> Iterator[Flight]:
    from pyarrow import compute, parquet

    for batch in parquet.ParquetFile(path).iter_batches():
        dates = compute.strftime(batch["date"], format="%Y/%m/%d %H:%M")
        columns = (dates, *(batch[name] for name in ("delay", "distance", "origin", "destination")))
        for values in zip(*(column.to_pylist() for column in columns), strict=True):
            yield Flight(*values)


def group_by(paths: list[Path]) -> dict[str, Totals]:
    """The totals of all airports by an ordinary loop over the files."""
    totals: dict[str, Totals] = {}
    for path in paths:
        for flight in flights_of(path):
            origin = totals.setdefault(flight.origin, Totals())
            destination = totals.setdefault(flight.destination, Totals())
            origin.departures += 1
            destination.arrivals += 1
            for airport in (origin, destination):
                airport.delay_sum += flight.delay
                airport.distance_sum += flight.distance
                airport.worst_delay = max(airport.worst_delay, flight.delay)
    return totals
