"""What runs under the servers of others: one small application for each framework, and the HTTP/2 client."""
