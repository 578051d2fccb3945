"""What the documentation's site draws of the code: pages of tasks, metrics and commands, and links into the repository."""
