"""Runs of machines of ratings: their ONNX file, what they recommend, what their factors are about."""
