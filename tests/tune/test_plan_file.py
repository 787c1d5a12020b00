# SPDX-License-Identifier: Apache-2.0
"""Kernel-plan files: what is written is read back, and what is no plan is refused by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.tune import LayerPlan, PlanFile, read_plan, write_plan

PLAN = PlanFile(
    model="kws.tflite",
    model_sha256="ab" * 32,
    board="mps2_an386",
    core="cortex-m4f",
    optimize="speed",
    objective="instructions",
    total=1234,
    ram_bytes=56,
    layers=(
        LayerPlan(name="conv_2d_0", variant="dsp", signature="CONV_2D s8s8", measured=(("dsp", 10), ("generic", 20.5))),
        LayerPlan(name="conv_2d_1", variant="generic", signature="CONV_2D s8s8"),
        LayerPlan(name="add_2", variant="generic"),
    ),
)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "a.toml")
    assert read_plan(tmp_path / "a.toml") == PLAN
    assert "measured = { dsp = 10, generic = 20.5 }" in (tmp_path / "a.toml").read_text(encoding="utf-8")


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_names_survive_the_file(tmp_path_factory: pytest.TempPathFactory, name: str, variant: str) -> None:
    plan = PlanFile(layers=(LayerPlan(name=name, variant=variant, measured=((variant, 1),)),), model=name)
    path = tmp_path_factory.getbasetemp() / "any.toml"
    write_plan(plan, path)
    assert read_plan(path) == plan


def test_a_plan_by_hand_needs_no_more_than_names_and_variants(tmp_path: Path) -> None:
    path = tmp_path / "hand.toml"
    path.write_text('schema = 1\n[[layers]]\nname = "conv_2d_0"\nvariant = "dsp"\n', encoding="utf-8")
    assert read_plan(path).by_name == (("conv_2d_0", "dsp"),)
    assert read_plan(path).by_signature == ()


def test_by_signature_the_first_of_equal_layers_counts() -> None:
    assert PLAN.by_signature == (("CONV_2D s8s8", "dsp"),)


def test_the_key_is_of_what_the_plan_decides(tmp_path: Path) -> None:
    same = PlanFile(layers=PLAN.layers, model="elsewhere.tflite")
    other = PlanFile(layers=PLAN.layers[:1])
    assert same.key == PLAN.key != other.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema = 1\nlayer = 3", "unknown key 'layer'"),
        ("schema = 2\n[[layers]]\nname='a'\nvariant='b'", "schema must be 1"),
        ("schema = 1", r"needs \[\[layers\]\]"),
        ("schema = 1\nlayers = []", r"needs \[\[layers\]\]"),
        ("schema = 1\nlayers = [1]", r"needs \[\[layers\]\]"),
        ("schema = 1\n[[layers]]\nname='a'", "layer 0 needs a name and a variant"),
        ("schema = 1\n[[layers]]\nname='a'\nvariant='b'\nkernel='c'", "layer 0: unknown key 'kernel'"),
        ("schema = 1\n[[layers]]\nname='a'\nvariant=3", "layer 0: variant must be a text"),
        ("schema = 1\n[[layers]]\nname='a'\nvariant='b'\nmeasured=3", "measured must be a table"),
        ("schema = 1\n[[layers]]\nname='a'\nvariant='b'\nmeasured={x='y'}", "layer 0: x must be a number"),
        ("schema = 1\ntotal = true\n[[layers]]\nname='a'\nvariant='b'", "total must be a number"),
        ("schema = 1\n[[layers]]\nname='a'\nvariant='b'\n[[layers]]\nname='a'\nvariant='c'", "'a' stands there twice"),
        ("schema = ", "is no kernel plan"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said) as caught:
        read_plan(path)
    assert "bad.toml" in caught.value.message


def test_files_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.toml cannot be read"):
        read_plan(tmp_path / "absent.toml")
    with pytest.raises(UserError, match="cannot be written"):
        write_plan(PLAN, tmp_path / "absent" / "a.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is no kernel plan"):
        read_plan(tmp_path / "binary.toml")
