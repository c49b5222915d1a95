"""TinyAgent (Erdogan et al., 2024): retrieve tools, write a plan, run it as a graph, answer."""
