"""What Shopify is told of a customer or a company. Source: Admin GraphQL API 2026-10."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.shopify.client import ShopifyClient
from connector.shopify.reading import numeric, read, whole

_LOCATIONS = 250


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the shop. `locations`: whether each is exempt from tax, by id."""

    id: str
    name: str = field(repr=False)
    locations: Mapping[str, bool]


def update_customer(client: ShopifyClient, customer_id: str, values: Mapping[str, bool | str]) -> None:
    """Sets fields of CustomerInput, named as it names them. Raises Rejected with Shopify's own sentences."""
    client.mutate("CustomerUpdate", {"input": {"id": f"gid://shopify/Customer/{customer_id}", **values}})


def company(client: ShopifyClient, company_id: str) -> Company | None:
    """The company as it is now, None when it was deleted. Raises InvalidAnswer with more than 250 locations."""
    data = client.query("CompanyById", {"id": f"gid://shopify/Company/{company_id}", "first": _LOCATIONS})["company"]
    if data is None:
        return None
    return read(
        f"company {company_id}",
        lambda found: Company(
            company_id,
            found["name"],
            {
                numeric(item["id"]): bool(item["taxSettings"]["taxExempt"])
                for item in whole(found["locations"], f"locations of company {company_id}")
            },
        ),
        data,
    )


def rename_company(client: ShopifyClient, company_id: str, name: str) -> None:
    """Gives a company its name."""
    client.mutate("CompanyUpdate", {"companyId": f"gid://shopify/Company/{company_id}", "input": {"name": name}})


def exempt_location(client: ShopifyClient, location_id: str, *, is_exempt: bool) -> None:
    """Says of a company's location whether it pays tax."""
    variables = {"id": f"gid://shopify/CompanyLocation/{location_id}", "taxExempt": is_exempt}
    client.mutate("CompanyLocationTax", variables)
