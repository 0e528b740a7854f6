"""Builds graphs from bodies: loops unrolled, blocks put in, names given, every layer connected to what it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from specc.checking.dead_ends import every_layer_leads_on
from specc.checking.expansion import Blocks, each_rounds, repeat_count
from specc.checking.inherited import settings_are_used, with_overrides, with_settings
from specc.checking.labels import with_labels
from specc.checking.merging import branches
from specc.checking.names import Names, Place, names_in
from specc.checking.reading import Reader, Unreadable
from specc.checking.tensors import Tensors
from specc.checking.values import NotConstant, Scope
from specc.diagnostics import Label, Span, did_you_mean
from specc.ir import Graph, Node
from specc.shapes import Shape
from specc.syntax.tree import Argument, Body, Call, Name, Parameter, Part, Statement, Value
from specc.vocabulary.families import Activation, Layer
from specc.vocabulary.layers.activating import Activate
from specc.vocabulary.layers.boltzmann import Hidden
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.reshaping import Plane
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.part import find_word, words_of

STRUCTURE = ("repeat", "each", "sequence", "it")
ENOUGH = 16
"""A statement that could not be read in so many rounds of a loop is not read in the others."""


class GraphBuilder:
    """Walks the body of one graph; `it` is the current tensor, None before the first `input`.

    `model` is the word of the model. Of a composite the graph is a `part`: its layers bear that name in front of theirs. It
    may take the tensors of the graphs `before` it, and the `components` of the model by their names.
    """

    def __init__(
        self,
        model: str,
        reader: Reader,
        blocks: Blocks,
        part: str = "",
        before: Iterable[Node] = (),
        components: Mapping[str, tuple[Layer, Span]] = MappingProxyType({}),
    ) -> None:
        self.model, self.reader, self.blocks, self.report = model, reader, blocks, reader.report
        self.part, self.tensors = part, Tensors(self.report, part, before, components)
        self.failures: dict[Part, int] = {}
        """How often each statement could not be read."""
        self.it: str | None = None

    def build(self, body: Body, scope: Scope, targets: Collection[str] = ()) -> Graph:
        """The graph of a body; visible columns that are `targets` become labels."""
        self.body(with_overrides(self.model, body.statements, scope, self.reader), Place(scope, Names()))
        if not self.report.has_errors:
            self.tensors.nodes = with_labels(self.tensors.nodes, targets)
        every_layer_leads_on(self.tensors.nodes, self.it, self.report)
        return Graph(name=self.model, nodes=tuple(self.tensors.nodes))

    def build_part(self, body: Body, start: str | None, place: Place, called: str = "") -> Graph:
        """The graph of a part, whose first layer takes the tensor `start`, or the component of that name.

        Another part's tensor may be `called` otherwise here.
        """
        names = Names(prefix=self.tensors.prefix, tensors={name: name for name in self.tensors.outside})
        if called and start:
            names.tensors[called] = start
        self.it = self.tensors.component(start) if start is not None and start in self.tensors.components else start
        begun = self.it
        self.body(body.statements, replace(place, names=names))
        if begun is not None:
            self.tensors.withdraw_unless_taken(begun)
        every_layer_leads_on(self.tensors.nodes, self.it, self.report, ends=True)
        return Graph(name=self.part, nodes=tuple(self.tensors.nodes))

    def body(self, statements: Sequence[Statement], place: Place) -> None:
        """A run of statements, each taking the tensor of the one before."""
        place, own = with_settings(statements, place, self.report)
        for statement in statements:
            if isinstance(statement, Part):
                self.statement(statement, place)
        settings_are_used(own, self.tensors.nodes, self.blocks, self.report)

    def statement(self, part: Part, place: Place) -> None:
        """One statement of a graph; `it` is then what it gives."""
        try:
            if self.failures.get(part, 0) >= ENOUGH:
                raise Unreadable
            if part.kind in self.blocks.parts:
                self._use_block(part, place)
            elif part.kind == "repeat":
                self._repeat(part, place)
            elif part.kind == "each":
                self._each(part, place)
            elif part.kind == "sequence":
                self._takes_only_a_body(part)
                self.body(self._statements(part), place)
            elif part.kind == "it" or (
                not find_word("layer", part.kind) and self.tensors.find(part.kind, place.names) is not None
            ):
                self.it = self.tensor(part.kind, part.kind_span, place)
            elif (taken := self._taken_from_outside(part, place)) is not None:
                self.it = taken
            else:
                self._layer(part, place)
        except (Unreadable, NotConstant):
            self._forget(part, place)

    def _taken_from_outside(self, part: Part, place: Place) -> str | None:
        """The tensor of another part that `input(discriminator.features)` begins with."""
        if part.kind != "input" or not self.part or len(part.arguments) != 1 or part.arguments[0].name is not None:
            return None
        value = part.arguments[0].value
        known = isinstance(value, Name) and (value.text in self.tensors.components or "." in value.text)
        if not isinstance(value, Name) or not known or value.text in (self.reader.columns or ()):
            return None
        return self.tensor(value.text, value.span, place)

    def _forget(self, part: Part, place: Place) -> None:
        """After a mistake the layer still has its name, so that no second message blames those who use it."""
        name = part.name or place.names.number(part.kind)
        place.names.tensors.setdefault(name, "")
        self.it = ""
        self.failures[part] = self.failures.get(part, 0) + 1
        if self.failures[part] > 1:
            return
        meant = did_you_mean(part.kind, [*self.blocks.parts, *words_of("layer"), *words_of("activation")])
        self.tensors.lost |= {part.kind, meant or part.kind, *names_in(part)}

    def _takes_only_a_body(self, part: Part) -> None:
        if part.arguments or part.name:
            self.report.error("E0205", f"`{part.kind}` takes a body only", part.span, help=f"write `{part.kind} {{ … }}`")

    def _statements(self, part: Part) -> list[Statement]:
        """What stands in the body of a loop or sequence. Raises `Unreadable` where nothing does."""
        if part.body is None or not part.body.statements:
            self.report.error("E0204", f"`{part.kind}` needs a body", part.span, help="write layers between its braces")
            raise Unreadable
        return part.body.statements

    def _repeat(self, part: Part, place: Place) -> None:
        count = repeat_count(part, place.scope, self.reader)
        statements = self._statements(part)
        if count == 0:
            self._rehearse(statements, place)
        for _ in range(count):
            self.body(statements, replace(place, in_loop=True))

    def _rehearse(self, statements: list[Statement], place: Place) -> None:
        """Reads what runs no rounds, so that its mistakes are said and what it uses is used; the graph stays as it is."""
        kept, it, names = self.tensors.kept(), self.it, place.names
        scratch = Names(names.prefix, names.outer, dict(names.counts), dict(names.tensors), dict(names.places), dict(names.uses))
        self.body(statements, replace(place, names=scratch, in_loop=True))
        self.tensors.back_to(kept)
        self.it = it

    def _each(self, part: Part, place: Place) -> None:
        statements = self._statements(part)
        for scope in each_rounds(part, place.scope, self.reader):
            self.body(statements, replace(place, scope=scope, in_loop=True))

    def _use_block(self, part: Part, place: Place) -> None:
        if part.kind in place.active:
            way_out = "repeat layers with `repeat(n) { … }`"
            self.report.error("E0111", f"the block `{part.kind}` uses itself", part.span, help=way_out)
            raise Unreadable
        if part.body is not None:
            way_out = f"its layers stand where it is declared: `block {part.kind}(…) {{ … }}`"
            self.report.error("E0205", f"the block `{part.kind}` takes no body here", part.body.span, help=way_out)
        arguments, of = self._without_of(part, place)
        if of is not None:
            self.it = of
        block = self.blocks.use(part, arguments, place.scope, self.reader)
        name = self.tensors.named(part, part.kind, place)
        names = Names(prefix=f"{place.names.prefix}{name}.", outer=place.names)
        place.names.uses |= {name: names, part.name or name: names}
        inner = Place(block.scope, names, dict(place.inherited), (*place.trail, part.span), False, (*place.active, part.kind))
        outside = self.report.uses
        self.report.uses = tuple(Label(use, "used here") for use in inner.trail)
        self.body(block.body.statements, inner)
        self.report.uses = outside
        self.blocks.parameters_are_used(part.kind, block.scope)
        if self.it is not None:
            self.tensors.remember(part, name, self.it, place)

    def _layer(self, part: Part, place: Place) -> None:
        found = find_word("layer", part.kind)
        if found is None and find_word("activation", part.kind) is None:
            more = [*self.blocks.parts, *words_of("activation"), *STRUCTURE, *place.names.tensors]
            self.reader.unknown_word("layer", part.kind, part.kind_span, more)
            raise Unreadable
        base = found.word if found else find_word("activation", part.kind).word  # type: ignore[union-attr]
        arguments, of = self._without_of(part, place)
        merging = found is not None and issubclass(found, Layer) and found.merges
        begins = found is not None and issubclass(found, Input)
        if of is not None and begins:
            self.report.error(
                "E0201", f"`{base}` has no argument `of`", part.span, help="it takes columns, and begins a run of layers"
            )
            raise Unreadable
        if part.body is not None and not merging:
            self.report.error("E0205", f"`{base}` takes no body", part.body.span, help="write its arguments in `( )`")
            raise Unreadable
        if found is not None and found.word == "shortcut":
            self.report.error(
                "E0112",
                "`shortcut` stands as a branch beside another one",
                part.span,
                help="as in `add { conv2d(8, 3); shortcut }`",
            )
            raise Unreadable
        if merging:
            assert found is not None
            self.it = of if of is not None else self.it
            inputs = branches(self, part, arguments, place)
            arguments = []
        elif begins:
            inputs = ()
        else:
            inputs = self.tensors.visible(self.it) if found is not None and issubclass(found, Hidden) and of is None else ()
            inputs = inputs or (self.current(part, of),)
        name = self.tensors.named(part, base, place)
        path = f"{self.model}.{place.names.prefix}{name}"
        scope = place.scope
        if found is not None:
            layer = self.reader.call(found, arguments, scope, part.span, path, part.kind, place.inherited)
            if isinstance(layer, Plane):
                inputs = (self._vector(layer, arguments[0].value, place), *inputs)
        else:
            word = Call(part.kind, arguments, part.span, part.kind_span)
            layer = Activate(activation=self.reader.part(Activation, word, scope, path))  # type: ignore[arg-type]
        self.add(part, name, layer, inputs, place)  # type: ignore[arg-type]

    def _vector(self, layer: Plane, value: Value, place: Place) -> str:
        """The tensor that a `plane` makes an image of; the current one only lends its height and width."""
        named, place = self.evaluated(value, place)
        return self.tensor(layer.vector, named.span, place)

    def add(self, part: Part, name: str, layer: Layer, inputs: tuple[str, ...], place: Place) -> None:
        full = place.names.prefix + name
        span = part.span if part.body is None else part.kind_span
        node = Node(name=full, layer=layer, inputs=inputs, outputs={"": Shape()}, span=span, trail=place.trail)
        self.tensors.add(node)
        self.tensors.remember(part, name, full, place)
        if not isinstance(layer, Output):
            self.it = full

    def current(self, part: Part, of: str | None) -> str:
        if of is not None:
            return of
        if self.it is None:
            begin = "visible" if self.model in ("rbm", "dbn") else "input"
            way_out = f"begin with `{begin}(features)`, or name a tensor: `of = …`"
            if self.part:
                way_out = "begin with `input(features)`, or with an image by its name"
            self.report.error("E0112", f"`{part.kind}` has nothing to take", part.span, help=way_out)
            raise Unreadable
        if self.it == "":
            raise Unreadable  # what it would take was already reported
        return self.it

    def _without_of(self, part: Part, place: Place) -> tuple[list[Argument], str | None]:
        """The arguments beside `of = tensor`, and that tensor."""
        of = [a for a in part.arguments if a.name == "of"]
        if not of:
            return part.arguments, None
        if len(of) > 1:
            self.report.error("E0205", "`of` is given twice", of[1].span, labels=(Label(of[0].span, "first here"),))
            raise Unreadable
        value, place = self.evaluated(of[0].value, place)
        if not isinstance(value, Name):
            self.report.error("E0202", "`of` takes a layer's name", of[0].value.span, help="as in `of = trunk`")
            raise Unreadable
        tensor = self.tensor(value.text, value.span, place)
        return [a for a in part.arguments if a.name != "of"], tensor

    def evaluated(self, value: Value, place: Place) -> tuple[Value, Place]:
        """A value, and where its names are looked up: those that a block was given, at the block's use."""
        scope, names = place.scope, place.names
        while isinstance(value, Parameter) and (binding := scope.find(value.name)) and binding.origin and names.outer:
            binding.used = True
            value, scope, names = *binding.origin, names.outer
        return self.reader.evaluator.evaluate(value, scope), replace(place, names=names)

    def tensor(self, name: str, span: Span, place: Place) -> str:
        """The tensor that a name means. Raises `Unreadable` where there is none."""
        if name == "it":
            return self.current(Part("it", None, [], None, span, span, span), None)
        found = self.tensors.find(name, place.names)
        if found is None:
            meant = did_you_mean(name, [*place.names.tensors, *self.tensors.outside, *self.tensors.components])
            way_out = f"did you mean `{meant}`?" if meant else "a layer is named in front of its arguments: `dense trunk(8)`"
            if place.names.outer is not None and self.tensors.find(name, place.names.outer):
                way_out = f"a block sees its own layers only: give it a parameter, and `{name}` where it is used"
            self.report.error("E0103", f"there is no layer called `{name}` above", span, help=way_out)
            raise Unreadable
        if found == "":
            raise Unreadable
        return found
