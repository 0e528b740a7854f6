"""Training of autoencoders, variational autoencoders and adversarial networks."""
