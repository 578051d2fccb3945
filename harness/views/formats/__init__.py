"""Out of the silo: runs as Markdown and LaTeX tables, as model-card metadata, as every_eval_ever records, as a data frame."""
