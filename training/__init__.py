"""Ray Train and DeepSpeed: one loop, one file per objective."""
