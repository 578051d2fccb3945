"""Metrics of clinical reports: labellers, entity graphs and their composites, from weights that a user provides."""

from harness.metrics.clinical.reports import OF_ANY_MODALITY, REPORTS

__all__ = ["OF_ANY_MODALITY", "REPORTS"]
