# SPDX-License-Identifier: Apache-2.0
"""The package's face: its names, and that nothing is imported before it is used."""

from __future__ import annotations

import inspect
import pkgutil
import sys
import typing

import pytest

import harness
from harness import proc
from tests.conftest import ROOT

FUNCTIONS = ("bench", "fit", "results", "run")


def test_no_package_has_the_name_of_a_function() -> None:
    packages = {module.name for module in pkgutil.iter_modules(harness.__path__)}
    assert packages & set(FUNCTIONS) == set()
    assert set(FUNCTIONS) < set(harness.__all__) <= set(dir(harness))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'harness' has no attribute 'bnch'"):
        _ = getattr(harness, "bn" + "ch")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_typed_and_documented(name: str) -> None:
    function = getattr(harness, name)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    parameters = inspect.signature(function).parameters
    assert "Raises" in function.__doc__
    assert all(parameter.annotation is not parameter.empty for parameter in parameters.values())
    assert f"harness.{name}(" in page
    assert [each for each in parameters if f"`{each}`" not in page] == []


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, harness; print(*(name for name in sys.modules if name.startswith('harness')))"
    ended = proc.run([sys.executable, "-c", code], timeout_seconds=60, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    assert ended.output.split() == ["harness"]


def test_a_bench_imports_neither_the_search_nor_the_training_stack() -> None:
    code = "import sys, harness; harness.bench, harness.BenchResult, harness.fit, harness.errors; print(*sys.modules)"
    ended = proc.run([sys.executable, "-c", code], timeout_seconds=60, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    loaded = set(ended.output.split())
    assert loaded & {"tensorflow", "optuna", "pandas", "harness.search", "harness.train", "harness.report"} == set()


def test_the_types_of_the_face_are_what_its_functions_return() -> None:
    assert typing.get_type_hints(harness.run)["return"] is harness.RunResult
    overloads = [typing.get_type_hints(one)["return"] for one in typing.get_overloads(harness.fit)]
    assert overloads == [harness.Fit, tuple[harness.Fit, ...]]
