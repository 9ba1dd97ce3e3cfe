"""WORK: what a user can do. One file per noun; each public method is a verb, async, with the role it needs."""
