"""Pure: what a Shopify record is in NetSuite's terms, under the rules of one connection."""
