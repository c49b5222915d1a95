"""What a user submits: a verb per file, each short."""
