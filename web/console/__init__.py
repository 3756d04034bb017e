"""The operations console: what people see of orders, items and money, and its JSON twin under /api/v1."""
