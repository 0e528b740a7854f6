"""Initializers: where weights start. `fan_in` and `fan_out` count a unit's incoming and outgoing connections."""

from __future__ import annotations

from specc.vocabulary.families import Initializer
from specc.vocabulary.numbers import Finite, PositiveFloat


class Zeros(Initializer):
    """Every number is zero.

    Example: `init = zeros`
    """


class Constant(Initializer):
    """The same number everywhere.

    Example: `bias_init = constant(0.1)`
    """

    value: Finite


class Normal(Initializer):
    """Normal with the given standard deviation around `mean`.

    Example: `init = normal(0.01)`
    """

    deviation: PositiveFloat = 0.05
    mean: Finite = 0.0


class Uniform(Initializer):
    """Uniform between `−limit` and `limit`.

    Example: `init = uniform(0.1)`
    """

    limit: PositiveFloat = 0.05


class GlorotUniform(Initializer, aliases=("xavier_uniform",)):
    """Uniform between ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    Example: `init = glorot_uniform`
    """


class GlorotNormal(Initializer, aliases=("xavier_normal",)):
    """Normal with deviation √(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    Example: `init = glorot_normal`
    """


class HeUniform(Initializer, aliases=("kaiming_uniform",)):
    """Uniform between ±√(6 / fan_in), for rectifiers (He et al. 2015).

    Example: `init = he_uniform`
    """


class HeNormal(Initializer, aliases=("kaiming_normal",)):
    """Normal with deviation √(2 / fan_in), for rectifiers (He et al. 2015).

    Example: `init = he_normal`
    """


class Orthogonal(Initializer):
    """Orthogonal rows or columns, times `gain` (Saxe et al. 2014).

    Example: `init = orthogonal(1.4)`
    """

    gain: PositiveFloat = 1.0
