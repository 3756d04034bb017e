"""What people and machines do to an order or a customer in the shop, each changing the records as Shopify would.

The records keep the REST style of webhooks (facts: Shopify's webhook samples of 2026-04 and recorded orders).
"""
