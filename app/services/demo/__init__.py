"""A shop to look at: what is in it, and how it gets there."""
