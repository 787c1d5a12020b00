# SPDX-License-Identifier: Apache-2.0
"""What a runtime promises: sources for a model, and what each of their layers is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from harness.boards import Board
from harness.graph import DType, Selection, Tensor

Kernels: TypeAlias = Literal["tflite", "tflm"]  # whose reference kernels the outputs are held against
KernelPlan: TypeAlias = tuple[tuple[str, str], ...]  # variants by layer name, as in a Deployment, or by signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output of the model."""

    tensor: int  # number in the model file
    name: str
    dtype: DType
    shape: tuple[int, ...]
    size_bytes: int
    scale: float | None
    zero_point: int | None


def port_of(tensor: Tensor) -> Port:
    """Return a tensor of the graph as an input or output."""
    q = tensor.quantization
    one = q is not None and len(q.scales) == 1
    return Port(
        tensor=tensor.index,
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        size_bytes=tensor.size_bytes,
        scale=q.scales[0] if q is not None and one else None,
        zero_point=q.zero_points[0] if q is not None and one else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInfo:
    """A layer of the generated code: its C function, and the tensor of the model file that it computes."""

    name: str  # for people: "conv_2d_3"
    op: str
    node: int  # operator's number in the model file
    symbol: str  # C function
    variant: str
    macs: int  # executed: without the channels that were left out
    output: Port  # as the device holds it
    fused: tuple[int, ...] = ()  # numbers of all operators that the layer stands for, where they are several
    selection: Selection | None = None  # the channels of the model file's tensor that ``output`` still has


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBuffer:
    """A tensor or scratch in the activation memory, and the layers during which it lives."""

    name: str
    region: str
    offset: int
    size_bytes: int
    first_layer: int
    last_layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A PlatformIO library that the sources need.

    Either ``requirement`` names one for the library manager, with its version, or ``files`` are what it consists of, by
    path in its folder, and go with the project under ``name``. ``macros`` are those that its own files are compiled
    with: who includes its headers must see the same.
    """

    name: str
    requirement: str = ""
    macros: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A firmware that finds out on the device what the final sources depend on.

    Its only output is an int32; ``finish`` makes the final rendering of it, or raises what the answer means.
    """

    sources: RenderedModel
    finish: Callable[[int], RenderedModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedModel:
    """C sources of a model, by file name, and all that the rest of the harness must know of them."""

    prefix: str  # C prefix of all symbols
    files: Mapping[str, str]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: tuple[LayerInfo, ...]
    plan: tuple[PlannedBuffer, ...]
    activations_bytes: Mapping[str, int]  # by memory region
    weights_bytes: int
    has_state: bool = False  # variables outlive an inference
    libraries: tuple[Library, ...] = ()
    kernels: Kernels = "tflite"
    probe: Probe | None = None  # to be answered before the files are there
    interpreted: bool = False  # runs in an interpreter of this process: there are no files

    @property
    def invoke_symbol(self) -> str:
        """C function of the whole inference, which the counter watches."""
        return f"{self.prefix}_invoke"


class Runtime(Protocol):
    """A module of this package; ``NAME`` and ``VERSION`` are part of a Deployment's identity."""

    NAME: str
    VERSION: str

    def render(
        self,
        model: bytes,
        board: Board,
        *,
        name: str,
        optimize: str = "speed",
        plan: KernelPlan = (),
        preferred: KernelPlan = (),
        library: Path | None = None,
    ) -> RenderedModel:
        """Turn a model called ``name`` (a path or a plain name, whatever it holds) into C for a board.

        ``plan`` names the kernel variants of some layers, ``preferred`` those of layers with a signature, where there
        are such layers; ``library`` is the folder of a PlatformIO library, for runtimes that wrap one. Raises BadModel,
        UnsupportedModel, UserError for a plan or library that does not fit, or DoesNotFit with the bytes
        missing, before anything is built.
        """
        ...
