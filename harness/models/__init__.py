"""The backends: an explicit table from kind to the factory that opens it, imported when asked for."""
