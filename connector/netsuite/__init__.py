"""NetSuite: its REST record API and SuiteQL, and the records written there."""
