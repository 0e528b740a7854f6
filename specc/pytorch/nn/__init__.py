"""What PyTorch lacks and emitted source may use."""

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann as RestrictedBoltzmann
from specc.pytorch.nn.pooling import average_pool2d as average_pool2d
from specc.pytorch.nn.ratings import RatingsBoltzmann as RatingsBoltzmann
