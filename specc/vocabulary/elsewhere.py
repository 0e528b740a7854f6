"""What other libraries call the words and arguments of the language, so that a habit gets its answer."""

from __future__ import annotations

NAMES_ELSEWHERE = {
    "Linear": "dense",
    "fully_connected": "dense",
    "BatchNormalization": "batch_norm",
    "BatchNorm1d": "batch_norm",
    "BatchNorm2d": "batch_norm",
    "LayerNormalization": "layer_norm",
    "MaxPooling2D": "max_pool2d",
    "MaxPool2d": "max_pool2d",
    "AveragePooling2D": "average_pool2d",
    "AvgPool2d": "average_pool2d",
    "GlobalAveragePooling2D": "global_average_pool2d",
    "GlobalMaxPooling2D": "global_max_pool2d",
    "ConvTranspose2d": "conv2d_transpose",
    "Conv2DTranspose": "conv2d_transpose",
    "DepthwiseConv2D": "depthwise_conv2d",
    "UpSampling2D": "upsample",
    "nll_loss": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "CrossEntropyLoss": "cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy",
    "BCELoss": "binary_cross_entropy",
    "MSELoss": "mean_squared_error",
    "L1Loss": "mean_absolute_error",
    "auc": "auroc",
    "roc_auc": "auroc",
    "r2_score": "r2",
    "lr": "learning_rate",
    "alpha": "slope",
    "eps": "epsilon",
    "sep": "delimiter",
    "na_values": "missing",
    "batch_size": "batch",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "kernel_size": "kernel",
    "pool_size": "kernel",
    "filters": "channels",
    "out_channels": "channels",
    "out_features": "units",
    "strides": "stride",
    "kernel_initializer": "init",
    "kernel_regularizer": "regularize",
    "early_stopping": "stop",
    "scheduler": "schedule",
    "regularizer": "regularize",
}
"""Their name, ours."""


def meant_elsewhere(name: str, known: list[str]) -> str | None:
    """The word or argument of ours that another library's name means, where it is one of `known`."""
    ours = NAMES_ELSEWHERE.get(name)
    return ours if ours in known else None
