"""`python -m connector.sandbox shopify|netsuite --port N --config FILE`: one side of the sandbox as a process."""

import argparse
import json
from pathlib import Path

from connector.sandbox.journal import Journal
from connector.sandbox.netsuite.account import Account, AccountConfig
from connector.sandbox.netsuite.app import account_app
from connector.sandbox.serve import run
from connector.sandbox.shopify.app import shop_app
from connector.sandbox.shopify.shop import Shop, ShopConfig


def main() -> None:
    """Serves one side until it is told to stop."""
    parser = argparse.ArgumentParser(prog="connector.sandbox")
    parser.add_argument("side", choices=("shopify", "netsuite"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--announce", type=Path, help="file to write the address to; else standard output")
    parser.add_argument("--journal", type=Path, help="file to append every commit or delivery to")
    given = parser.parse_args()
    config = json.loads(given.config.read_text("utf-8"))
    if given.side == "shopify":
        run(shop_app(Shop(ShopConfig.from_json(config), Journal(given.journal))), given.port, given.announce)
    else:
        run(account_app(Account(AccountConfig.from_json(config), Journal(given.journal))), given.port, given.announce)


if __name__ == "__main__":
    main()
