"""What layers with weights share: the weights that they use, normalized once and for all where the layer has a `norm`."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from specc.door import identifier
from specc.onnx.writer import Place
from specc.vocabulary.layers.weighted import NormedLayer

SMALLEST = np.float32(1e-12)


def weight_of(layer: NormedLayer, place: Place, axis: int = 0) -> ir.Value:
    """The weight that the layer multiplies by; `axis` of it counts the outputs."""
    if layer.norm is None:
        return place.weight("weight")
    name, trained = identifier(place.node.name), place.writer.weights
    weight = np.asarray(trained[f"{name}.weight"], np.float32)
    matrix = np.swapaxes(weight, 0, axis).reshape(weight.shape[axis], -1)
    if layer.norm == "spectral":
        used = weight / _largest(matrix, np.asarray(trained[f"{name}.direction"]))
    else:
        sizes = [-1 if number == axis else 1 for number in range(weight.ndim)]
        factors = trained[f"{name}.length"] / np.maximum(np.linalg.norm(matrix, axis=1), SMALLEST)
        used = weight * factors.reshape(sizes)
    return place.writer.stored(f"{name}.weight, normalized", used, f"{place.node.name}.weight")


def _largest(matrix: np.ndarray, direction: np.ndarray) -> np.floating:
    """The largest singular value: `‖W v‖` with `v = Wᵀu / ‖Wᵀu‖`, u the direction that was kept."""
    vector = matrix.T @ direction
    vector = vector / np.maximum(np.linalg.norm(vector), SMALLEST)
    return np.maximum(np.linalg.norm(matrix @ vector), SMALLEST)
