"""The shop's metafields on orders: at most 25 a call, all of them or none, compared with what stood there if asked to."""

import hashlib
from typing import Any

from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values.parts import gid

Json = dict[str, Any]
Key = tuple[str, str, str]

_MOST = 25
_KEY_LENGTHS = range(2, 65)
# The prefix is the app's own; this sandbox has one app.
_APP = "app--1--"


def set_metafields(shop: Shop, wanted: list[Json]) -> Json:
    """metafieldsSet."""
    if len(wanted) > _MOST:
        return _refused([_error(None, "LESS_THAN_OR_EQUAL_TO", "Exceeded the maximum metafields input limit of 25.")])
    with shop.acting:
        problems = [found for index, item in enumerate(wanted) if (found := _problem(shop, index, item))]
        if problems:
            return _refused(problems)
        return {"metafields": [_kept(shop, item) for item in wanted], "userErrors": []}


def digest(value: str) -> str:
    """What a later write can be compared with."""
    return hashlib.sha256(value.encode()).hexdigest()


def _problem(shop: Shop, index: int, item: Json) -> Json | None:
    owner = item["ownerId"]
    if "/Order/" not in owner or shop.order(int(owner.rpartition("/")[2])) is None:
        return _error(index, "INVALID", "Owner does not exist.")
    if len(item["key"]) not in _KEY_LENGTHS:
        return _error(index, "TOO_SHORT" if len(item["key"]) < 2 else "TOO_LONG", "Key has a wrong length.")
    if not item.get("type"):
        return _error(index, "BLANK", "Type can't be blank.")
    if not item["value"] or "\n" in item["value"]:
        return _error(index, "INVALID_VALUE" if item["value"] else "BLANK", "Value must be a single line.")
    standing = shop.metafields.get(_key(item))
    if "compareDigest" in item and item["compareDigest"] != (standing and standing["compareDigest"]):
        return _error(index, "STALE_OBJECT", "The resource has been updated since it was loaded.")
    return None


def _kept(shop: Shop, item: Json) -> Json:
    known = shop.metafields.get(_key(item)) or {"id": gid("Metafield", next(shop.ids))}
    names = {"namespace": _key(item)[1], "key": item["key"], "type": item["type"], "value": item["value"]}
    made = known | names | {"compareDigest": digest(item["value"])}
    shop.metafields[_key(item)] = made
    return made


def _key(item: Json) -> Key:
    namespace = item.get("namespace") or "$app"
    return item["ownerId"], namespace.replace("$app:", _APP, 1), item["key"]


def _error(index: int | None, code: str, message: str) -> Json:
    field = ["metafields"] if index is None else ["metafields", str(index)]
    return {"code": code, "field": field, "message": message, "elementIndex": index}


def _refused(errors: list[Json]) -> Json:
    return {"metafields": None, "userErrors": errors}
