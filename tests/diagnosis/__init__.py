"""`explain`: the right cause first, in each way of knowing."""
