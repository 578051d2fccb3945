"""The version of this package, which every room may state."""

__version__ = "0.1.0"
