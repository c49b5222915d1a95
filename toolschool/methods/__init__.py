"""What is particular to each published method, as functions free of Ray."""
