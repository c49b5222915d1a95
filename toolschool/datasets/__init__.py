"""Data sets: one file per source, a registry over them, and the splits that keep training and test rows apart."""
