# SPDX-License-Identifier: Apache-2.0
"""What a report says of a verification."""

from __future__ import annotations

from harness.records import Distance, Reference, Verification
from harness.report.words import verification_text

TFLM = Reference(package="tflite-micro", version="1", kernels="TFLM")


def text(distance: Distance | None, layers: int = 0) -> str:
    return verification_text(
        Verification(verified=True, rule="equal", reference=TFLM, inputs=8, layers=layers, distance=distance)
    )


def test_layers_are_named_where_they_were_compared() -> None:
    assert text(None) == "The device's answers equal those of tflite-micro 1 (TFLM kernels), over 8 inputs."
    assert text(None, layers=2).endswith("over 8 inputs and the outputs of 2 layers.")


def test_values_that_the_reference_refuses_are_counted() -> None:
    found = Verification(verified=True, rule="equal", reference=TFLM, inputs=8, layers=0, replaced_values=1_234)
    assert verification_text(found).endswith("over 8 inputs (1,234 values that it refuses replaced).")


def test_the_distance_to_the_tflite_reference_is_told() -> None:
    far = Distance(inputs=40, values=25_600, different=8_706, largest=3.0)
    assert text(far).endswith("The TFLite reference differs in 8,706 of 25,600 values (34.0 %), by at most 3.")
    near = Distance(inputs=40, values=480, different=0, largest=0.0)
    assert text(near).endswith("The TFLite reference gives the same 480 values.")
