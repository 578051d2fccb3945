"""Image classifiers: torch.export, TorchScript, state dicts and timm."""
