"""Where it runs: connecting, storage, resource profiles and cluster files."""
