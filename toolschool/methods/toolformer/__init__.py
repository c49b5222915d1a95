"""Toolformer (Schick et al., 2023): a model annotates texts with calls and keeps those that help it read on."""
