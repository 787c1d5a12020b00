# SPDX-License-Identifier: Apache-2.0
"""Where a task's data come from: arrays, an ``.npz`` file, folders of images or recordings, ``tf.data``."""

from harness.tasks._sources.arrays import from_arrays
from harness.tasks._sources.images import from_image_folder
from harness.tasks._sources.npz import from_npz
from harness.tasks._sources.pipeline import from_dataset
from harness.tasks._sources.sound import LogMel, Mfcc, Waveform, from_wav_folder

__all__ = [
    "LogMel",
    "Mfcc",
    "Waveform",
    "from_arrays",
    "from_dataset",
    "from_image_folder",
    "from_npz",
    "from_wav_folder",
]
