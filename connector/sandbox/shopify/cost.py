"""What a query costs, in points: a scalar 0, an object 1, a connection less than its page size.

Shopify keeps its formula to itself. This one gives 17 points for 250 flat orders (13 were measured) and grows with depth.
"""

import math
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

MAXIMUM = 1000
# Each mutation of a document, however much it is given.
_MUTATION = 10


def query_cost(document: DocumentNode, variables: dict[str, Any]) -> int:
    """Requested points of the first operation of a document."""
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    operation = _operation(document)
    if is_mutation(document):
        return _MUTATION * len(operation.selection_set.selections)
    return math.ceil(_inside(operation.selection_set, fragments, variables))


def is_mutation(document: DocumentNode) -> bool:
    """True when the first operation of a document writes."""
    return _operation(document).operation is OperationType.MUTATION


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))


def _inside(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: Any) -> float:
    total = 0.0
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            total += _inside(fragments[node.name.value].selection_set, fragments, variables)
        elif isinstance(node, InlineFragmentNode):
            total += _inside(node.selection_set, fragments, variables)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            inner = 1 + _inside(node.selection_set, fragments, variables)
            if node.name.value == "nodes" and node.arguments:
                # What is named one by one is counted one by one.
                total += inner * len(variables.get("ids") or ())
                continue
            size = _page_size(node, variables)
            total += inner if size is None else 1 + inner * math.sqrt(size)
    return total


def _page_size(node: FieldNode, variables: Any) -> int | None:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            name = getattr(getattr(argument.value, "name", None), "value", None)
            return int(variables.get(name, 50) if name else argument.value.value)  # type: ignore[attr-defined]
    return None
