"""What the integration tests stand on: real programs, a real Redis, scripted
subscribers and publishers.  docs/TESTING.md shows how to use it."""
