"""The command line: `ml-connector <noun> <verb>`; data on stdout, everything else on stderr."""
