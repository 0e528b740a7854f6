"""Measurements of specc: how well its networks answer, beside peers on the same rows, and how fast it checks."""
