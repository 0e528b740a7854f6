"""IR to PyTorch: the source of a model, one twin a word, and the modules that torch lacks."""
