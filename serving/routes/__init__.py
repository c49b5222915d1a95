"""The gateway's routes, a file for each subject; each gives a router over what `create_app` made."""
