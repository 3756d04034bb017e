"""Stock as the shop keeps it: inventory items, levels per location, who changed them, and their mutations."""
