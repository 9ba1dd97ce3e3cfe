"""The platform that holds: a stand-in for campaigns and journeys with a Send Gate, on a clock of its own."""
