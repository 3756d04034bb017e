"""Shopify: its Admin GraphQL API, its webhooks, and the records read from them."""
