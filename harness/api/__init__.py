"""What `import harness` offers a notebook or a training loop: the command line's own functions, with results as objects and frames."""
