# SPDX-License-Identifier: Apache-2.0
"""A network of Keras 3 built anew in tf-keras, from its configuration and weights.

tf-keras reads none of the other's files: layers are named alike, but their settings, and how a graph of layers is
written down, differ (Keras 3: ``__keras_tensor__`` with its history; tf-keras: nested lists).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from harness.errors import BadModel
from harness.tasks import Floats, keras
from harness.train._loading import leaf_layers

Config: TypeAlias = Mapping[str, Any]

_NETWORKS = ("Functional", "Model", "Sequential")
# Settings of Keras 3 that say how it computes, not what.
_IDLE = ("quantization_config", "use_cudnn", "lora_rank", "lora_alpha", "autocast", "sparse", "ragged", "optional")
_OPERATION = re.compile(r"keras\.(src\.)?ops\b")
_LONGEST = 200  # characters of an error of Keras
_BASE = ("name", "trainable", "dtype")


def rebuild(config: str, weights: Sequence[Sequence[Floats]], *, native: bool, trust: bool) -> Any:
    """Return a network of tf-keras with the weights [layer][variable]; ``native`` says that tf-keras wrote ``config``.

    Raises BadModel, naming the layer, for what tf-keras lacks.
    """
    plain = json.loads(config)
    if native:
        try:
            model = keras().saving.deserialize_keras_object(plain, safe_mode=not trust)
        except Exception as error:  # Keras raises what it comes across
            raise BadModel(f"tf-keras cannot build the network: {_told(error)}") from error
    else:
        model = _network(plain)
    for layer, values in zip(leaf_layers(model), weights, strict=True):
        try:
            layer.set_weights(list(values))
        except ValueError as error:
            raise BadModel(f"the layer {layer.name!r} has other weights in tf-keras: {_told(error)}") from error
    return model


def _network(entry: Config) -> Any:
    kind, config = entry.get("class_name"), entry.get("config", {})
    if kind not in _NETWORKS:
        raise BadModel(f"the model is a {kind}, a class of its own: tf-keras can build Sequential and Functional ones")
    return _sequential(config) if kind == "Sequential" else _functional(config)


def _sequential(config: Config) -> Any:
    layers = [_layer(entry) for entry in config["layers"] if entry["class_name"] != "InputLayer"]
    inputs = [entry["config"]["batch_shape"] for entry in config["layers"] if entry["class_name"] == "InputLayer"]
    shape = inputs[0] if inputs else config.get("build_input_shape")
    if not shape:
        raise BadModel(f"the network {config.get('name')!r} has no input shape", hint="Begin it with keras.Input(...).")
    start = x = keras().layers.Input(tuple(shape[1:]), batch_size=shape[0])
    for layer in layers:
        x = layer(x)
    return keras().Model(start, x, name=config.get("name"))


def _functional(config: Config) -> Any:
    """Build a graph of layers; each call of a layer is done as soon as what it takes is there."""
    tensors: dict[tuple[str, int, int], Any] = {}
    waiting: list[tuple[str, int, Config]] = []
    layers: dict[str, Any] = {}
    for entry in config["layers"]:
        name = entry.get("name") or entry["config"]["name"]
        if entry["class_name"] == "InputLayer":
            tensors[name, 0, 0] = _input(entry["config"])
        else:
            layers[name] = _layer(entry)
            waiting += [(name, number, node) for number, node in enumerate(entry["inbound_nodes"])]
    while waiting:
        ready = [call for call in waiting if all(key in tensors for key in _taken(call[2]))]
        if not ready:
            raise BadModel(f"the layer {waiting[0][0]!r} takes a tensor that is not there")
        for name, number, node in ready:
            for at, tensor in enumerate(_listed(_call(layers[name], node, tensors))):
                tensors[name, number, at] = tensor
        waiting = [call for call in waiting if call not in ready]
    ends = [[tensors[_key(place)] for place in _places(config[end])] for end in ("input_layers", "output_layers")]
    return keras().Model(*(one[0] if len(one) == 1 else one for one in ends), name=config.get("name"))


def _call(layer: Any, node: Config, tensors: Mapping[tuple[str, int, int], Any]) -> Any:
    def value(given: Any) -> Any:
        if isinstance(given, dict):
            return tensors[_key(given["config"]["keras_history"])]
        return [value(each) for each in given] if isinstance(given, list) else given

    options = {name: value(given) for name, given in node["kwargs"].items() if given is not None}
    try:
        return layer(*map(value, node["args"]), **options)
    except Exception as error:  # Keras raises what it comes across
        raise BadModel(f"tf-keras cannot apply the layer {layer.name!r}: {_told(error)}") from error


def _taken(node: Config) -> list[tuple[str, int, int]]:
    """Return the tensors that a call takes. Raises BadModel for a constant among them."""
    found: list[tuple[str, int, int]] = []

    def collect(given: Any) -> None:
        if isinstance(given, dict) and given.get("class_name") != "__keras_tensor__":
            raise BadModel(f"a layer is given a {given.get('class_name')}, which tf-keras cannot take")
        if isinstance(given, dict):
            found.append(_key(given["config"]["keras_history"]))
        elif isinstance(given, list):
            for each in given:
                collect(each)

    collect([node["args"], *node["kwargs"].values()])
    return found


def _layer(entry: Config) -> Any:
    kind, config = str(entry["class_name"]), entry["config"]
    if kind in _NETWORKS:
        return _network(entry)
    if _OPERATION.match(str(entry.get("module"))):
        raise BadModel(f"the network computes {kind} between its layers, which is no layer that tf-keras could build")
    found = getattr(keras().layers, kind, None)
    if found is None:
        raise BadModel(f"tf-keras has no layer {kind} (the layer {config.get('name')!r})")
    try:
        return found.from_config(_translated(kind, config, str(config.get("name"))))
    except BadModel:
        raise
    except Exception as error:  # Keras raises what it comes across
        raise BadModel(f"tf-keras cannot build the layer {config.get('name')!r} ({kind}): {_told(error)}") from error


def _translated(kind: str, config: Config, name: str) -> dict[str, Any]:
    """Return the settings of a class of Keras as tf-keras takes them. Raises BadModel for one that it does not know."""
    known = {*_BASE, *_accepted(_class(kind))}
    found = {}
    for key, value in config.items():
        if key in known:
            found[key] = _value(value, name)
        elif value not in (None, False) and key not in _IDLE:
            raise BadModel(f"the layer {name!r} ({kind}) has {key}={value!r}, which tf-keras does not know")
    return found


def _class(kind: str) -> Any:
    """Return a class by its name, or None where tf-keras has none of that name."""
    places = (keras().layers, keras().initializers, keras().regularizers, keras().constraints)
    return next((found for place in places if isinstance(found := getattr(place, kind, None), type)), None)


def _accepted(found: Any) -> set[str]:
    kinds = [kind for kind in getattr(found, "__mro__", ()) if "__init__" in vars(kind) and kind is not object]
    return {name for kind in kinds for name in inspect.signature(kind.__init__).parameters}


def _value(value: Any, name: str) -> Any:
    """Translate a setting: a policy of types by its name, an object without the module that it comes from."""
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    kind, inner = str(value["class_name"]), value.get("config", {})
    if kind == "DTypePolicy":
        return inner["name"]
    return {"class_name": kind, "config": _translated(kind, inner, name) if isinstance(inner, dict) else inner}


def _input(config: Config) -> Any:
    shape = config["batch_shape"]
    return keras().layers.Input(tuple(shape[1:]), batch_size=shape[0], name=config["name"], dtype=config.get("dtype"))


def _key(place: Sequence[Any]) -> tuple[str, int, int]:
    name, node, tensor = place
    return str(name), int(node), int(tensor)


def _places(listed: Sequence[Any]) -> list[Sequence[Any]]:
    return [listed] if isinstance(listed[0], str) else list(listed)


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _told(error: Exception) -> str:
    """Say in a line what Keras says in many: what it came across, without all settings of the layer."""
    text = str(error).rpartition("Exception encountered: ")[2].strip()
    return f"{type(error).__name__}: {text.splitlines()[0][:_LONGEST] if text else ''}"
