"""Reads a composite: its components, its parts in the order in which they take one another's tensors, and what they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from specc.checking.expansion import Blocks
from specc.checking.graph import GraphBuilder
from specc.checking.inherited import settings_are_used, with_overrides, with_settings
from specc.checking.mirrors import mirrored_decoder
from specc.checking.names import Names, Place
from specc.checking.reading import Reader, Unreadable
from specc.checking.values import NotConstant, Scope
from specc.checking.wording import article_of
from specc.diagnostics import Label, Span, did_you_mean, listing
from specc.ir import Graph, Node
from specc.machines import units_of
from specc.shapes import Shape
from specc.syntax.tree import Body, Part, Setting, Statement
from specc.vocabulary.activations import Sigmoid
from specc.vocabulary.elsewhere import meant_elsewhere
from specc.vocabulary.families import Column, Layer, Model
from specc.vocabulary.layers.composite import Code, Found, Made
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.part import find_word, words_of

MADE = {"decoder": "reconstruction", "generator": "generated"}
"""The parts that make columns, and the name of the layer that they end with."""
ONCE = ("latent", "condition")


@dataclass
class CompositeBuilder:
    """Builds the graphs of one composite."""

    kind: type[Model]
    reader: Reader
    blocks: Blocks
    section: Part
    columns: Mapping[str, Column]
    graphs: dict[str, Graph] = field(default_factory=dict)
    components: dict[str, tuple[Layer, Span]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Components that could not be read: no second message is to blame the parts that take them."""
    meant: set[str] = field(default_factory=set)
    """Parts that were meant by something that was already reported."""

    def build(self, scope: Scope) -> dict[str, Graph]:
        """The graphs by name; every mistake is reported."""
        assert self.section.body is not None
        self.reader.parts = self.kind.parts
        statements = with_overrides(self.kind.word, self.section.body.statements, scope, self.reader)
        parts, mirror = self._sorted(statements)
        settings = [s for s in statements if s is not mirror]
        place, own = with_settings(settings, Place(scope, Names()), self.reader.report)
        for statement in statements:
            if isinstance(statement, Part) and statement.kind in self.kind.components:
                self._component(statement, scope)
        for name in self.kind.parts:
            if name == "decoder" and mirror is not None:
                self._mirror(mirror, scope)
            elif name in parts:
                self._part(parts[name], place)
        settings_are_used(own, [node for graph in self.graphs.values() for node in graph.nodes], self.blocks, self.reader.report)
        self._everything_is_there(parts, mirror)
        self._components_are_taken()
        return self._with_columns_made()

    def _sorted(self, statements: list[Statement]) -> tuple[dict[str, Part], Setting | None]:
        """The parts by name, and a decoder that is a mirror."""
        report = self.reader.report
        known = [*self.kind.parts, *self.kind.components]
        parts: dict[str, Part] = {}
        mirror: Setting | None = None
        for statement in statements:
            if isinstance(statement, Setting):
                if statement.key == "decoder" and "decoder" in known:
                    mirror = statement
                elif statement.key in self.kind.parts:
                    self.meant.add(statement.key)
                    way_out = f"write `{statement.key} {{ … }}`"
                    report.error("E0102", f"the {statement.key} is its layers", statement.span, help=way_out)
            elif statement.kind not in known:
                self._unknown(statement, known)
            elif statement.kind in parts and (statement.kind in ONCE or statement.kind in self.kind.parts):
                labels = (Label(parts[statement.kind].kind_span, "first here"),)
                report.error("E0110", f"`{statement.kind}` is given twice", statement.kind_span, labels=labels)
            elif statement.kind in self.kind.parts and (statement.body is None or statement.arguments or statement.name):
                report.error(
                    "E0204", f"`{statement.kind}` is its layers", statement.span, help=f"write `{statement.kind} {{ … }}`"
                )
                parts[statement.kind] = replace(statement, body=statement.body or Body([], statement.span))
            else:
                parts.setdefault(statement.kind, statement)
        if mirror is not None and "decoder" in parts:
            labels = (Label(parts["decoder"].kind_span, "first here"),)
            report.error("E0110", "`decoder` is given twice", mirror.key_span, labels=labels)
        return {name: part for name, part in parts.items() if name in self.kind.parts}, mirror

    def _unknown(self, part: Part, known: list[str]) -> None:
        word = self.kind.word
        meant = meant_elsewhere(part.kind, known) or did_you_mean(part.kind, known)
        is_layer = part.kind in words_of("layer") or part.kind in words_of("activation") or part.kind in self.blocks.parts
        if is_layer and not meant and self.meant >= set(self.kind.parts):
            return  # a layer beside it was already spoken of
        self.meant |= {meant} if meant else set(self.kind.parts) if is_layer else set()
        way_out = f"did you mean `{meant}`?" if meant else f"it has {listing(known, 'and')}"
        if is_layer and not meant:
            way_out = f"a layer stands in one of its parts: {listing((f'{name} {{ … }}' for name in self.kind.parts), 'or')}"
        self.reader.report.error("E0102", f"{article_of(word)} `{word}` has no `{part.kind}`", part.kind_span, help=way_out)

    def _component(self, part: Part, scope: Scope) -> None:
        """A latent, a condition or a code, by the name under which the parts take it."""
        found = find_word("component", part.kind)
        assert found is not None
        name = part.name if part.kind == "code" and part.name else part.kind
        if part.kind == "code" and name in ONCE:
            message, way_out = f"`{name}` has a meaning of its own and cannot name a code", "as in `code kind(10, category)`"
            self.reader.report.error("E0106", message, part.name_span, help=way_out)
            self.lost |= {name}
            return
        if name in self.columns:
            message = f"the {part.kind} `{name}` and a column have one name: in the files of the run that is two inputs"
            way_out = "give the column another name" if part.kind != "code" else f"give it another: `code {name}_code(…)`"
            self.reader.report.error("E0106", message, part.name_span if part.kind == "code" else part.span, help=way_out)
            self.lost |= {name}
            return
        if name in self.components:
            if part.kind == "code":
                labels = (Label(self.components[name][1], "first here"),)
                help = "give each a name of its own: `code kind(10, category)`"
                self.reader.report.error("E0106", f"the name `{name}` is used twice", part.span, labels=labels, help=help)
            return
        if part.body is not None:
            self.lost |= {name}
            message = f"`{part.kind}` takes no body"
            self.reader.report.error("E0205", message, part.body.span, help="put its layers into the parts that take it")
            return
        if part.name and part.kind != "code":
            self.reader.report.error("E0205", f"`{part.kind}` has no name of its own", part.name_span, help="take it away")
        try:
            layer = self.reader.call(found, part.arguments, scope, part.span, f"{self.kind.word}.{name}", part.kind)
        except (Unreadable, NotConstant):
            layer, self.lost = None, self.lost | {name}
        self.spans[name] = self.reader.spans[f"{self.kind.word}.{name}"] = part.span
        if layer is not None:
            self.components[name] = (layer, part.span)  # type: ignore[assignment]

    def _part(self, part: Part, place: Place) -> None:
        assert part.body is not None
        before = [node for graph in self.graphs.values() for node in graph.nodes]
        builder = GraphBuilder(self.kind.word, self.reader, self.blocks, part.kind, before, self._given_to(part.kind))
        builder.tensors.lost |= self.lost
        # A decoder calls what it begins with what its own argument and the run's files call it.
        called = ("latent" if self.kind.word == "vae" else "code") if part.kind == "decoder" else ""
        graph = builder.build_part(part.body, self._start_of(part.kind), place, called)
        self._keep(graph, builder.it, part)

    def _given_to(self, part: str) -> dict[str, tuple[Layer, Span]]:
        """The components that a part may take by name."""
        coded = part == "decoder" and self.kind.word == "vae"
        return {name: given for name, given in self.components.items() if not (name == "latent" and coded)}

    def _start_of(self, part: str) -> str | None:
        """The tensor that the first layer of a part takes: a decoder's is the code, a generator's the noise."""
        if part == "decoder":
            return self._end_of("encoder")
        if part == "generator":
            return next((name for name in ("latent", "condition") if name in self.components), "")
        if part == "discriminator" and self.kind.word == "autoencoder":
            return "latent" if "latent" in self.components else ""
        return None

    def _end_of(self, part: str) -> str | None:
        graph = self.graphs.get(part)
        return graph.nodes[-1].name if graph is not None and graph.nodes else ""

    def _mirror(self, setting: Setting, scope: Scope) -> None:
        """`decoder = mirror(tied = true)`."""
        if (encoder := self.graphs.get("encoder")) is None or self.reader.report.has_errors:
            return
        first = next((c for n in encoder.nodes if isinstance(n.layer, Input) for c in n.layer.columns), "")
        usual = Sigmoid() if first in self.columns and units_of(self.columns[first]) == "bernoulli" else None
        nodes = mirrored_decoder(encoder, setting, usual, scope, self.reader)
        if nodes:
            self._keep(Graph(name="decoder", nodes=nodes), nodes[-1].name, setting)

    def _keep(self, graph: Graph, end: str | None, statement: Part | Setting) -> None:
        """The graph with what its end means."""
        span = statement.kind_span if isinstance(statement, Part) else statement.span
        self.spans[graph.name] = self.reader.spans[graph.name] = span
        nodes = list(graph.nodes)
        latent = self.components.get("latent")
        if graph.name == "encoder" and self.kind.word == "vae" and latent is not None and end:
            outputs = {"": Shape(), "log_variance": Shape()}
            nodes.append(Node(name="encoder.latent", layer=latent[0], inputs=(end,), outputs=outputs, span=latent[1]))
        elif graph.name == "recognizer" and end:
            nodes += [
                Node(name=f"recognizer.{name}", layer=Found(units=layer.size), inputs=(end,), outputs={"": Shape()}, span=span)
                for name, (layer, _) in self.components.items()
                if isinstance(layer, Code)
            ]
        elif graph.name in MADE and end:
            name = f"{graph.name}.{MADE[graph.name]}"
            nodes.append(Node(name=name, layer=Made(columns=()), inputs=(end,), outputs={"": Shape()}, span=span))
        self.graphs[graph.name] = Graph(name=graph.name, nodes=tuple(nodes))

    def _with_columns_made(self) -> dict[str, Graph]:
        """The graphs, in which a decoder or generator makes the columns that the encoder or discriminator takes."""
        takers = [self.graphs[name] for name in ("encoder", "discriminator") if name in self.graphs]
        columns = next((node.layer.columns for graph in takers for node in graph.nodes if type(node.layer) is Input), ())

        def filled(node: Node) -> Node:
            if not isinstance(node.layer, Made):
                return node
            return node.model_copy(update={"layer": node.layer.model_copy(update={"columns": columns})})

        return {n: g.model_copy(update={"nodes": tuple(map(filled, g.nodes))}) for n, g in self.graphs.items()}

    def _components_are_taken(self) -> None:
        """What no part takes changes nothing. A `latent` of an autoencoder or a vae no part takes by its name."""
        names = {node.name.partition(".")[2] for graph in self.graphs.values() for node in graph.nodes}
        for name, (_, span) in self.components.items() if not self.reader.report.has_errors else ():
            if name in names or (name == "latent" and self.kind.word != "autoencoder" and not self._is_to_take_noise()):
                continue
            if name == "latent" and self.kind.word == "autoencoder":
                message = "nothing goes by the `latent`: the code is what the encoder ends with"
                way_out = "take it away, or write a `discriminator { … }` that tells codes from it"
                self.reader.report.error("E0107", message, span, help=way_out)
                continue
            way_out = f"take it where it is to be known: `concat(it, {name})`, or begin a run of layers with `{name}`"
            self.reader.report.error("E0107", f"no part takes the `{name}`", span, help=way_out)

    def _is_to_take_noise(self) -> bool:
        """Whether there is a generator with layers that do not begin with columns: of others another rule speaks."""
        nodes = self.graphs["generator"].nodes if "generator" in self.graphs else ()
        return any(not isinstance(node.layer, Made) for node in nodes) and not any(type(n.layer) is Input for n in nodes)

    def _everything_is_there(self, parts: dict[str, Part], mirror: Setting | None) -> None:
        report, word = self.reader.report, self.kind.word
        there = {*parts, *self.kind.may_lack, *self.meant}
        lacking = [name for name in self.kind.parts if name not in there]
        if mirror is not None and "decoder" in lacking:
            lacking.remove("decoder")
        for name in lacking:
            report.error("E0208", f"the `{word}` has no `{name}`", self.section.kind_span, help=f"write `{name} {{ … }}`")
        if word == "autoencoder" and "discriminator" in parts and "latent" not in self.spans:
            message = "the discriminator has nothing that codes should be like: there is no `latent`"
            way_out = "say which: `latent(8, normal)`, as large as the code"
            report.error("E0208", message, parts["discriminator"].kind_span, help=way_out)
        if word == "vae" and "latent" not in self.spans:
            report.error(
                "E0208", "the `vae` has no `latent`", self.section.kind_span, help="say how large its code is: `latent(20)`"
            )
        if word == "gan" and not {"latent", "condition"} & {*self.spans, *self.lost}:
            way_out = "say what it makes rows of: `latent(64, normal)`"
            report.error("E0208", "the `gan` has neither a `latent` nor a `condition`", self.section.kind_span, help=way_out)
