"""Metrics of texts: BLEU, ROUGE, METEOR, CIDEr, with the reference's own tokenisers."""
