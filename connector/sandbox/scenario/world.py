"""The shop's and the account's lists, and the rules that map one to the other."""

from typing import Any

Json = dict[str, Any]

SHOP_ID = 548380009
SHOP = "demo-store.myshopify.com"
# The shop's only location, and the warehouse whose stock it sells; nothing of the outlet is sold online.
SHOP_LOCATION = 655441491
WAREHOUSE, OUTLET = "2", "3"

CURRENCIES = {"USD": "1", "GBP": "2", "CAD": "3", "EUR": "4", "JPY": "5"}

_COLOURS = ("RED", "BLUE", "GREEN", "BLACK", "WHITE", "SAND")
_GOODS = {
    "MUG": ("Mug", "14.00"),
    "TEE": ("T-shirt", "29.90"),
    "CAP": ("Cap", "24.50"),
    "BAG": ("Tote bag", "38.00"),
    "PEN": ("Pen", "3.33"),
    "LAMP": ("Desk lamp", "119.95"),
    "BOOK": ("Notebook", "12.99"),
    "RUG": ("Rug", "349.00"),
}

# (sku, title, price in USD) of everything the shop sells.
PRODUCTS = tuple(
    (f"{code}-{colour}", f"{title} {colour.lower()}", price)
    for code, (title, price) in _GOODS.items()
    for colour in _COLOURS
)

# NetSuite's item of each SKU.
ITEMS = {sku: str(2000 + number) for number, (sku, _, _) in enumerate(PRODUCTS)}

CUSTOM, GIFT_CARD, TIP, DUTY, FEE, DISCOUNT, TAX, ROUNDING, ADJUSTMENT = (str(number) for number in range(901, 910))
DEFAULT_CUSTOMER = "1400"

_SPECIAL_ITEMS = {
    CUSTOM: "SHOPIFY-CUSTOM",
    GIFT_CARD: "SHOPIFY-GIFT-CARD",
    TIP: "SHOPIFY-TIP",
    DUTY: "SHOPIFY-DUTY",
    FEE: "SHOPIFY-FEE",
    DISCOUNT: "SHOPIFY-DISCOUNT",
    TAX: "SHOPIFY-TAX",
    ROUNDING: "SHOPIFY-ROUNDING",
    ADJUSTMENT: "SHOPIFY-ADJUSTMENT",
}

FIRST_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Niklaus", "Frances", "Tony")
LAST_NAMES = (
    "Example",
    "Sample",
    "Specimen",
    "Pattern",
    "Model",
    "Instance",
    "Muster",
    "Modele",
    "Ejemplo",
    "Voorbeeld",
)


def order_key(order_id: int) -> str:
    """The external id under which an order stands in NetSuite."""
    return f"SHOPIFY-{SHOP_ID}-ORDER-{order_id}"


def shop_config() -> Json:
    """The shop, without secrets and addresses."""
    return {
        "shop": SHOP,
        "shop_id": SHOP_ID,
        "name": "Demo Store",
        "currency": "USD",
        # A test shop for a test account: the environment guard approves the pair by itself.
        "plan": "Development",
        "restore_rate": 1000,
        "bucket": 20000,
    }


def existing_customers(count: int) -> list[Json]:
    """Customers that stand in NetSuite before the first order; some of them shop again."""
    known = [{"id": str(1500 + number), "email": email(number), "subsidiary": "1"} for number in range(count)]
    return [{"id": DEFAULT_CUSTOMER, "email": "web-guest@example.com", "subsidiary": "1"}, *known]


def email(number: int) -> str:
    """The e-mail address of a customer."""
    return f"buyer{number}@example.com"


def account_config(existing: int) -> Json:
    """The account, without its certificate."""
    goods = [{"id": number, "itemid": sku} for sku, number in ITEMS.items()]
    special = [{"id": number, "itemid": name, "itemtype": "OthCharge"} for number, name in _SPECIAL_ITEMS.items()]
    return {
        "account": "1234567_SB1",
        "subsidiaries": [{"id": "1", "name": "Parent Company"}],
        "locations": [{"id": WAREHOUSE, "name": "Main Warehouse"}, {"id": OUTLET, "name": "Outlet"}],
        "currencies": [{"id": number, "symbol": symbol} for symbol, number in CURRENCIES.items()],
        "accounts": [{"id": "123", "name": "Bank"}, {"id": "124", "name": "Gift cards owed"}],
        "payment_methods": [
            {"id": "8", "name": "Card"},
            {"id": "9", "name": "Gift card"},
            {"id": "10", "name": "PayPal"},
        ],
        "ship_items": [{"id": "41", "name": "Standard"}, {"id": "42", "name": "Express"}],
        "items": goods + special,
        "customers": existing_customers(existing),
    }


def stock(units: int) -> list[Json]:
    """The account's stock before the day: so many units of every product in the warehouse, half of it in the outlet."""
    places = ((WAREHOUSE, units), (OUTLET, units // 2))
    return [{"item": item, "location": place, "on_hand": count} for item in ITEMS.values() for place, count in places]


def shop_items() -> list[Json]:
    """What the shop sells, tracked, and none of it there yet."""
    return [{"sku": sku, "levels": {str(SHOP_LOCATION): 0}} for sku in ITEMS]


def rules(ships: str = "shopify") -> Json:
    """The connection's [rules]; each order is booked in the currency its buyer paid, and `ships` says who ships."""
    return {
        "subsidiary": "1",
        "location": WAREHOUSE,
        "currencies": CURRENCIES,
        "time_zone": "America/New_York",
        "orders": {"currency": "presentment"},
        "customer": {"default": DEFAULT_CUSTOMER},
        "items": {"custom": CUSTOM, "gift_card": GIFT_CARD, "tip": TIP, "duty": DUTY, "fee": FEE},
        "discount": {"item": DISCOUNT},
        "tax": {"item": TAX},
        "rounding": {"item": ROUNDING},
        "fulfillments": {"source": ships},
        "inventory": {"locations": {str(SHOP_LOCATION): [WAREHOUSE]}},
        "refunds": {"adjustment_item": ADJUSTMENT, "no_restock_item": ADJUSTMENT},
        "shipping": {"methods": {"Standard": "41", "Express": "42"}},
        "payments": {
            "methods": {
                "shopify_payments": {"method": "8", "account": "123"},
                "paypal": {"method": "10", "account": "123"},
                "gift_card": {"method": "9", "account": "124"},
            }
        },
    }
