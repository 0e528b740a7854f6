"""Which module holds which word, so that a check imports only the classes that its spec uses.

A test holds this table equal to the classes that are there.
"""

from __future__ import annotations

_WORDS: dict[str, dict[str, str]] = {
    "layer": {
        "layers.sources": "input",
        "layers.output": "output",
        "layers.dense": "dense",
        "layers.convolution": "conv2d conv2d_transpose depthwise_conv2d shortcut",
        "layers.pooling": "max_pool2d average_pool2d avg_pool2d global_average_pool2d global_max_pool2d upsample",
        "layers.reshaping": "flatten reshape plane",
        "layers.normalization": "batch_norm layer_norm instance_norm group_norm virtual_batch_norm",
        "layers.noise": "dropout gaussian_noise masking_noise salt_and_pepper",
        "layers.minibatch": "minibatch_discrimination",
        "layers.merging": "add multiply concat",
        "layers.activating": "activate",
        "layers.pretrained": "pretrained",
        "layers.boltzmann": "visible hidden rbm label",
    },
    "activation": {
        "activations": "linear sigmoid tanh hard_tanh softmax relu leaky_relu softplus elu selu gelu silu swish log_softmax",
    },
    "initializer": {
        "initializers": "zeros constant normal uniform glorot_uniform glorot_normal he_uniform he_normal orthogonal"
        " xavier_uniform xavier_normal kaiming_uniform kaiming_normal",
    },
    "regularizer": {"regularizers": "l1 l2 sparsity"},
    "units": {"units": "bernoulli gaussian relu softmax replicated_softmax"},
    "source": {"sources": "csv parquet npz idx images samples ratings"},
    "column": {"columns": "number category image array ratings"},
    "imputation": {"columns": "mean median mode constant"},
    "encoding": {"columns": "onehot embedding"},
    "split": {"splits": "random column provided folds"},
    "augmentation": {"augmentations": "crop flip shift rotate cutout"},
    "loss": {
        "losses": "mean_squared_error mean_absolute_error sum_squared_error cross_entropy binary_cross_entropy mse mae bce"
        " contractive",
        "variational": "elbo",
        "adversarial": "minimax non_saturating least_squares hinge wasserstein mutual_information feature_matching",
    },
    "smoothing": {"remedies": "one_sided two_sided drawn"},
    "instance_noise": {"remedies": "gaussian"},
    "penalty": {"remedies": "gradient_penalty r1"},
    "sampling": {"remedies": "every"},
    "metric": {
        "metrics": "accuracy auroc f1 precision recall confusion_matrix root_mean_squared_error mean_absolute_error r2 rmse mae"
        " reconstruction_error free_energy_gap log_likelihood sum_squared_error",
        "quality": "pairwise_distance classifier_score modes_covered",
    },
    "optimizer": {"optimizers": "sgd adam adamw rmsprop adagrad adadelta gradient_descent"},
    "schedule": {"schedules": "constant step exponential linear cosine one_cycle plateau warmup schedule"},
    "clipping": {"clipping": "norm value"},
    "averaging": {"averaging": "ema exponential_moving_average swa stochastic_weight_averaging"},
    "freezing": {"freezing": "until always"},
    "stopping": {"stopping": "early"},
    "keeping": {"stopping": "best last"},
    "procedure": {
        "procedures": "supervised contrastive_divergence persistent_contrastive_divergence parallel_tempering up_down"
        " reconstruction layerwise variational adversarial",
    },
    "hyperparameter": {"hyperparameters": "int float choice bool"},
    "objective": {"sections": "maximize minimize"},
    "pruning": {"sections": "median never"},
    "decoder": {"decoders": "mirror"},
    "component": {"layers.composite": "latent condition code"},
    "model": {"models": "network rbm dbn autoencoder vae gan"},
    "section": {"sections": "data train part phase sweep"},
}

INDEX: dict[str, dict[str, str]] = {
    family: {word: module for module, words in modules.items() for word in words.split()} for family, modules in _WORDS.items()
}

DERIVED: dict[str, str] = {
    "made": "layers.composite",
    "given": "layers.composite",
    "found": "layers.composite",
    "mirrored": "layers.mirrored",
}
"""Layers that follow from others: no spec writes them, and what is stored of a spec has them."""
