"""The faces: they read events and hand in what people say."""
