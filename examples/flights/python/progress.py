"""A progress bar on stderr: one line, rewritten; plain lines where stderr is no terminal."""

from __future__ import annotations

import sys
import time

WIDTH = 40
PAUSE_S = 0.1


class Progress:
    """Counts up to a total."""

    def __init__(self, total: int) -> None:
        """Starts at 0."""
        self._total = max(total, 1)
        self._done = 0
        self._tenths = 0
        self._shown_at = 0.0
        self._rewrites = sys.stderr.isatty()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        tenths = self._done * 10 // self._total
        if self._rewrites:
            if self._done == self._total or self._done % 64 == 0:
                self._rewrite()
        elif tenths > self._tenths:
            self._tenths = tenths
            print(f"{tenths * 10} % of {self._total} flights", file=sys.stderr, flush=True)

    def _rewrite(self) -> None:
        now = time.monotonic()
        if now - self._shown_at < PAUSE_S and self._done < self._total:
            return
        self._shown_at = now
        filled = self._done * WIDTH // self._total
        end = "\n" if self._done == self._total else ""
        bar = "#" * filled + "." * (WIDTH - filled)
        print(f"\r[{bar}] {self._done}/{self._total}", end=end, file=sys.stderr, flush=True)
