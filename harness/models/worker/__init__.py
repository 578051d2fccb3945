"""Another process that answers: its protocol, its life and its end."""
