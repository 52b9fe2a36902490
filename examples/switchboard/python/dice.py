"""Dice with a seed: the same throws in every language, so the same seed gives the same calls."""


class Dice:
    """The generator of Park and Miller, whose numbers fit into every language's integers."""

    def __init__(self, seed: int) -> None:
        """Begins from a seed."""
        self._state = seed % 2147483646 + 1

    def roll(self, sides: int) -> int:
        """A number from 0 to one less than `sides`."""
        self._state = self._state * 48271 % 2147483647
        return self._state % sides
