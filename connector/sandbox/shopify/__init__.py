"""The shop: Admin GraphQL against the real schema, costs and throttling, signed webhooks."""
