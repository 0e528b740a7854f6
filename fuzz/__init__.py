"""Hostile input on purpose: `python -m fuzz.specs` for texts, `python -m fuzz.files` for data files and models."""
