"""Weather sources: the port, the HTTP client, and one folder per provider."""
