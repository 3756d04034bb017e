"""A seeded day of a shop: orders of many shapes, the deliveries that announce them, and what must stand in the books."""
