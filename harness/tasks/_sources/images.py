# SPDX-License-Identifier: Apache-2.0
"""The data of a task in a folder of images by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harness.errors import BadTask, UserError
from harness.tasks._base import Data, Floats
from harness.tasks._sources.folders import read_folder

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
_LARGEST_PIXELS = 64_000_000


def from_image_folder(
    folder: str | Path,
    *,
    size: tuple[int, int],
    channels: Literal[1, 3] = 1,
    mean: float | Sequence[float] = 0.0,
    scale: float | Sequence[float] = 255.0,
    classes: Sequence[str] = (),
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    group: Callable[[Path], str] | None = None,
) -> Data:
    """Read ``FOLDER/CLASS/image`` as inputs [height, width, channel] of ``(pixel - mean) / scale``, split by class.

    ``size`` is height and width, to which images are resized (bilinear) after they are turned as their camera says; one
    channel is grey, three are red, green and blue; ``mean`` and ``scale`` are of the pixel's 0 to 255, one for all
    channels or one each. With folders ``train`` and ``test`` (``validation``) the classes are in these, and nothing is
    split. ``group`` names what must stay together, such as the person of a file.
    Needs Pillow. Raises BadTask, naming the file, for what is no image.
    """
    pillow = _pillow()
    constants = {"mean": _of_channels("mean", mean, channels), "scale": _of_channels("scale", scale, channels)}
    means, scales = (np.array(values, np.float32) for values in constants.values())
    if not scales.all():
        raise BadTask("scale must not be 0")

    def read(file: Path) -> Floats:
        pixels = _pixels(pillow, file, size, channels)
        return ((pixels - means) / scales).astype(np.float32)

    numbered = [
        (name if len(set(values)) == 1 else f"{name}_{channel}", float(value))
        for name, values in constants.items()
        for channel, value in enumerate(values[:1] if len(set(values)) == 1 else values)
    ]
    return read_folder(
        Path(folder),
        _SUFFIXES,
        read,
        classes=classes,
        validation=validation,
        test=test,
        seed=seed,
        group=group,
        preprocessing=(
            ("kind", "image"),
            ("height", size[0]),
            ("width", size[1]),
            ("channels", channels),
            ("resize", "bilinear"),
            *numbered,
        ),
    )


def _pillow() -> Any:
    try:
        from PIL import Image, ImageOps
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'mcu-harness[train]'"
        raise UserError("images are read by the package Pillow, which is not installed", hint=hint) from error
    return Image, ImageOps


def _pixels(pillow: Any, file: Path, size: tuple[int, int], channels: int) -> Floats:
    """Return an image [height, width, channel] of 0 to 255."""
    image_module, operations = pillow
    try:
        with image_module.open(file) as opened:
            if opened.width * opened.height > _LARGEST_PIXELS:
                raise BadTask(f"the image {file} has {opened.width} x {opened.height} pixels, which is too large")
            image = operations.exif_transpose(opened).convert("L" if channels == 1 else "RGB")
    except BadTask:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they come across
        raise BadTask(f"the image {file} cannot be read: {type(error).__name__}: {error}") from error
    height, width = size
    if image.size != (width, height):
        image = image.resize((width, height), image_module.Resampling.BILINEAR)
    return np.asarray(image, np.float32).reshape(height, width, channels)


def _of_channels(name: str, given: float | Sequence[float], channels: int) -> tuple[float, ...]:
    values = (float(given),) * channels if isinstance(given, (int, float)) else tuple(map(float, given))
    if len(values) != channels:
        raise BadTask(f"{name} has {len(values)} numbers for {channels} channels")
    return values
