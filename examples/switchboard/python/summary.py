"""What is printed at the end, and whether it adds up."""

from dataclasses import dataclass

from chaos import Kills
from exchange import Tally


@dataclass
class Summary:
    """Figures from five places: the exchange, chaos, both handlers of events, the lines, and the tree."""

    seed: int
    lines: int
    calls: int
    tally: Tally
    kills: Kills
    bills: int
    starts: int
    idle: int
    calls_left: int

    def text(self) -> str:
        """The same in every language."""
        tally, kills = self.tally, self.kills
        rows = [
            ("calls begun", tally.begun),
            ("  completed", tally.completed),
            ("  busy", tally.busy),
            ("  given up", tally.given_up),
            ("  killed", tally.killed),
            ("  line lost", tally.line_lost),
            ("bills", self.bills),
            ("calls killed by chaos", kills.calls),
            ("lines killed by chaos", kills.lines),
            ("lines restarted", self.starts - self.lines),
            ("lines idle", self.idle),
            ("calls left in the tree", self.calls_left),
        ]
        verdict = "it adds up" if self.adds_up() else "IT DOES NOT ADD UP"
        return "\n".join([f"seed {self.seed}", *(f"{name:<24}{count:>6}" for name, count in rows), verdict])

    def adds_up(self) -> bool:
        """Every call has ended in one way, every kill was seen by both sides, every line is back."""
        tally, kills = self.tally, self.kills
        return (
            tally.open() == 0
            and tally.begun == self.calls
            and tally.completed == self.bills
            and tally.killed == kills.calls
            and self.starts - self.lines == kills.lines
            and self.idle == self.lines
            and self.calls_left == 0
        )
