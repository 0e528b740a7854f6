"""Restricted Boltzmann machines of ratings: their rows, their start, contrastive divergence, what is measured of them."""
