"""The report: one self-contained page of runs, with scoreboards, curves and every sample; nothing in it is loaded from elsewhere."""
