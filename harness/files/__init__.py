"""Files as they are: foreign ones read with suspicion, ours written whole or not at all, and every refusal said as a message."""
