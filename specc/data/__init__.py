"""Files to arrays: sources, splits, and the fitted way of each column from its raw value to the network."""
