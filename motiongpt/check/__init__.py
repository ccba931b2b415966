"""Is the motion the one that was asked for? Checked by geometry, not by another network."""
