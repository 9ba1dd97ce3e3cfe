"""REASON: pure functions over models: no clock, no disk, no net, no randomness."""
