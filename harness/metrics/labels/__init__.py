"""Metrics of labels and their scores: confusion tables, areas under curves, calibration."""
