"""Training restricted Boltzmann machines: their chains, the gradient of their likelihood, and its way into the weights."""
