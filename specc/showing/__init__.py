"""What a spec says and does, for people: its layer table, data, phases and every default that was filled in."""
