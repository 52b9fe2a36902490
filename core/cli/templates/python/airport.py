"""One durable actor for each airport."""

from reenact import Actor, handler


class Airport(Actor):
    """Counts the flights that have landed."""

    flights: int = 0
    minutes_late: int = 0

    @handler
    def landed(self, delay: int) -> float:
        """Counts a flight and returns the mean delay so far."""
        self.flights += 1
        self.minutes_late += max(delay, 0)
        return self.minutes_late / self.flights

    @handler(read_only=True)
    def count(self) -> int:
        """How many flights have landed."""
        return self.flights
