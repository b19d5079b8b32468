"""Seeded chance that falls the same on every machine and every Python version."""

from __future__ import annotations

from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of chance.

    Of `random.Random` only ``random()`` is promised to stay as it is; everything here is made of it alone.
    """

    def __init__(self, seed: int) -> None:
        self.roll = Random(seed).random

    def pick(self, options: tuple[T, ...]) -> T:
        """One of the options, all equally likely."""
        return options[int(self.roll() * len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.roll() * (high - low + 1))

    def chance(self, percent: float) -> bool:
        """True in that many cases of a hundred."""
        return self.roll() * 100 < percent

    def shuffled(self, items: tuple[T, ...]) -> list[T]:
        """The items in a new order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.between(0, last)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
