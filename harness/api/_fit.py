# SPDX-License-Identifier: Apache-2.0
"""``harness.fit``: whether a model fits, told without a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import overload

from harness.boards import board_ids, load_board
from harness.errors import UnsupportedModel
from harness.footprint import Fit, fit_all
from harness.tflite import read_file

__all__ = ["Fit", "fit"]


@overload
def fit(model: str | Path | bytes, *, board: str) -> Fit: ...


@overload
def fit(model: str | Path | bytes, *, board: list[str] | tuple[str, ...] | None = None) -> tuple[Fit, ...]: ...


def fit(model: str | Path | bytes, *, board: str | list[str] | tuple[str, ...] | None = None) -> Fit | tuple[Fit, ...]:
    """Tell at once whether a model fits a board, several boards, or (without ``board``) each board there is.

    ``model`` is the path of a ``.tflite`` file, or its bytes; a board is an id, or the path of a board's file. What one
    board gives is a ``Fit``, what several give a tuple of them. Raises BadModel, UnsupportedModel, BadBoard, and
    UserError where the file cannot be read; a model that does not fit is an answer, not an error. Without ``board``,
    boards that have no kernel for one of its layers are passed over.
    """
    if board is None:
        return fit_each(model)[0]
    names: Sequence[str] = [board] if isinstance(board, str) else board
    data, name = _model(model)
    fits = fit_all(data, [load_board(each) for each in names], name=name)
    return fits[0] if isinstance(board, str) else fits


def fit_each(
    model: str | Path | bytes, boards: Sequence[str] | None = None
) -> tuple[tuple[Fit, ...], Mapping[str, UnsupportedModel]]:
    """Return what boards give, and why those that have no kernel for a layer give nothing; all boards without a list.

    Raises BadBoard for any that there is not, UnsupportedModel where no board has the kernels.
    """
    data, name = _model(model)
    refused: dict[str, UnsupportedModel] = {}
    fits = fit_all(data, [load_board(each) for each in boards or board_ids()], name=name, refused=refused)
    if not fits:
        raise next(iter(refused.values()))
    return fits, refused


def _model(model: str | Path | bytes) -> tuple[bytes, str]:
    return (model, "model.tflite") if isinstance(model, bytes) else (read_file(Path(model)), str(model))
