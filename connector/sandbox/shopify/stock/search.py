"""The search for SKUs as Shopify's index does it: by tokens, without regard to case, the last one as a beginning."""

import re
from bisect import bisect_left
from collections import defaultdict

_TERM = re.compile(r"sku:(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|(\S+))")
_TOKEN = re.compile(r"[a-z0-9]+")


class SkuIndex:
    """Numbers of items by the tokens of their SKUs. An old SKU stays findable: the index lags behind."""

    def __init__(self) -> None:
        self._by_sku: defaultdict[str, set[int]] = defaultdict(set)
        self._by_token: defaultdict[str, set[int]] = defaultdict(set)
        self._sorted: list[str] = []

    def add(self, number: int, sku: str | None) -> None:
        """Adds an item under its SKU."""
        if sku:
            self._by_sku[sku].add(number)
            for token in _tokens(sku):
                self._by_token[token].add(number)
            self._sorted = []

    def exact(self, sku: str | None) -> set[int]:
        """Items that have or had this SKU."""
        return set(self._by_sku.get(sku or "", ()))

    def search(self, query: str) -> set[int]:
        """Items that any of the query's terms finds."""
        found: set[int] = set()
        for match in _TERM.finditer(query):
            text = next(group for group in match.groups() if group is not None)
            found |= self._of_term(re.sub(r"\\(.)", r"\1", text))
        return found

    def _of_term(self, text: str) -> set[int]:
        *whole, last = _tokens(text) or [""]
        if not last:
            return set()
        found = self._beginning_with(last)
        for token in whole:
            found &= self._by_token.get(token, set())
        return found

    def _beginning_with(self, start: str) -> set[int]:
        if not self._sorted:
            self._sorted = sorted(self._by_token)
        found: set[int] = set()
        for position in range(bisect_left(self._sorted, start), len(self._sorted)):
            if not self._sorted[position].startswith(start):
                break
            found |= self._by_token[self._sorted[position]]
        return found


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())
