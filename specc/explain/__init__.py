"""The pages of `specc explain`: a Markdown file a diagnostic code, and a page made from its class for every word."""
