"""Contrastive models that classify by wordings: CLIP, SigLIP and folders of open_clip."""
