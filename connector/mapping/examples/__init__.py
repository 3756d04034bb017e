"""Made-up orders as Shopify answers OrderById and OrderLife, to see what rules make of them."""
