# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.compress import Network, load_technique
from harness.compress.filter_pruning import remove_filters
from harness.errors import UnsupportedModel, UserError
from harness.tasks import keras
from harness.testing.compression import example_inputs, example_network, train_briefly
from harness.tflite import read_model
from harness.train import convert


def shapes(model: Any) -> list[tuple[int, ...]]:
    return [tuple(layer.get_weights()[0].shape) for layer in model.layers if layer.get_weights()]


def silence(model: Any, layer: str, filters: Sequence[int]) -> None:
    """Make filters of a layer zero, with their bias."""
    weights = model.get_layer(layer).get_weights()
    for values in weights:
        values[..., filters] = 0
    model.get_layer(layer).set_weights(weights)


def named(model: Any, kind: str) -> list[str]:
    return [layer.name for layer in model.layers if type(layer).__name__ == kind]


def test_shapes_shrink_through_every_layer_that_follows() -> None:
    model = example_network().model
    assert shapes(model) == [(3, 3, 1, 8), (8,), (3, 3, 8, 2), (1, 1, 16, 12), (48, 10), (10, 4)]
    smaller = remove_filters(model, 0.5)
    assert shapes(smaller) == [(3, 3, 1, 4), (4,), (3, 3, 4, 2), (1, 1, 8, 6), (24, 5), (5, 4)]
    assert smaller.count_params() < model.count_params() / 2


def test_the_converted_model_holds_the_smaller_layers_and_is_smaller() -> None:
    network = example_network()
    pruned = Network(model=remove_filters(network.model, 0.5))
    whole, small = (convert(each, example_inputs(), name="m") for each in (network, pruned))
    assert len(small) < 0.7 * len(whole)
    channels = {t.shape[-1] for t in read_model(small, name="m").tensors.values() if len(t.shape) == 4}
    assert channels == {1, 4, 6, 8}  # of kernels and maps; 12 and 16 are gone


def test_removing_filters_that_give_nothing_changes_no_output() -> None:
    model = example_network().model
    for kind in ("Conv2D", "Dense"):
        for layer in named(model, kind)[:2]:
            if layer != model.layers[-1].name:
                count = model.get_layer(layer).get_weights()[0].shape[-1]
                silence(model, layer, list(range(0, count, 2)))
    outputs = model.predict(example_inputs(), verbose=0)
    smaller = remove_filters(model, 0.5)
    assert shapes(smaller)[0] == (3, 3, 1, 4)
    np.testing.assert_allclose(smaller.predict(example_inputs(), verbose=0), outputs, atol=1e-6)


def test_the_filters_of_the_largest_norm_are_left_in_their_order() -> None:
    model = example_network().model
    first = named(model, "Conv2D")[0]
    kernel = model.get_layer(first).get_weights()[0]
    kernel[..., :] = np.array([1, 8, 2, 7, 3, 6, 4, 5], np.float32)
    model.get_layer(first).set_weights([kernel])
    left = remove_filters(model, 0.5).get_layer(first).get_weights()[0]
    assert left[0, 0, 0].tolist() == [8, 7, 6, 5]


def test_the_last_layer_keeps_its_outputs_and_every_layer_a_filter() -> None:
    smaller = remove_filters(example_network().model, 0.99)
    assert smaller.output_shape == (None, 4)
    assert shapes(smaller)[0] == (3, 3, 1, 1)


def test_nothing_is_removed_for_a_fraction_of_zero() -> None:
    model = example_network().model
    same = remove_filters(model, 0.0)
    assert shapes(same) == shapes(model)
    np.testing.assert_array_equal(same.predict(example_inputs(), verbose=0), model.predict(example_inputs(), verbose=0))


def test_a_sequential_network_is_pruned_too() -> None:
    layers = keras().layers
    model = keras().Sequential([layers.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    assert shapes(remove_filters(model, 0.25)) == [(6, 6), (6, 3)]


def test_the_network_is_fine_tuned() -> None:
    seen: list[Any] = []

    def fine_tune(model: Any, *, callbacks: Sequence[Any] = ()) -> int:
        seen.append(model)
        return 1

    technique = load_technique("filter_pruning")
    pruned = technique.apply(example_network(), {"fraction": 0.5}, fine_tune=fine_tune, seed=0)
    assert seen == [pruned.model]


def test_a_branch_is_refused_by_name() -> None:
    layers = keras().layers
    start = layers.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", name="fork")(start)
    y = layers.Add(name="join")([x, layers.Conv2D(4, 3, padding="same")(x)])
    with pytest.raises(UnsupportedModel, match="'fork' stands at a branch"):
        remove_filters(keras().Model(start, y), 0.5)


def test_an_unknown_layer_is_refused_by_name() -> None:
    layers = keras().layers
    start = layers.Input((8, 8, 4))
    x = layers.Dense(3)(layers.Flatten()(layers.SeparableConv2D(4, 3, name="strange")(start)))
    with pytest.raises(UnsupportedModel, match="'strange' \\(SeparableConv2D\\)"):
        remove_filters(keras().Model(start, x), 0.5)


@pytest.mark.parametrize("parameters", [{}, {"fraction": 1.0}, {"fraction": -0.1}, {"fraction": "a"}, {"share": 0.5}])
def test_wrong_parameters_are_refused(parameters: dict[str, float | str]) -> None:
    with pytest.raises(UserError, match="takes a fraction"):
        load_technique("filter_pruning").apply(Network(model=None), parameters, fine_tune=train_briefly, seed=0)
