"""biomed-harness: per-dataset adapters, one model interface and one metric registry that write comparable scoreboards."""

__version__ = "0.1.0"
