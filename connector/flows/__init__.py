"""What the product does, one module per concern: plan (pure), apply (effects), and the runner with the bookkeeping."""
