"""Values, protocols and pure rules; imports nothing but the standard library."""
