"""ToolGen (Wang et al., ICLR 2025): every tool is one new token; a model finds a tool by writing it, and calls it by going on."""
