"""A Shopify shop and a NetSuite account in memory, served over HTTP and strict like the real ones. Shares no code."""
