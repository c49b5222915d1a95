"""Ray Serve: gateway, retriever, planner, executor and web page."""
