"""New specs: a small working one of each kind, or a first one for a table."""
