# SPDX-License-Identifier: Apache-2.0
"""Recordings: features against other ways to compute them, folders of them, and what is refused by name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import BadTask
from harness.tasks import LogMel, Mfcc, Waveform, from_wav_folder

RATE = 8000

pytestmark = pytest.mark.skipif(find_spec("scipy") is None, reason="SciPy is not installed")


def tone(hertz: float, count: int = RATE) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(count) / RATE)


def mel(hertz: float) -> float:
    return 2595 * float(np.log10(1 + hertz / 700))


def write(file: Path, samples: NDArray[np.generic], rate: int = RATE) -> None:
    from scipy.io import wavfile

    file.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(file, rate, samples)


def folder_of_tones(folder: Path, *, speakers: int = 4) -> Path:
    """Two classes of tones, five from each speaker."""
    for name, hertz in (("high", 2000.0), ("low", 300.0)):
        for number in range(5 * speakers):
            samples = tone(hertz + 7 * number, RATE // 4 + number)
            write(folder / name / f"s{number % speakers}_{number}.wav", (samples * 32767).astype(np.int16))
    return folder


def test_a_tone_is_loudest_in_the_band_of_its_frequency() -> None:
    settings = LogMel(bands=20)
    found = settings.compute(tone(1000), RATE)
    assert found.shape == (1 + (RATE - 240) // 160, 20, 1)
    assert found.dtype == np.float32
    edges = np.linspace(mel(20), mel(RATE / 2), 22)
    nearest = int(np.argmin(np.abs(edges[1:-1] - mel(1000))))
    assert set(np.argmax(found[..., 0], axis=1)) == {nearest}


def test_the_spectrogram_is_what_the_formula_says() -> None:
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    samples = np.random.default_rng(5).uniform(-1, 1, 2000)
    found = LogMel(bands=8, window_ms=32, stride_ms=16, floor=1e-3).compute(samples, RATE)
    transform = ShortTimeFFT(hann(256, sym=False), hop=128, fs=RATE, mfft=256, phase_shift=None)
    first = np.abs(transform.stft(samples, p0=1, p1=2)[:, 0]) ** 2  # of samples 0 to 255
    edges = 700 * (10 ** (np.linspace(mel(20), mel(4000), 10) / 2595) - 1)
    bins = np.arange(129) * RATE / 256
    bands = [np.interp(bins, edges[k : k + 3], [0, 1, 0], left=0, right=0) for k in range(8)]
    np.testing.assert_allclose(found[0, :, 0], np.log([first @ band + 1e-3 for band in bands]), rtol=1e-5)


def test_cepstral_coefficients_are_the_orthonormal_transform_of_the_spectrogram() -> None:
    from scipy.fft import dct

    samples = np.random.default_rng(6).uniform(-1, 1, 2000)
    spectrum = LogMel(bands=20).compute(samples, RATE)[..., 0]
    found = Mfcc(bands=20, coefficients=7).compute(samples, RATE)[..., 0]
    np.testing.assert_allclose(found, dct(spectrum, norm="ortho")[:, :7], rtol=1e-4, atol=1e-4)


def test_a_folder_of_recordings_becomes_a_task_s_data(tmp_path: Path) -> None:
    data = from_wav_folder(folder_of_tones(tmp_path), sample_rate_hz=RATE, seconds=0.25, features=LogMel(bands=16))
    assert [len(split.inputs) for _, split in data.splits()] == [24, 8, 8]
    assert data.classes == ("high", "low")
    assert all(np.abs(split.inputs).max() <= 1 for _, split in data.splits())
    constants = dict(data.preprocessing)
    assert (constants["kind"], constants["bands"], constants["fft_length"], constants["samples"]) == (
        "log_mel",
        16,
        256,
        2000,
    )
    raw = LogMel(bands=16).compute(np.pad(tone(300, 2000), (0, 0)), RATE)
    assert abs((raw.mean() - float(constants["mean"])) / float(constants["scale"])) < 1


def test_what_one_speaker_said_stays_together(tmp_path: Path) -> None:
    folder = folder_of_tones(tmp_path, speakers=10)

    def speaker(file: Path) -> str:
        return file.name.partition("_")[0]

    data = from_wav_folder(folder, sample_rate_hz=RATE, seconds=0.1, features=Waveform(), group=speaker)
    assert [len(split.inputs) for _, split in data.splits()] == [60, 20, 20]
    assert data.preprocessing == (
        ("kind", "waveform"),
        ("sample_rate_hz", RATE),
        ("samples", 800),
        ("mean", 0.0),
        ("scale", 1.0),
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_every_type_of_samples_gives_the_same_waveform(dtype: type[np.generic], tmp_path: Path) -> None:
    wave = tone(200, 400)
    if dtype is np.uint8:
        stored = np.rint(wave * 128 + 128).astype(dtype)
    elif dtype is np.float32:
        stored = wave.astype(dtype)
    else:
        stored = np.rint(wave * np.iinfo(dtype).max).astype(dtype)  # type: ignore[type-var]
    for name in ("a", "b"):
        for number in range(5):
            write(tmp_path / name / f"{number}.wav", np.stack([stored, stored], axis=1))
    data = from_wav_folder(tmp_path, sample_rate_hz=RATE, seconds=0.05, features=Waveform())
    np.testing.assert_allclose(data.train.inputs[0, :, 0], wave, atol=1 / 100)


def test_a_wrong_recording_is_named(tmp_path: Path) -> None:
    folder_of_tones(tmp_path)

    def refused(says: str) -> None:
        with pytest.raises(BadTask, match=says):
            from_wav_folder(tmp_path, sample_rate_hz=RATE, seconds=0.25, features=LogMel(bands=16))

    wrong = tmp_path / "low" / "wrong.wav"
    write(wrong, np.zeros(800, np.int16), rate=44_100)
    refused(r"low/wrong\.wav has 44,100 samples a second, not 8,000\nConvert it")
    wrong.write_bytes(b"RIFF nothing")
    refused(r"low/wrong\.wav cannot be read")
    write(wrong, np.zeros(0, np.int16))
    refused(r"low/wrong\.wav (is empty|cannot be read)")


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (LogMel(bands=200), "lies between two bins"),
        (LogMel(high_hz=5000), "cannot be at 8000 Hz"),
        (LogMel(window_ms=0.1), "cannot be"),
        (Mfcc(coefficients=50), "50 coefficients of 40"),
        (LogMel(window_ms=300), "less than a window"),
    ],
)
def test_settings_that_cannot_be_are_refused(features: LogMel | Mfcc, says: str) -> None:
    with pytest.raises(BadTask, match=says):
        features.compute(tone(100, 2000), RATE)
