"""A real OpenSearch cluster of two nodes, and what is asked of the engine on it."""
