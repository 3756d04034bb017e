"""What people do in the console, in a real browser, with the product as it runs."""
