# SPDX-License-Identifier: Apache-2.0
"""The face of generated code: what an application sees, several models in one program, hostile names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import proc
from harness.boards import load_board
from harness.reference import Golden, standard_inputs
from harness.runtimes import RenderedModel
from harness.runtimes.codegen import RUNTIME
from harness.testing.host import SANITIZERS, STRICT
from tests.runtimes.models import small_network

HOST = load_board("host")


def write(rendered: RenderedModel, folder: Path) -> list[str]:
    """Write a model's files; return those that an application compiles."""
    for name, text in rendered.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [name for name in rendered.files if name.endswith(".c") and not name.endswith("_binding.c")]


def compile_and_run(folder: Path, main: str, sources: list[str], *flags: str) -> str:
    (folder / "main.c").write_text(main, encoding="utf-8")
    command = ["gcc", *STRICT, *SANITIZERS, *flags, "main.c", *sources, "-o", "program", "-lm"]
    built = proc.run(command, timeout_seconds=120, cwd=folder)
    assert built.exit_code == 0, built.output
    ended = proc.run([str(folder / "program")], timeout_seconds=60, cwd=folder)
    assert ended.exit_code == 0, ended.output
    return ended.output


def golden_output(model: bytes, rendered: RenderedModel) -> list[int]:
    (port,) = rendered.inputs
    (output,) = Golden(model).outputs([standard_inputs(port.dtype, port.shape, port.zero_point)[0][1]])
    return [int(value) for value in output.reshape(-1)]


FEED = """
static void feed(int8_t *input, int32_t size)
{
  for (int32_t k = 0; k < size; k++) {
    input[k] = (int8_t)(k * 37 + 11);
  }
}
"""


def test_an_application_needs_the_header_alone(tmp_path: Path) -> None:
    model = small_network()
    rendered = RUNTIME.render(model, HOST, name="net.tflite")
    main = f"""
#include <stdio.h>
#include "net.h"
{FEED}
int main(void)
{{
  static const int32_t shape[NET_INPUT_0_RANK] = NET_INPUT_0_SHAPE;
  net_reset();
  feed(net_input_0, NET_INPUT_0_ELEMENTS);
  net_invoke();
  for (int k = 0; k < NET_OUTPUT_0_ELEMENTS; k++) {{
    printf("%d ", net_output_0[k]);
  }}
  printf("%d %d %d %d %.9g %d %s", NET_INTERFACE_VERSION, NET_INPUT_COUNT, NET_OUTPUT_COUNT, (int)shape[3],
         (double)NET_INPUT_0_SCALE, NET_INPUT_0_ZERO_POINT, NET_MODEL_SHA256);
  return 0;
}}
"""
    words = compile_and_run(tmp_path, main, write(rendered, tmp_path)).split()
    assert [int(word) for word in words[:4]] == golden_output(model, rendered)
    assert words[4:10] == ["1", "1", "1", "5", "0.0500000007", "3"]
    assert words[10] in rendered.files["net.c"]


def test_two_models_in_one_program_work(tmp_path: Path) -> None:
    models = {"one": small_network(channels=3, seed=1), "two": small_network(channels=5, seed=2)}
    rendered = {name: RUNTIME.render(model, HOST, name=name) for name, model in models.items()}
    sources = [source for one in rendered.values() for source in write(one, tmp_path)]
    main = f"""
#include <stdio.h>
#include "one.h"
#include "two.h"
{FEED}
int main(void)
{{
  feed(one_input_0, ONE_INPUT_0_ELEMENTS);
  feed(two_input_0, TWO_INPUT_0_ELEMENTS);
  one_invoke();
  two_invoke();
  for (int k = 0; k < ONE_OUTPUT_0_ELEMENTS; k++) {{
    printf("%d %d ", one_output_0[k], two_output_0[k]);
  }}
  return 0;
}}
"""
    numbers = [int(word) for word in compile_and_run(tmp_path, main, sources).split()]
    assert numbers[0::2] == golden_output(models["one"], rendered["one"])
    assert numbers[1::2] == golden_output(models["two"], rendered["two"])


def test_two_models_may_take_turns_in_memory_of_the_application(tmp_path: Path) -> None:
    models = {"one": small_network(channels=3, seed=1), "two": small_network(channels=5, seed=2)}
    rendered = {name: RUNTIME.render(model, HOST, name=name) for name, model in models.items()}
    sources = [source for one in rendered.values() for source in write(one, tmp_path)]
    main = f"""
#include <stdio.h>
#include "one.h"
#include "two.h"
__attribute__((aligned(16))) uint8_t arena[TWO_ACTIVATIONS_RAM_BYTES];
{FEED}
int main(void)
{{
  feed(one_input_0, ONE_INPUT_0_ELEMENTS);
  one_invoke();
  for (int k = 0; k < ONE_OUTPUT_0_ELEMENTS; k++) {{
    printf("%d ", one_output_0[k]);
  }}
  feed(two_input_0, TWO_INPUT_0_ELEMENTS);
  two_invoke();
  for (int k = 0; k < TWO_OUTPUT_0_ELEMENTS; k++) {{
    printf("%d ", two_output_0[k]);
  }}
  return (uint8_t *)two_input_0 >= arena && (uint8_t *)two_input_0 < arena + sizeof arena ? 0 : 1;
}}
"""
    flags = ("-DONE_ACTIVATIONS_RAM=arena", "-DTWO_ACTIVATIONS_RAM=arena")
    numbers = [int(word) for word in compile_and_run(tmp_path, main, sources, *flags).split()]
    assert numbers == [number for name in models for number in golden_output(models[name], rendered[name])]


def test_generated_headers_serve_a_cpp_program(tmp_path: Path) -> None:
    write(RUNTIME.render(small_network(), HOST, name="net"), tmp_path)
    (tmp_path / "main.cpp").write_text('#include "net.h"\nint main() { net_invoke(); return net_input_0[0]; }\n')
    built = proc.run(
        ["gcc", "-x", "c++", "-Wall", "-Wextra", "-Werror", "-c", "main.cpp"], timeout_seconds=60, cwd=tmp_path
    )
    assert built.exit_code == 0, built.output


def test_every_generated_file_names_the_tool_the_model_and_the_board() -> None:
    rendered = RUNTIME.render(small_network(), HOST, name="net")
    for name, text in rendered.files.items():
        assert text.startswith("/* SPDX-License-Identifier: MIT-0 */\n")
        if name != "harness_model_macros.h":
            assert re.search(r"Generated by mcu-harness \S+ for host; do not edit\.", text)
            assert re.search(r"Model: SHA-256 [0-9a-f]{64}$", text, re.MULTILINE)


def test_generated_lines_are_at_most_120_columns_and_hold_no_tabs() -> None:
    rendered = RUNTIME.render(small_network(channels=16), HOST, name="auto" * 20)
    for text in rendered.files.values():
        assert max(len(line) for line in text.splitlines()) <= 120
        assert "\t" not in text
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


HOSTILE = [
    '*/ #error "x" /*',
    '"; system("id"); //',
    "{{ 7 * 7 }}",
    "${HOME}",
    "a\nb\\\n??/",
    "<script>",
    "%s%n",
    "\u202e",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_tensor_leaves_no_trace_but_the_hash(name: str) -> None:
    def without_hash(model: bytes) -> dict[str, str]:
        files = RUNTIME.render(model, HOST, name="net").files
        return {file: re.sub(r"[0-9a-f]{64}", "", text) for file, text in files.items()}

    assert without_hash(small_network(names=name)) == without_hash(small_network(names="plain"))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_a_hostile_name_of_a_file_becomes_plain_identifiers(name: str) -> None:
    rendered = RUNTIME.render(small_network(), HOST, name=name)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", rendered.prefix)
    for file, text in rendered.files.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*\.[ch]", file)
        assert text.isascii()
        assert text.replace(rendered.prefix, "net").replace(rendered.prefix.upper(), "NET").count("system") == 0
