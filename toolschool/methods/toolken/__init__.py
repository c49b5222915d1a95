"""Toolken (ToolkenGPT, Hao et al., 2023): a frozen model's output layer gets a row per tool, and only these rows learn."""

INIT_FILE = "init.safetensors"  # beside the features: rows that a head may begin as
