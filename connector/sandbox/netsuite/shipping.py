"""The four lists of packages of an item fulfilment."""

# Carrier sublists name their fields with the carrier behind them.
PACKAGES = {"package": "", "packageUps": "Ups", "packageFedex": "FedEx", "packageUsps": "Usps"}
