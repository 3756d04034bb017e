"""What a bulk query may be, and the lines that come of it."""

import json
from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.language import DocumentNode, SelectionSetNode

from connector.sandbox.shopify.values.parts import EVERYTHING

Json = dict[str, Any]

_MOST_CONNECTIONS = 5
_DEEPEST = 2


def bulk_problem(schema: GraphQLSchema, query: str) -> str | None:
    """Why a query cannot run in bulk, or None."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return error.message
    if problems := validate(schema, document):
        return problems[0].message
    operation = _operation(document)
    if operation.variable_definitions:
        return "Bulk queries cannot contain variables."
    depths = list(_depths(operation.selection_set, 0))
    if not depths:
        return "Bulk queries must contain at least one connection."
    if len(depths) > _MOST_CONNECTIONS or max(depths) > _DEEPEST:
        return "Bulk queries have at most five connections, two levels deep."
    return None


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))


def _fields(selections: SelectionSetNode | None) -> Iterator[FieldNode]:
    """The fields of a selection; bulk queries have no fragments here."""
    for node in selections.selections if selections is not None else ():
        if isinstance(node, FieldNode):
            yield node


def _depths(selections: SelectionSetNode, depth: int) -> Iterator[int]:
    """How deep each connection lies."""
    for node in _fields(selections):
        if node.selection_set is not None:
            inner = _nodes_of(node)
            if inner is None:
                yield from _depths(node.selection_set, depth)
            else:
                yield depth + 1
                yield from _depths(inner, depth + 1)


def _nodes_of(node: FieldNode) -> SelectionSetNode | None:
    """What is selected of a connection's nodes; None where the field is none."""
    for inner in _fields(node.selection_set):
        if inner.name.value == "nodes":
            return inner.selection_set
        if inner.name.value == "edges":
            return next((edge.selection_set for edge in _fields(inner.selection_set)), None)
    return None


def written(query: str, root: Json) -> tuple[list[bytes], list[bytes]]:
    """The lines of the root objects and those of all others."""
    parents: list[bytes] = []
    children: list[bytes] = []
    for node in _fields(_operation(parse(query)).selection_set):
        inner = _nodes_of(node)
        if inner is not None:
            parents += [_line(_picked(value, inner, children)) for value in _resolved(root, node)["nodes"]]
    return parents, children


def _picked(value: Json, selections: SelectionSetNode, children: list[bytes]) -> Json:
    """The selected members of a value; what connections hold goes to `children`."""
    picked: Json = {}
    for node in _fields(selections):
        name = node.alias.value if node.alias else node.name.value
        inner = _nodes_of(node)
        if inner is not None:
            for child in _resolved(value, node)["nodes"]:
                children.append(_line(_picked(child, inner, children) | {"__parentId": value["id"]}))
        elif node.selection_set is None:
            picked[name] = _resolved(value, node)
        else:
            picked[name] = _inside(_resolved(value, node), node.selection_set, children)
    return picked


def _inside(value: Any, selections: SelectionSetNode, children: list[bytes]) -> Any:
    if isinstance(value, list):
        return [_picked(item, selections, children) for item in value]
    return None if value is None else _picked(value, selections, children)


def _resolved(value: Json, node: FieldNode) -> Any:
    """A member; pages are ignored, as Shopify ignores them here."""
    found = value[node.name.value]
    if not callable(found):
        return found
    asked = {
        argument.name.value: _constant(argument.value)
        for argument in node.arguments or ()
        if argument.name.value not in ("first", "last", "after", "before")
    }
    return found(EVERYTHING, **asked)


def _constant(node: Any) -> Any:
    if node.kind == "list_value":
        return [_constant(item) for item in node.values]
    return int(node.value) if node.kind == "int_value" else node.value


def _line(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
