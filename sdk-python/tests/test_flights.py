"""The flights example: the same table from JSON and from Parquet, from one run, from two, and after a kill -9."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

JOB = Path(__file__).resolve().parents[2] / "examples/flights/python/flights.py"
ROWS = 3000
AIRPORTS = ["ATL", "DEN", "DFW", "LAX", "ORD", "SFO", "ZRH"]


def records() -> list[dict[str, object]]:
    draw = random.Random(7)
    begin = datetime(2001, 1, 1)
    return [
        {
            "date": begin + timedelta(minutes=row),
            "delay": draw.randint(-20, 300),
            "distance": draw.randint(50, 3000),
            "origin": draw.choice(AIRPORTS),
            "destination": draw.choice(AIRPORTS),
        }
        for row in range(ROWS)
    ]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rows = records()
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "flights.parquet")
    texts = [{**row, "date": f"{row['date']:%Y/%m/%d %H:%M}"} for row in rows]
    (tmp_path / "flights.json").write_text(json.dumps(texts))
    return {kind: tmp_path / f"flights.{kind}" for kind in ("json", "parquet")}


def run(data: Path, file: Path) -> tuple[list[str], str]:
    command = [sys.executable, str(JOB), "--data", str(data), str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    *table, rate = done.stdout.splitlines()
    assert table[-1] == f"{ROWS} flights, {len(AIRPORTS)} airports: all equal to the group-by"
    return table, rate


def test_json_and_parquet_give_one_table_and_a_second_run_changes_nothing(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    table, rate = run(tmp_path / "data", files["json"])
    assert f"{ROWS} sent, 0 known" in rate
    assert run(tmp_path / "other", files["parquet"])[0] == table
    again, rate = run(tmp_path / "data", files["json"])
    assert again == table
    assert int(rate.split()[3]) > ROWS // 2


def test_a_killed_run_is_finished_by_the_next(tmp_path: Path, files: dict[str, Path]) -> None:
    command = [sys.executable, str(JOB), "--data", str(tmp_path / "data"), str(files["json"])]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        assert job.stderr.readline().startswith("10 %")
        job.send_signal(signal.SIGKILL)
    _, rate = run(tmp_path / "data", files["json"])
    sent, known = int(rate.split()[1]), int(rate.split()[3])
    assert sent + known == ROWS
    assert known > 0
