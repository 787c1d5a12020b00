# SPDX-License-Identifier: Apache-2.0
"""The data of a task in a folder of recordings (WAV files) by class."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import BadTask, UserError
from harness.tasks._base import Data, Floats, Split
from harness.tasks._sources.features import Features, LogMel, Mfcc, Real, Waveform
from harness.tasks._sources.folders import read_folder

__all__ = ["LogMel", "Mfcc", "Waveform", "from_wav_folder"]

_DEVIATIONS = 4.0  # of the training data, that the range of inputs holds


def from_wav_folder(
    folder: str | Path,
    *,
    sample_rate_hz: int,
    seconds: float,
    features: Features,
    mean: float | None = None,
    scale: float | None = None,
    classes: Sequence[str] = (),
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    group: Callable[[Path], str] | None = None,
) -> Data:
    """Read ``FOLDER/CLASS/file.wav`` as features, split by class; each recording is cut, or filled up with silence.

    Channels are averaged. Inputs are ``(feature - mean) / scale``, clipped to -1 to 1; ``mean`` and ``scale`` are,
    where not given, the mean and four standard deviations of the training data (of a waveform 0 and 1). With folders
    ``train`` and ``test`` (``validation``) the classes are in these, and nothing is split. ``group`` names what must
    stay together, such as the speaker of a file.
    Needs SciPy. Raises BadTask, naming the file, for what is no WAV file or of another sample rate.
    """
    wavfile = _wavfile()
    count = round(sample_rate_hz * seconds)

    def read(file: Path) -> Floats:
        samples = _samples(wavfile, file, sample_rate_hz)[:count]
        return features.compute(np.pad(samples, (0, count - len(samples))), sample_rate_hz)

    data = read_folder(
        Path(folder),
        (".wav",),
        read,
        classes=classes,
        validation=validation,
        test=test,
        seed=seed,
        group=group,
        preprocessing=(),
    )
    if isinstance(features, Waveform):
        mean, scale = mean or 0.0, scale or 1.0
    mean = float(np.mean(data.train.inputs)) if mean is None else mean
    scale = (_DEVIATIONS * float(np.std(data.train.inputs)) or 1.0) if scale is None else scale
    named = {"sample_rate_hz": sample_rate_hz, "samples": count, "mean": mean, "scale": scale}
    return replace(
        data,
        train=_scaled(data.train, mean, scale),
        validation=_scaled(data.validation, mean, scale),
        test=_scaled(data.test, mean, scale),
        preprocessing=(*features.constants(sample_rate_hz), *named.items()),
    )


def _scaled(split: Split, mean: float, scale: float) -> Split:
    inputs = np.clip((split.inputs - np.float32(mean)) / np.float32(scale), -1, 1).astype(np.float32)
    return replace(split, inputs=inputs)


def _wavfile() -> Any:
    try:
        from scipy.io import wavfile
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'mcu-harness[train]'"
        raise UserError("recordings are read by the package SciPy, which is not installed", hint=hint) from error
    return wavfile


def _samples(wavfile: Any, file: Path, sample_rate_hz: int) -> Real:
    """Return the samples of a recording, -1 to 1, its channels averaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of chunks that are no samples
            rate, samples = wavfile.read(file)
    except Exception as error:  # the reader raises whatever it comes across
        raise BadTask(f"the recording {file} cannot be read: {type(error).__name__}: {error}") from error
    if rate != sample_rate_hz:
        raise BadTask(
            f"the recording {file} has {rate:,} samples a second, not {sample_rate_hz:,}",
            hint=f"Convert it, such as: ffmpeg -i {file.name} -ar {sample_rate_hz} OUT.wav",
        )
    if samples.dtype == np.uint8:
        values = (samples.astype(np.float64) - 128) / 128
    elif samples.dtype.kind == "i":
        values = samples / -float(np.iinfo(samples.dtype).min)
    else:
        values = samples.astype(np.float64)
    mono: Real = values.mean(axis=1) if values.ndim == 2 else values
    if not len(mono) or not np.isfinite(mono).all():
        raise BadTask(f"the recording {file} is empty, or holds what is no number")
    return mono
