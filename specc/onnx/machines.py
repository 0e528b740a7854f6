"""A restricted Boltzmann machine as ONNX operators: what each side receives from the other."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from specc.door import identifier
from specc.machines import plain_units
from specc.onnx.formulas import Term, beside
from specc.onnx.units import draw, feature, log_partition, mean
from specc.onnx.writer import Place
from specc.vocabulary.layers.boltzmann import Hidden


class Noise:
    """The noise of one side of a machine as inputs of the file: what units take of it in turn.

    `…_uniform` are numbers from 0 to below 1, one a bernoulli or relu unit and one a softmax; `…_normal` normal numbers, one a
    gaussian unit; `…_count_uniform` `[batch, draws]`, numbers from 0 to below 1 for the draws of counts.
    """

    def __init__(self, side: str, blocks: Sequence[tuple[str, int]], place: Place) -> None:
        self.place = place
        self.used = {"uniform": 0, "normal": 0}
        amounts = [_amount(word, width) for word, width in blocks]
        self.widths = {kind: sum(width for word, width in amounts if word == kind) for kind in self.used}
        self.inputs = {kind: _entering(f"{side}_{kind}", width) for kind, width in self.widths.items() if width}
        if any(word == "replicated_softmax" for word, _ in blocks):
            self.inputs["count"] = _entering(f"{side}_count_uniform", "draws")

    def of(self, word: str, width: int) -> Term:
        """The noise of the next units."""
        kind, amount = _amount(word, width)
        if kind == "count":
            return Term(self.inputs[kind], self.place)
        start = self.used[kind]
        self.used[kind] += amount
        return _stretch(Term(self.inputs[kind], self.place), start, amount, self.widths[kind])


def _amount(word: str, width: int) -> tuple[str, int]:
    """Which noise units take, and how many numbers of it."""
    others = {"gaussian": ("normal", width), "softmax": ("uniform", 1), "replicated_softmax": ("count", 0)}
    return others.get(word, ("uniform", width))


def _stretch(x: Term, start: int, width: int, whole: int) -> Term:
    """Some of the units of a side that has so many as a whole."""
    return x if width == whole else x.part(slice(start, start + width))


def _entering(name: str, width: int | str) -> ir.Value:
    return ir.Value(name=name, shape=ir.Shape(["batch", width]), type=ir.TensorType(ir.DataType.FLOAT))


class Machine:
    """The machine of the node `name`, its formulas written at `place`."""

    def __init__(self, layer: Hidden, name: str, place: Place) -> None:
        assert isinstance(layer.labels, int)
        self.layer, self.name, self.place = layer, name, place
        self.blocks, self.labels = plain_units(layer.visible), layer.labels
        self.width = sum(width for _, width in self.blocks)

    def weight(self, parameter: str) -> Term:
        key = f"{identifier(self.name)}.{parameter}"
        return Term(self.place.writer.weight(key, f"{self.name}.{parameter}"), self.place)

    def hidden_input(self, v: Term, labelled: bool = False) -> Term:
        """`D c + W v/σ²`; unless `v` is `labelled` it is without the labels of a machine that has some."""
        weight, bias = self.weight("weight"), self.weight("hidden_bias")
        scaled = self._by_precision(v, labelled)
        if self.labels and not labelled:
            weight = weight.part(slice(0, self.width - self.labels))
        totals = self.totals(v)
        if totals is None:
            return scaled.op("Gemm", weight, bias, transB=1)
        return scaled.op("Gemm", weight, transB=1) + totals * bias

    def features(self, v: Term) -> Term:
        """`f(x)`; with labels `Σ_y p(y|v) f(x + U_y)`."""
        x = self.hidden_input(v)
        if not self.labels:
            return feature(self.layer.units.word, x)
        each = self._by_label(x)
        shares = self._label_scores(each).op("Softmax", axis=-1)
        return (feature(self.layer.units.word, each) * shares.unsqueeze(2)).sum(1)

    def label_scores(self, v: Term) -> Term:
        """`b_y + Σ_j ln Σ_h e^{h (x_j + U_jy) − …}`, whose softmax is `p(y|v)`."""
        return self._label_scores(self._by_label(self.hidden_input(v)))

    def totals(self, v: Term) -> Term | None:
        """The draws of each row's replicated softmax, `[batch, 1]`; None without one."""
        counts = self.places("replicated_softmax")
        return v.part(counts[0]).sum(keep=True) if counts else None

    def visible_input(self, h: Term) -> Term:
        """`b + Wᵀ h`, by the weights of the way down where they are apart."""
        weight = self.weight("generative_weight" if self.layer.generative else "weight")
        return h.op("Gemm", weight, self.weight("visible_bias"))

    def visible_mean(self, x: Term, totals: Term | None, answers: bool = True) -> Term:
        """`E[v|h]` of the visible units' input; without `answers` the labels are left out."""
        parts, start = [], 0
        for place, (word, width) in enumerate(self.blocks):
            if not answers and self.labels and place == len(self.blocks) - 1:
                break
            parts.append(mean(word, _stretch(x, start, width, self.width), totals))
            start += width
        return beside(parts)

    def draw_hidden(self, x: Term, noise: Noise) -> Term:
        """A draw of the hidden units from their input."""
        word, count = self.layer.units.word, self.layer.count
        return draw(word, x, noise.of(word, count), count)

    def draw_visible(self, x: Term, noise: Noise, totals: Term | None) -> Term:
        """A draw of the visible units from their input."""
        deviations = (self.weight("log_variance") * 0.5).exp() if self.layer.learned_variance else None
        parts, start, gaussian = [], 0, 0
        for word, width in self.blocks:
            deviation = None
            if word == "gaussian" and deviations is not None:
                deviation = deviations.part(slice(gaussian, gaussian + width), axis=0)
                gaussian += width
            parts.append(draw(word, _stretch(x, start, width, self.width), noise.of(word, width), width, deviation, totals))
            start += width
        return beside(parts)

    def places(self, kind: str) -> list[slice]:
        """Where the blocks of a kind stand on the visible side."""
        found, start = [], 0
        for word, width in self.blocks:
            if word == kind:
                found.append(slice(start, start + width))
            start += width
        return found

    def _by_precision(self, v: Term, labelled: bool) -> Term:
        """`v/σ²` of gaussian units whose variance is learned."""
        if not self.layer.learned_variance:
            return v
        precision, parts, start, used = (-self.weight("log_variance")).exp(), [], 0, 0
        for word, width in self.blocks:
            part = v.part(slice(start, start + width))
            if word == "gaussian":
                part = part * precision.part(slice(used, used + width), axis=0)
                used += width
            if labelled or not (self.labels and start + width == self.width):
                parts.append(part)
            start += width
        return beside(parts)

    def _by_label(self, x: Term) -> Term:
        """The input of the hidden units for every label, `[batch, labels, hidden]`."""
        each = self.weight("weight").part(slice(self.width - self.labels, self.width)).op("Transpose", perm=[1, 0])
        return x.unsqueeze(1) + each

    def _label_scores(self, each: Term) -> Term:
        bias = self.weight("visible_bias").part(slice(self.width - self.labels, self.width), axis=0)
        return log_partition(self.layer.units.word, each).sum() + bias
