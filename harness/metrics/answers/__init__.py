"""Metrics of short answers: the canonical scorer, and those of publications under their own names."""

from harness.metrics.answers.canonical import EXACT_MATCH, VQA

__all__ = ["EXACT_MATCH", "VQA"]
