"""The plan language: reading and writing plans, their graphs, and running them while they are written."""
