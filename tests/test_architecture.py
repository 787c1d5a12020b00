# SPDX-License-Identifier: Apache-2.0
"""What import-linter does not see: third parties in their places, small files, no cycles, quick help."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from harness import proc
from tests.conftest import ROOT

PACKAGE = ROOT / "harness"

# Third party -> the modules that may import it, as prefixes after "harness.".
CONFINED = {
    "tensorflow": ("train", "compress", "tasks"),
    "keras": ("train", "compress", "tasks"),
    "tf_keras": ("train", "compress", "tasks"),
    "tensorflow_model_optimization": ("train", "compress", "tasks"),
    "sklearn": ("tasks",),
    "scipy": ("tasks",),
    "PIL": ("tasks",),
    "ai_edge_litert": ("reference",),
    "optuna": ("search",),
    "jinja2": ("emit.env", "report"),
    "plotly": ("report",),
    "pandas": ("report", "api._results"),
    "serial": ("transports", "power"),
    "elftools": ("firmware", "emulation"),
    "subprocess": ("proc",),
    "sqlalchemy": ("store",),
}
ONLY_IN_FUNCTIONS = {"tensorflow", "keras", "tf_keras", "tensorflow_model_optimization", "sklearn", "scipy", "PIL"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager"}
MAX_LINES = 320
SOURCE_SUFFIXES = {".py", ".c", ".h", ".S", ".ld", ".sh", ".j2", ".js", ".css"}
NUMPY_ALONE = ("graph", "tflite", "ops", "passes", "memory", "link")
HEAVY = {"tensorflow", "optuna", "pandas", "platformio", "sqlalchemy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import statement of a module of the package."""

    importer: str  # dotted, without "harness."
    imported: str
    in_function: bool

    @property
    def top(self) -> str:
        return self.imported.partition(".")[0]

    def __str__(self) -> str:
        return f"harness.{self.importer} imports {self.imported}"


def sources(*folders: str) -> list[Path]:
    """Return the source files of folders of the checkout; what git ignores lies in folders left out here."""
    ignored = {"__pycache__", ".pio", "node_modules"}
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SOURCE_SUFFIXES and not path.name.endswith(".md.j2") and not ignored & set(path.parts)
    )


def imports_of(path: Path) -> Iterator[Import]:
    importer = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")

    def walk(node: ast.AST, *, in_function: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            names: list[str] = []
            if isinstance(child, ast.Import):
                names = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom) and child.level == 0 and child.module is not None:
                names = [child.module]
                if child.module == "harness":  # "from harness import proc" imports harness.proc
                    names = [f"harness.{alias.name}" for alias in child.names]
            for name in names:
                yield Import(importer=importer, imported=name, in_function=in_function)
            is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from walk(child, in_function=in_function or is_function)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), in_function=False)


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    return [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def assert_none(offenders: Iterable[object]) -> None:
    """Fail with one line an offender, however many there are."""
    lines = [str(offender) for offender in offenders]
    assert not lines, "\n" + "\n".join(lines)


def is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the names of all modules that it has then."""
    script = f"{code}\nimport sys, json\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    ended = proc.run([sys.executable, "-c", script], timeout_seconds=60, cwd=ROOT)
    assert ended.exit_code == 0, ended.output
    names: list[str] = json.loads(ended.output.splitlines()[-1])
    return set(names)


@pytest.mark.parametrize("third_party", sorted(CONFINED))
def test_a_third_party_is_imported_only_in_its_place(third_party: str, imports: list[Import]) -> None:
    places = CONFINED[third_party]
    assert_none(one for one in imports if one.top == third_party and not is_within(one.importer, places))


def test_the_training_stack_is_imported_only_inside_functions(imports: list[Import]) -> None:
    assert_none(one for one in imports if one.top in ONLY_IN_FUNCTIONS and not one.in_function)


def test_packages_do_not_import_each_other_in_a_circle(imports: list[Import]) -> None:
    edges: dict[str, set[str]] = {}
    for one in imports:
        imported = one.imported.split(".")
        importer = one.importer.partition(".")[0]
        if imported[0] == "harness" and len(imported) > 1 and imported[1] != importer:
            edges.setdefault(importer, set()).add(imported[1])
    assert len(edges) > 10  # the graph was read
    TopologicalSorter(edges).prepare()  # raises CycleError, which names the circle


def test_files_are_short() -> None:
    files = sources("harness", "tests", "scripts", "benchmarks", "firmware_templates", "boards")
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert len(lines) > 50
    assert_none(f"{path.relative_to(ROOT)}: {count} lines" for path, count in lines.items() if count > MAX_LINES)


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert_none(path for path in PACKAGE.rglob("*") if path.stem.strip("_").lower() in FORBIDDEN_NAMES)


def test_every_source_file_names_its_licence() -> None:
    files = [*sources("harness", "tests", "scripts", "benchmarks", "firmware_templates", "boards"), ROOT / "setup.py"]
    assert_none(path.relative_to(ROOT) for path in files if not _names_licence(path))


def _names_licence(path: Path) -> bool:
    head = path.read_text(encoding="utf-8").splitlines()[:8]
    return not head or any("SPDX-License-Identifier: " in line for line in head)


def test_nothing_committed_names_a_place_of_one_machine() -> None:
    listed = proc.run(["git", "ls-files", "-z"], timeout_seconds=30, cwd=ROOT)
    if listed.exit_code != 0:
        pytest.skip("not a git checkout")
    # Written in two halves, for this file is searched as well.
    traces = ("/wo" + "rk/", "/ro" + "ot/", "py" + "pi.org", "python" + "hosted", "npm" + "js.org", "/opt/" + "pypi")
    found = []
    for name in filter(None, listed.output.split("\0")):
        path = ROOT / name
        text = path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else ""
        found += [f"{name}: {trace}" for trace in traces if trace in text]
    assert_none(found)


def test_the_lock_pins_every_package_by_hash_and_names_no_place() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    pins = [line for line in told if not line.startswith("--hash=sha256:")]
    assert len(pins) > 50
    assert_none(line for line in pins if "==" not in line or not line.endswith("\\"))
    assert_none(line for line in lines if "://" in line or "/" in line.partition("--hash")[0])


def test_the_help_imports_nothing_heavy() -> None:
    modules = modules_after("from harness.cli.app import run\nassert run(['--help']) == 0")
    assert "harness.cli.app" in modules
    assert modules & HEAVY == set()


@pytest.mark.parametrize("package", NUMPY_ALONE)
def test_the_core_of_the_compiler_needs_numpy_alone(package: str) -> None:
    everything = f"import importlib, pkgutil, harness.{package} as p\n" + (
        "[importlib.import_module(f'{p.__name__}.{m.name}') for m in pkgutil.iter_modules(p.__path__)]"
    )
    # What an interpreter has before any import of ours does not count: start-up files of the environment.
    tops = {name.partition(".")[0] for name in modules_after(everything) - modules_after("")}
    assert tops - set(sys.stdlib_module_names) - {"harness", "numpy", "__mp_main__"} == set()
