"""The account: tokens, records, SuiteQL and concurrency with NetSuite's real habits."""
