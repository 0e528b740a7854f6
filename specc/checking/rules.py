"""What must hold of a whole spec: one function a rule, named after the sentence it holds."""

from __future__ import annotations

from collections import Counter

from specc.checking.adversarial import games_are_played_for_something, recognizers_learn
from specc.checking.advice import (
    gaussian_units_see_scaled_numbers,
    images_are_scaled,
    outputs_follow_no_activation_of_labels,
    phases_outlast_what_they_begin_with,
)
from specc.checking.autoencoders import encoders_take_what_is_rebuilt, losses_compare_rows, what_is_rebuilt_can_be
from specc.checking.columns import (
    columns_have_one_way,
    imputed_values_fit_their_columns,
    labels_are_a_list_of_their_own,
    targets_stay_as_they_are,
    values_name_one_set,
)
from specc.checking.gans import (
    components_of_gans_are_taken,
    discriminators_give_a_score,
    parts_of_gans_see_what_they_may,
    scores_have_no_bounds,
)
from specc.checking.hybrids import codes_are_as_large_as_the_latent, hybrids_judge_codes_or_rows, hybrids_play_one_game
from specc.checking.labels import labels_are_told_by_one_machine
from specc.checking.limits import weights_fit_one_file
from specc.checking.losses import losses_fit_their_outputs
from specc.checking.machines import layers_fit_the_model, machines_are_whole
from specc.checking.measures import measures_are_taken, metrics_fit_an_output
from specc.checking.parts import (
    freezings_say_how_long,
    parts_are_there,
    settings_of_parts_differ,
    settings_reach_weights,
    something_is_trained,
)
from specc.checking.phases import (
    a_run_has_one_seed,
    averages_are_of_several,
    batches_are_accumulated_where_there_are_several,
    batches_serve_batch_statistics,
    momentum_comes_before_nesterov,
    phases_end,
    regularizers_are_named_once,
    schedules_count_something,
    schedules_of_rates_are_factors,
    some_labels_are_wrong,
    wrong_labels_need_labels,
)
from specc.checking.places import inputs_of, label_count, outputs_of
from specc.checking.pretrained import freezings_of_layers_say_how_long, parts_of_runs_follow_an_input
from specc.checking.procedures import (
    machines_that_are_trained_have_a_length,
    procedures_fit_the_model,
    settings_fit_the_procedure,
    sparsity_is_for_hidden_units,
)
from specc.checking.ratings import (
    ratings_are_learnt_by_contrastive_divergence,
    ratings_are_seen_by_one_machine,
    ratings_come_from_their_source,
)
from specc.checking.remedies import (
    discriminators_have_gradients,
    remedies_have_a_disease,
    virtual_batches_have_a_reference,
    what_is_made_reaches_the_data,
)
from specc.checking.sweeps import sweeps_have_something_to_search, sweeps_look_the_right_way
from specc.checking.units import units_hold_their_columns, units_stand_on_their_side
from specc.checking.variational import (
    bounds_are_what_is_learnt,
    codes_are_all_that_is_known,
    likelihoods_are_estimated_by_what_there_is,
)
from specc.checking.wording import article_of
from specc.diagnostics import Label, Report, listing
from specc.door import input_columns
from specc.ir import Node, Spec
from specc.vocabulary.augmentations import Crop, Cutout, Shift
from specc.vocabulary.columns import Array, Category, Image, Number
from specc.vocabulary.layers.boltzmann import Label as VisibleLabel
from specc.vocabulary.layers.boltzmann import Visible
from specc.vocabulary.layers.composite import Condition
from specc.vocabulary.layers.convolution import Shortcut
from specc.vocabulary.layers.output import Output
from specc.vocabulary.layers.sources import Input
from specc.vocabulary.layers.weighted import WeightedLayer
from specc.vocabulary.splits import Folds, Provided, Random


def the_data_is_there(spec: Spec, report: Report) -> None:
    if spec.data is None:
        report.error(
            "E0208",
            "the spec has no `data`",
            outputs_of(spec)[0].span if outputs_of(spec) else None,
            help="write `data { source = …; columns { … }; target = … }`",
        )
        report.raise_errors()  # every other rule reads the data


def inputs_can_be_joined(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for node in inputs_of(spec):
        assert isinstance(node.layer, Input)
        for name in set(node.layer.columns) & set(spec.data.target):
            if isinstance(node.layer, Condition):
                continue  # what a row is made for may be what is told of it
            if spec.model.word != "rbm":
                way_out = "no model may see what it is to predict"
                report.error("E0505", f"the input `{name}` is the target", node.span, help=way_out)
            elif len(node.layer.columns) > 1:  # alone it is a label, and its units say what is wrong with it
                others = ", ".join(other for other in node.layer.columns if other != name)
                way_out = f"give it one of its own: `visible({others}); visible({name})`"
                report.error("E0505", f"the target `{name}` shares a `visible` with other columns", node.span, help=way_out)
        columns = [n for n in input_columns(spec, node) if n not in spec.data.target]
        if isinstance(node.layer, Visible):
            seen = [n for other in inputs_of(spec) if isinstance(other.layer, Visible) for n in input_columns(spec, other)]
            again = sorted(name for name in set(columns) if seen.count(name) > 1 and columns.count(name) == 1)
            if again and not report.has_errors:
                message = f"{listing(again, 'and')} {'is' if len(again) == 1 else 'are'} visible twice"
                report.error("E0205", message, node.span, help="name each column once; of `features` the target is no part")
        twice = sorted(name for name, times in Counter(columns).items() if times > 1)
        if twice:
            report.error("E0205", f"the input takes {listing(twice, 'and')} twice", node.span, help="name each column once")
        if not columns and "features" in node.layer.columns and not report.has_errors:
            report.error("E0505", "`features` has no columns: none is a number or category beside the target", node.span)
        others = [name for name in columns if not spec.data.columns[name].joins_features]
        if len(columns) > 1 and others:
            message = f"`{others[0]}` cannot be joined with other columns"
            report.error("E0301", message, node.span, help=f"take it by its own name: `{node.layer.word}({others[0]})`")


def targets_and_outputs_agree(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    outputs: dict[str, Node] = {}
    misplaced = {error.span for error in report.errors if error.code == "E0113"}
    for node in outputs_of(spec):
        assert isinstance(node.layer, Output)
        column = node.layer.column
        if isinstance(node.layer, VisibleLabel) and spec.model.word != "rbm":
            continue  # that it stands there was already reported
        if column in outputs:
            labels = (Label(outputs[column].span, "first here"),)
            report.error("E0106", f"`{column}` is answered twice", node.span, labels=labels)
        outputs[column] = node
        if spec.model.parts and node.span in misplaced:
            continue  # where it stands is the mistake
        if column not in spec.data.target:
            way_out = (
                f"write `target = {column}` in `data`"
                if not spec.data.target
                else f"the target is {listing(spec.data.target, 'and')}"
            )
            report.error("E0505", f"the output `{column}` is not a target", node.span, help=way_out)
        elif not isinstance(spec.data.columns.get(column), Number | Category):
            kind = spec.data.columns[column].word if column in spec.data.columns else "pattern"
            report.error("E0505", f"`output` answers numbers and categories; `{column}` is an {kind}", node.span)
    rebuilt = f"{article_of(spec.model.word)} `{spec.model.word}` learns without one: take `target` away"
    ways = {"rbm": "make it visible, `visible({})`, or take `target` away", "autoencoder": rebuilt, "vae": rebuilt}
    ways["gan"] = "answer it in the discriminator, `output({})`, or take `target` away"
    way_out_of = ways.get(spec.model.word)
    way_out_of = way_out_of or f"end the {spec.model.word} with `output({{}})`"
    seen = {name for node in inputs_of(spec) for name in node.layer.columns if spec.model.word == "rbm"}  # type: ignore[attr-defined]
    seen |= {node.layer.column for node in outputs_of(spec) if isinstance(node.layer, VisibleLabel)}
    astray = [column for column in outputs if column not in spec.data.target]
    for column in outputs:
        if not astray and label_count(spec, column) == 1:
            report.error("E0502", f"`{column}` has one label only: there is nothing to tell apart", outputs[column].span)
    for column in spec.data.target if not astray else ():
        if column not in outputs and column not in seen:  # what is seen was already spoken of
            span, way_out = spec.spans.get("data.target"), way_out_of.format(column)
            report.error("E0107", f"nothing answers the target `{column}`", span, help=way_out)
    if len(set(spec.data.target)) < len(spec.data.target):
        report.error("E0205", "a target is named twice", spec.spans.get("data.target"))


def the_split_can_be_made(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    split, span = spec.data.split, spec.spans.get("data.split")
    if isinstance(split, Random):
        total = sum(split.shares())
        if abs(total - 1.0) > 1e-9:
            report.error("E0407", f"the shares of the split sum to {total:g}, not 1", span)
    if isinstance(split, Random | Folds):
        if split.stratify is not None and split.group is not None:
            report.error(
                "E0407",
                "a split keeps either the shares of labels or groups together",
                span,
                help="take `stratify` or `group` away",
            )
        within = split.within if isinstance(split, Random) else None
        if within is not None and (split.stratify is not None or split.group is not None):
            other = "stratify" if split.stratify is not None else "group"
            message = f"a split divides the rows of each `{within}`, or goes by `{other}`"
            report.error("E0407", message, span, help=f"take `within` or `{other}` away")
        if split.stratify is not None and isinstance(spec.data.columns.get(split.stratify), Number):
            message = f"`{split.stratify}` is a number, and has no labels whose shares a split could keep"
            report.error("E0407", message, span, help="stratify by a category, or take `stratify` away")
    draws = isinstance(split, Provided) and (split.validation > 0 or any(phase.settings.rows for phase in spec.phases))
    if isinstance(split, Provided) and split.written("seed") and not draws:
        way_out = "give it a share, as in `provided(validation = 0.1, seed = 3)`, or take `seed` away"
        place = spec.spans.get("data.split.seed", span)
        report.error("E0505", "`seed` changes nothing: `provided` draws no rows here", place, help=way_out)
    if isinstance(split, Folds):
        folds_can_be_made(split, spec, report)
    if isinstance(split, Provided) and spec.data.source.word in ("csv", "parquet", "ratings"):
        message = f"`{spec.data.source.word}` provides no sets of its own"
        report.error("E0407", message, span, help="write `random(…)`, or `column(fold, …)` where a column names the sets")


def folds_can_be_made(split: Folds, spec: Spec, report: Report) -> None:
    place = spec.spans.get("data.split")
    if split.fold is not None and split.fold > split.count:
        message = f"there is no fold {split.fold}: `folds({split.count})` has 1 to {split.count}"
        report.error("E0407", message, spec.spans.get("data.split.fold", place), help="leave `fold` out to train once for each")
    if split.validation + 1 / split.count >= 1:
        message = f"a test set of 1/{split.count} and `validation = {split.validation:g}` leave no rows to train on"
        report.error("E0407", message, spec.spans.get("data.split.validation", place), help="take a smaller share, or more folds")


def augmentation_changes_images(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    images = {name: c for name, c in spec.data.columns.items() if isinstance(c, Image)}
    for index, change in enumerate(spec.data.augment):
        span = spec.spans.get(f"data.augment.{index}")
        if not images:
            report.error("E0505", f"`{change.word}` changes images, and `columns` has none", span)
        for name, image in images.items():
            if isinstance(change, Crop) and (image.size[1], image.size[2]) != (change.size, change.size):
                message = f"`crop({change.size})` gives another size than `{name}` has, {image.size[1]} × {image.size[2]}"
                report.error("E0203", message, span, help=f"as in `crop({image.size[1]}, padding = 3)`")
            smallest = min(image.size[1:])
            if isinstance(change, Cutout) and change.size >= smallest:
                report.error(
                    "E0203", f"`cutout({change.size})` can cover the whole of `{name}`", span, help="take a smaller square"
                )
            if isinstance(change, Shift) and change.pixels >= smallest:
                report.error("E0203", f"`shift({change.pixels})` can move `{name}` out of sight", span, help="take fewer pixels")
            if isinstance(change, Crop) and change.padding == 0 and image.size[1] == image.size[2] == change.size:
                report.error("E0203", "`crop` of the whole image changes nothing", span, help="give it a `padding`")


def array_inputs_are_known(spec: Spec, report: Report) -> None:
    assert spec.data is not None
    for name, column in spec.data.columns.items():
        if isinstance(column, Array) and len(column.size) not in (1, 3):
            way_out = "`[features]`, or `[channels, height, width]` with 1 for a single channel"
            report.error(
                "E0203", f"`{name}`: an array has one size or three", spec.spans.get(f"data.columns.{name}"), help=way_out
            )


def starting_values_have_something_to_start(spec: Spec, report: Report) -> None:
    """A layer's own `bias_init` needs a bias; a `shortcut` that is the identity has no weights. Inherited ones may pass by."""
    for graph in spec.graphs.values():
        for node in graph.nodes:
            if not isinstance(node.layer, WeightedLayer):
                continue
            identity = isinstance(node.layer, Shortcut) and not node.layer.projects and not node.shape.is_unknown
            without_bias = isinstance(node.layer, Shortcut) or getattr(node.layer, "bias", True) is False
            for setting in ("init", "bias_init", "regularize"):
                span = spec.spans.get(f"{graph.name}.{node.name}.{setting}")
                own = span is not None and node.span.start <= span.start < node.span.end
                if own and (identity or (setting == "bias_init" and without_bias)):
                    what = "is the identity here and has no weights" if identity else "has no bias"
                    message = f"`{setting}` changes nothing: `{node.layer.word}` {what}"
                    report.error("E0505", message, span, help=f"take `{setting}` away")


BEFORE_SHAPES = (
    the_data_is_there,
    array_inputs_are_known,
    columns_have_one_way,
    imputed_values_fit_their_columns,
    labels_are_a_list_of_their_own,
    targets_stay_as_they_are,
    ratings_come_from_their_source,
    ratings_are_seen_by_one_machine,
    layers_fit_the_model,
    machines_are_whole,
    labels_are_told_by_one_machine,
    inputs_can_be_joined,
    encoders_take_what_is_rebuilt,
    hybrids_judge_codes_or_rows,
    parts_of_gans_see_what_they_may,
    components_of_gans_are_taken,
    scores_have_no_bounds,
    virtual_batches_have_a_reference,
    units_stand_on_their_side,
    units_hold_their_columns,
    targets_and_outputs_agree,
    parts_of_runs_follow_an_input,
    freezings_of_layers_say_how_long,
)
AFTER_SHAPES = (
    the_split_can_be_made,
    values_name_one_set,
    augmentation_changes_images,
    starting_values_have_something_to_start,
    phases_end,
    procedures_fit_the_model,
    ratings_are_learnt_by_contrastive_divergence,
    settings_fit_the_procedure,
    sparsity_is_for_hidden_units,
    machines_that_are_trained_have_a_length,
    a_run_has_one_seed,
    losses_fit_their_outputs,
    discriminators_give_a_score,
    games_are_played_for_something,
    recognizers_learn,
    remedies_have_a_disease,
    what_is_rebuilt_can_be,
    losses_compare_rows,
    codes_are_as_large_as_the_latent,
    hybrids_play_one_game,
    codes_are_all_that_is_known,
    bounds_are_what_is_learnt,
    likelihoods_are_estimated_by_what_there_is,
    metrics_fit_an_output,
    measures_are_taken,
    batches_serve_batch_statistics,
    momentum_comes_before_nesterov,
    regularizers_are_named_once,
    schedules_count_something,
    schedules_of_rates_are_factors,
    batches_are_accumulated_where_there_are_several,
    averages_are_of_several,
    wrong_labels_need_labels,
    parts_are_there,
    freezings_say_how_long,
    something_is_trained,
    settings_of_parts_differ,
    settings_reach_weights,
    sweeps_have_something_to_search,
    sweeps_look_the_right_way,
    discriminators_have_gradients,
    what_is_made_reaches_the_data,
    gaussian_units_see_scaled_numbers,
    images_are_scaled,
    outputs_follow_no_activation_of_labels,
    phases_outlast_what_they_begin_with,
    weights_fit_one_file,
)
WITH_DATA = (
    inputs_can_be_joined,
    starting_values_have_something_to_start,
    losses_fit_their_outputs,
    measures_are_taken,
    batches_serve_batch_statistics,
    some_labels_are_wrong,
    weights_fit_one_file,
)
"""What depends on what the data says, asked again once it is bound."""
