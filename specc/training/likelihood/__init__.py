"""How likely a restricted Boltzmann machine, or a stack of them, says rows are."""

from specc.training.likelihood.bound import variational_bound as variational_bound
from specc.training.likelihood.estimate import LogLikelihood as LogLikelihood
from specc.training.likelihood.estimate import estimate_log_likelihood as estimate_log_likelihood
from specc.training.likelihood.estimate import log_partition as log_partition
from specc.training.likelihood.exact import can_be_exact as can_be_exact
