"""Weather sources: the port, who serves which days, and one module per provider."""
