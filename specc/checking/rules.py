"""What must hold of a whole spec, in the order in which it is asked: a function a rule, named after the sentence it holds."""

from __future__ import annotations

from specc.checking.adversarial import games_are_played_for_something, recognizers_learn
from specc.checking.advice import (
    gaussian_units_see_scaled_numbers,
    images_are_scaled,
    outputs_follow_no_activation_of_labels,
    phases_outlast_what_they_begin_with,
)
from specc.checking.answers import targets_and_outputs_agree
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
from specc.checking.inputs import array_inputs_are_known, inputs_can_be_joined, the_data_is_there
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
from specc.checking.splits import augmentation_changes_images, the_split_can_be_made
from specc.checking.starting import starting_values_have_something_to_start
from specc.checking.sweeps import sweeps_have_something_to_search, sweeps_look_the_right_way
from specc.checking.units import units_hold_their_columns, units_stand_on_their_side
from specc.checking.variational import (
    bounds_are_what_is_learnt,
    codes_are_all_that_is_known,
    likelihoods_are_estimated_by_what_there_is,
)

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
