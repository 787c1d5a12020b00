# SPDX-License-Identifier: Apache-2.0
"""Tasks: what networks are searched for and trained on. One file a task."""

from harness.records import Parameters
from harness.tasks._base import (
    Array,
    Build,
    Choice,
    Data,
    Family,
    Floats,
    Score,
    Space,
    Split,
    Task,
    TrainingPlan,
    accuracy,
)
from harness.tasks._given import GivenModel
from harness.tasks._load import LoadedTask, Need, load_task, start_text, task_key
from harness.tasks._quiet import captured_stderr
from harness.tasks._sources import (
    LogMel,
    Mfcc,
    Waveform,
    from_arrays,
    from_dataset,
    from_image_folder,
    from_npz,
    from_wav_folder,
)
from harness.tasks._space import CornerSpace, FixedSpace, RecordingSpace
from harness.tasks._stack import keras, model_optimization, tensorflow

__all__ = [
    "Array",
    "Build",
    "Choice",
    "CornerSpace",
    "Data",
    "Family",
    "FixedSpace",
    "Floats",
    "GivenModel",
    "LoadedTask",
    "LogMel",
    "Mfcc",
    "Need",
    "Parameters",
    "RecordingSpace",
    "Score",
    "Space",
    "Split",
    "Task",
    "TrainingPlan",
    "Waveform",
    "accuracy",
    "captured_stderr",
    "from_arrays",
    "from_dataset",
    "from_image_folder",
    "from_npz",
    "from_wav_folder",
    "keras",
    "load_task",
    "model_optimization",
    "start_text",
    "task_key",
    "tensorflow",
]
