"""The paper's five tools (arXiv 2302.04761, appendix A), each in a file of its own, as a user's own would be."""
