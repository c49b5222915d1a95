"""Tools: what they look like to a planner (`catalog`), how one call is run (`run`), and the tools that ship."""
