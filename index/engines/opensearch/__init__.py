"""The engine on an OpenSearch cluster: the same answers, past one machine."""
