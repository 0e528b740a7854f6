"""What PyTorch lacks and emitted source may use."""

from specc.pytorch.nn.boltzmann import RestrictedBoltzmann as RestrictedBoltzmann
from specc.pytorch.nn.minibatch import MinibatchDiscrimination as MinibatchDiscrimination
from specc.pytorch.nn.noise import GaussianNoise as GaussianNoise
from specc.pytorch.nn.noise import MaskingNoise as MaskingNoise
from specc.pytorch.nn.noise import SaltAndPepper as SaltAndPepper
from specc.pytorch.nn.normalized import SpectralConv2d as SpectralConv2d
from specc.pytorch.nn.normalized import SpectralConvTranspose2d as SpectralConvTranspose2d
from specc.pytorch.nn.normalized import SpectralLinear as SpectralLinear
from specc.pytorch.nn.normalized import WeightNormConv2d as WeightNormConv2d
from specc.pytorch.nn.normalized import WeightNormConvTranspose2d as WeightNormConvTranspose2d
from specc.pytorch.nn.normalized import WeightNormLinear as WeightNormLinear
from specc.pytorch.nn.pooling import average_pool2d as average_pool2d
from specc.pytorch.nn.ratings import RatingsBoltzmann as RatingsBoltzmann
from specc.pytorch.nn.virtual import VirtualBatchNorm as VirtualBatchNorm
