"""A set of 64-bit hashes in one flat array: a million members in 16 MiB, where a Python set of strings needs 120.

Membership may be wrong once in 10^7 runs of a million members, so a caller that must be exact takes a hit as a suspicion
and compares the strings in a second look.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b

_FREE = 0


def hash64(text: str) -> int:
    """Never 0, which marks a free place."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1


class HashSet:
    """Open addressing with linear probing; grows by two at 70 %."""

    def __init__(self) -> None:
        self._places = _empty(1024)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, value: int) -> bool:
        """True when `value` was there before."""
        places = self._places
        mask = len(places) - 1
        index = value & mask
        while places[index]:
            if places[index] == value:
                return True
            index = (index + 1) & mask
        places[index] = value
        self._count += 1
        if self._count * 10 > len(places) * 7:
            self._grow()
        return False

    def _grow(self) -> None:
        old = self._places
        places = _empty(len(old) * 2)
        mask = len(places) - 1
        for value in old:
            if value:
                index = value & mask
                while places[index]:
                    index = (index + 1) & mask
                places[index] = value
        self._places = places


def _empty(size: int) -> array[int]:
    return array("Q", bytes(size * 8))
