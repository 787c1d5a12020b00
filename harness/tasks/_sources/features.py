# SPDX-License-Identifier: Apache-2.0
"""What a network hears of a recording: the waveform itself, a log-mel spectrogram, or cepstral coefficients.

A device computes the same by the same constants, which travel with the model: x = samples in -1 to 1; frames of
``window_ms`` every ``stride_ms``; a periodic Hann window; the power spectrum of the next power of two; triangles on
the mel scale 2595 log10(1 + f / 700) (HTK) from ``low_hz`` to ``high_hz``; the natural logarithm of the sum +
``floor``; for cepstral coefficients the orthonormal DCT-II over the bands, the first ``coefficients`` kept.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadTask
from harness.records import Parameters
from harness.tasks._base import Floats

Real: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """The samples themselves: [sample, 1]."""

    def compute(self, samples: Real, sample_rate_hz: int) -> Floats:
        """Return the features of samples in -1 to 1."""
        del sample_rate_hz
        return samples.astype(np.float32)[:, np.newaxis]

    def constants(self, sample_rate_hz: int) -> Parameters:
        """Return what a device must know to compute the same, by name."""
        del sample_rate_hz
        return (("kind", "waveform"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mel:
    """Settings of a log-mel spectrogram; ``high_hz`` is half the sample rate where it is None."""

    window_ms: float = 30.0
    stride_ms: float = 20.0
    bands: int = 40
    low_hz: float = 20.0
    high_hz: float | None = None
    floor: float = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMel(_Mel):
    """A log-mel spectrogram: [frame, band, 1]. ``high_hz`` is half the sample rate where it is None."""

    def compute(self, samples: Real, sample_rate_hz: int) -> Floats:
        """Return the features of samples in -1 to 1. Raises BadTask where they are shorter than a window."""
        return _log_mel(self, samples, sample_rate_hz).astype(np.float32)[..., np.newaxis]

    def constants(self, sample_rate_hz: int) -> Parameters:
        """Return what a device must know to compute the same, by name."""
        return (("kind", "log_mel"), *_constants(self, sample_rate_hz))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mfcc(_Mel):
    """Mel-frequency cepstral coefficients: [frame, coefficient, 1], of a log-mel spectrogram."""

    coefficients: int = 10

    def compute(self, samples: Real, sample_rate_hz: int) -> Floats:
        """Return the features of samples in -1 to 1. Raises BadTask where they are shorter than a window."""
        if not 0 < self.coefficients <= self.bands:
            raise BadTask(f"{self.coefficients} coefficients of {self.bands} mel bands cannot be")
        spectrum = _log_mel(self, samples, sample_rate_hz)
        return (spectrum @ _dct(self.bands)[:, : self.coefficients]).astype(np.float32)[..., np.newaxis]

    def constants(self, sample_rate_hz: int) -> Parameters:
        """Return what a device must know to compute the same, by name."""
        return (("kind", "mfcc"), ("coefficients", self.coefficients), *_constants(self, sample_rate_hz))


Features: TypeAlias = Waveform | LogMel | Mfcc


def _log_mel(settings: _Mel, samples: Real, rate: int) -> Real:
    """Return log(mel band + floor) [frame, band]."""
    window, stride, length = _sizes(settings, rate)
    if len(samples) < window:
        raise BadTask(f"{len(samples)} samples are less than a window of {settings.window_ms:g} ms, {window} samples")
    count = 1 + (len(samples) - window) // stride
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::stride][:count]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    power = np.abs(np.fft.rfft(frames * hann, n=length)) ** 2
    logs: Real = np.log(power @ _filters(settings, rate, length) + settings.floor)
    return logs


def _sizes(settings: _Mel, rate: int) -> tuple[int, int, int]:
    """Return a window's samples, the stride's, and the length of the transform."""
    window, stride = round(settings.window_ms * rate / 1000), round(settings.stride_ms * rate / 1000)
    if window < 2 or stride < 1:
        raise BadTask(f"a window of {settings.window_ms:g} ms every {settings.stride_ms:g} ms at {rate} Hz cannot be")
    return window, stride, 1 << (window - 1).bit_length()


def _filters(settings: _Mel, rate: int, length: int) -> Real:
    """Return the triangles [bin, band], each 1 at its centre."""
    high = rate / 2 if settings.high_hz is None else settings.high_hz
    if not 0 <= settings.low_hz < high <= rate / 2 or settings.bands < 1:
        raise BadTask(f"{settings.bands} mel bands from {settings.low_hz:g} to {high:g} Hz cannot be at {rate} Hz")
    ends = 2595 * np.log10(1 + np.array([settings.low_hz, high]) / 700)
    edges = 700 * (10 ** (np.linspace(ends[0], ends[1], settings.bands + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(length, 1 / rate)[:, np.newaxis]
    rising, falling = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    filters: Real = np.clip(np.minimum(rising, falling), 0, None)
    empty = np.flatnonzero(filters.sum(axis=0) == 0)
    if len(empty):
        raise BadTask(
            f"mel band {empty[0]} lies between two bins of a transform of {length}",
            hint="Take fewer bands, or longer windows.",
        )
    return filters


def _dct(count: int) -> Real:
    """Return the orthonormal DCT-II [input, output]."""
    angles = np.pi * (np.arange(count)[:, np.newaxis] + 0.5) * np.arange(count) / count
    scales = np.full(count, np.sqrt(2 / count))
    scales[0] = np.sqrt(1 / count)
    matrix: Real = np.cos(angles) * scales
    return matrix


def _constants(settings: _Mel, rate: int) -> Parameters:
    _, _, length = _sizes(settings, rate)
    given = {each.name: getattr(settings, each.name) for each in fields(_Mel)}
    return tuple({**given, "high_hz": settings.high_hz or rate / 2, "fft_length": length}.items())
