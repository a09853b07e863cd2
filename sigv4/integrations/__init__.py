"""sigv4 in other people's frameworks: one module for each, importing it only when it is imported itself."""
