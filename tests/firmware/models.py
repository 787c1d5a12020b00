# SPDX-License-Identifier: Apache-2.0
"""A model written by hand, small enough to count its bytes: what a runtime would render."""

from __future__ import annotations

from collections.abc import Mapping

from harness.graph import DType
from harness.runtimes import Port, RenderedModel

WEIGHTS_BYTES = 1000
ARENA_BYTES = 1024

_HEADER = """\
#ifndef TINY_H
#define TINY_H
extern float tiny_arena[256];
void tiny_layer(void);
void tiny_invoke(void);
void tiny_reset(void);
#endif
"""

_SOURCE = """\
#include <math.h>
#include <stdint.h>

#include "tiny.h"

static const int8_t weights[1000] = {@FIRST@, 2, 3};
float tiny_arena[256];

__attribute__((noinline)) void tiny_layer(void)
{
  for (int i = 0; i < 256; ++i) {
    tiny_arena[i] = expf(tiny_arena[i] * (float)weights[i * 3]);
  }
}

void tiny_invoke(void)
{
  tiny_layer();
}

void tiny_reset(void)
{
  tiny_arena[0] = 0.0f;
}
"""

_BINDING = """\
#include "harness_model.h"
#include "tiny.h"
@GLUE@
static const harness_tensor_t inputs[] = {{tiny_arena, 64}};
static const harness_tensor_t outputs[] = {{tiny_arena, 16}};
static const harness_layer_t layers[] = {{tiny_layer, {tiny_arena, 16}}};

const harness_model_t harness_model = {tiny_invoke, tiny_reset, 1, 1, 1, inputs, outputs, layers, 0};
"""


def port(name: str, size_bytes: int) -> Port:
    """A port of floats."""
    return Port(
        tensor=0,
        name=name,
        dtype=DType.FLOAT32,
        shape=(size_bytes // 4,),
        size_bytes=size_bytes,
        scale=None,
        zero_point=None,
    )


def tiny_model(*, first: int = 1, glue: str = "", more: Mapping[str, str] | None = None) -> RenderedModel:
    """A model of one layer; ``first`` is its first weight, ``glue`` C text of the binding, ``more`` other files."""
    files = {
        "tiny.h": _HEADER,
        "tiny.c": _SOURCE.replace("@FIRST@", str(first)),
        "tiny_binding.c": _BINDING.replace("@GLUE@", glue),
    }
    return RenderedModel(
        prefix="tiny",
        files=files | dict(more or {}),
        inputs=(port("x", 64),),
        outputs=(port("y", 16),),
        layers=(),
        plan=(),
        activations_bytes={"ram": ARENA_BYTES},
        weights_bytes=WEIGHTS_BYTES,
    )
