"""Text to tree (`parse`), and text to canonical text (`format`)."""
