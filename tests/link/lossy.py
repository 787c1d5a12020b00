# SPDX-License-Identifier: Apache-2.0
"""A line that loses, doubles, cuts and damages what passes, and mixes text in, by a seeded generator."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from harness.deadline import Deadline
from harness.transports import ByteStream


@dataclass(slots=True)
class LossyStream:
    """A ByteStream around another; ``rate`` is the share of pieces that suffer something, in each direction."""

    inner: ByteStream
    seed: int
    rate: float
    suffered: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def read(self, maximum: int, deadline: Deadline) -> bytes:
        while True:
            data = self.inner.read(maximum, deadline)
            spoilt = self._spoil(data)
            if spoilt or not data:
                return spoilt

    def write(self, data: bytes, deadline: Deadline) -> None:
        spoilt = self._spoil(data)
        if spoilt:
            self.inner.write(spoilt, deadline)

    def close(self) -> None:
        self.inner.close()

    def _spoil(self, data: bytes) -> bytes:
        if not data or self._random.random() >= self.rate:
            return data
        self.suffered += 1
        at = self._random.randrange(len(data))
        match self._random.randrange(6):
            case 0:
                return b""
            case 1:
                return data + data
            case 2:
                return data[:at]
            case 3:
                return data[at:]
            case 4:
                return data[:at] + bytes([data[at] ^ (1 << self._random.randrange(8))]) + data[at + 1 :]
            case _:
                return b"\r\nnoise " + data
