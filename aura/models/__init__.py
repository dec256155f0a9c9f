"""Language models: where they are, how they are called, how their replies are put together."""
