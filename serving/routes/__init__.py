"""Routes of the gateway that have a subject of their own."""
