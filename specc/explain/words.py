"""Pages of words, made from their classes: a family's words, an argument's owners and a choice's too."""

from __future__ import annotations

import inspect

from specc.diagnostics import did_you_mean, listing
from specc.explain.codes import codes, find_code, find_measure, find_structure_word, measures, structure_words
from specc.explain.fields import Argument, arguments_of, choices_of, families_of
from specc.vocabulary.index import INDEX
from specc.vocabulary.part import Part, find_word

SHOWN_WHOLE = 3

PLACES = {
    "layer": "a layer: in the body of a model, a block, a loop or a branch",
    "activation": "an activation: an argument of layers, as in `dense(8, relu)`, or a layer of its own",
    "initializer": "an initializer: `init` and `bias_init` of layers with weights, or a setting above them",
    "regularizer": "a regularizer: `regularize` in `train`, in a phase or of a layer",
    "units": "a kind of units of a restricted Boltzmann machine: `units` of `visible`, `hidden` and `rbm`",
    "source": "a source: `source` in `data`",
    "column": "a column's type: `name = type` in `columns`",
    "imputation": "what stands in for a missing value: `impute` of a column",
    "encoding": "how a category becomes numbers: `encode` of a `category`",
    "split": "a split: `split` in `data`",
    "augmentation": "an augmentation: a line of `augment` in `data`",
    "decoder": "a decoder that follows from its encoder: `decoder` in an `autoencoder` or a `vae`",
    "component": "a tensor that parts take by name: in an `autoencoder`, a `vae` or a `gan`, beside its parts",
    "smoothing": "which labels a discriminator learns from: `label_smoothing` in `train`",
    "instance_noise": "noise on what a discriminator sees: `instance_noise` in `train`",
    "penalty": "a penalty on the gradient of a discriminator: `penalty` in `train`",
    "sampling": "when rows are made to be looked at: `sample` in `train`",
    "loss": "a loss: `loss` in `train` or a phase",
    "metric": "a metric: `metrics` in `train` or a phase",
    "optimizer": "an optimizer: `optimizer` in `train` or a phase",
    "schedule": "a schedule: `schedule` in `train` or a phase for the learning rate, or another number that may change in time",
    "clipping": "a way of clipping gradients: `clip` in `train` or a phase",
    "averaging": "an average of weights: `average` in `train` or a phase",
    "freezing": "a way of freezing: `freeze` in `train`, a phase or `pretrained`",
    "stopping": "when training ends early: `stop` in `train` or a phase",
    "keeping": "which weights are kept: `keep` in `train` or a phase",
    "procedure": "a training procedure: `procedure` in `train` or a phase",
    "hyperparameter": "a hyperparameter's type: `name = type(…)` in `hyper`",
    "objective": "what a search looks for: `objective` in `sweep`",
    "pruning": "when a search gives up a trial: `prune` in `sweep`",
    "model": "a kind of model: a spec has one",
    "section": "a section of a spec",
}
"""Where the words of a family stand."""


def classes_of(family: str) -> list[type[Part]]:
    """The classes of a family in the order of the index, each once."""
    found = (find_word(family, word) for word in INDEX[family])
    return list(dict.fromkeys(c for c in found if c is not None))


def find_classes(word: str) -> list[type[Part]]:
    """Every class that a word or alias means, in any family."""
    found = (find_word(family, word) for family, words in INDEX.items() if word in words)
    return [c for c in found if c is not None]


def owners_of(argument: str) -> list[type[Part]]:
    """The classes that have an argument of this name, layers last: of `momentum`, first `sgd`."""
    families = sorted(INDEX, key=lambda family: family == "layer")
    return [c for family in families for c in classes_of(family) if any(a.name == argument for a in arguments_of(c))]


def owners_of_choice(choice: str) -> list[tuple[type[Part], str]]:
    """The classes with an argument that may be this fixed word, and the argument's name."""
    return [
        (c, name) for family in INDEX for c in classes_of(family) for name, choices in choices_of(c).items() if choice in choices
    ]


def known_words() -> list[str]:
    """Everything that `explain` has a page for."""
    words = {word for words in INDEX.values() for word in words} | set(INDEX) | set(codes()) | set(structure_words())
    words |= set(measures())
    for family in INDEX:
        for part in classes_of(family):
            words |= {a.name for a in arguments_of(part)} | {c for choices in choices_of(part).values() for c in choices}
    return sorted(words)


def suggestion(word: str) -> str | None:
    """The known word or code that was likely meant."""
    if word[:1].upper() in ("E", "W") and word[1:].isdigit():
        family = [code for code in codes() if code[:3] == word[:3].upper()]
        return did_you_mean(word.upper(), family or codes())
    return did_you_mean(word, known_words())


def page_of(word: str) -> str | None:
    """The page of a code, word, measure, family, argument or choice as Markdown; None where there is nothing of that name."""
    if (page := find_code(word)) is not None:
        return page.markdown
    sections = [word_page(part) for part in find_classes(word)]
    if (page := find_structure_word(word)) is not None:
        sections.insert(0, page.markdown)
    if (page := find_measure(word)) is not None:
        sections.append(page.markdown)
    if word in INDEX and not find_classes(word):
        sections.append(family_page(word))
    owners, choices = owners_of(word), owners_of_choice(word)
    if sections:
        also = dict.fromkeys(c.word for c in owners)
        return "\n".join(sections) + (f"\n`{word}` is also an argument of {listing(also, 'and')}.\n" if also else "")
    if owners:
        return argument_page(word, owners)
    return choice_page(word, choices) if choices else None


def word_page(part: type[Part]) -> str:
    """One word: what its class says of it, its arguments, where it stands."""
    text, example = doc_of(part)
    names = f" (also written {listing(part.aliases, 'and')})" if part.aliases else ""
    lines = [f"# {part.word} ({part.family})", "", f"`{part.word}`{names} is {PLACES[part.family]}.", "", text, ""]
    if example:
        lines += ["```dn", example, "```", ""]
    arguments = arguments_of(part)
    if arguments:
        what = "Settings" if part.family == "section" else "Arguments"
        lines += [f"{what}:", "", *(f"- `{a.name}`: {a.sentence}" for a in arguments), ""]
    return "\n".join(lines)


def doc_of(part: type[Part]) -> tuple[str, str]:
    """The text of a class's docstring, and its example."""
    text, _, example = inspect.cleandoc(part.__doc__ or "").partition("Example: `")
    return text.strip(), example.strip().removesuffix("`")


def family_page(family: str) -> str:
    """The words of a family, each with its first sentence."""
    parts = classes_of(family)
    lines = [f"- `{part.word}`: {first_sentence(part)}" for part in parts]
    return "\n".join([f"# {family}", "", f"Each is {PLACES[family]}.", "", *lines, ""])


def first_sentence(part: type[Part]) -> str:
    return doc_of(part)[0].partition("\n")[0]


def argument_page(name: str, owners: list[type[Part]]) -> str:
    """The words that have an argument: their pages, or where there are many, what each takes for it."""
    if len(owners) <= SHOWN_WHOLE:
        head = f"`{name}` is an argument of {listing((c.word for c in owners), 'and')}.\n\n" + _families(name, owners)
        return head + "\n".join(word_page(part) for part in owners)
    lines = [f"- `{part.word}`: {_argument(part, name).sentence}" for part in owners]
    return "\n".join([f"# {name}", "", f"`{name}` is an argument of:", "", *lines, "", _more(owners[0])])


def _families(name: str, owners: list[type[Part]]) -> str:
    """The words that an argument may be, where those are a family of their own."""
    families = dict.fromkeys(family for part in owners for family in families_of(part, name))
    lines = [f"- `{word.word}`: {first_sentence(word)}" for family in families for word in classes_of(family)]
    return "\n".join([f"`{name}` may be:", "", *lines, "", ""]) if lines else ""


def choice_page(choice: str, owners: list[tuple[type[Part], str]]) -> str:
    """The words with an argument that may be this fixed word."""
    lines = [f"- `{name}` of `{part.word}`: {_argument(part, name).sentence}" for part, name in owners]
    return "\n".join([f"# {choice}", "", f"`{choice}` is a value of:", "", *lines, "", _more(owners[0][0])])


def _more(part: type[Part]) -> str:
    return f"`specc explain {part.word}` says more.\n"


def _argument(part: type[Part], name: str) -> Argument:
    return next(a for a in arguments_of(part) if a.name == name)
