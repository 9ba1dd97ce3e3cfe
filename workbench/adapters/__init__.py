"""DOORS: the only floor that touches the world; each door owns one outside library."""
