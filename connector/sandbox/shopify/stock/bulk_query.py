"""What a bulk query may be, and the lines that come of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Step:
    """One selected member: under which name, with which arguments, and what is selected inside it."""

    name: str
    member: str
    asked: Json
    is_connection: bool
    inner: "tuple[_Step, ...] | None"


def written(query: str, root: Json) -> tuple[list[bytes], list[bytes]]:
    """The lines of the root objects and those of all others."""
    parents: list[bytes] = []
    children: list[bytes] = []
    for step in _steps(_operation(parse(query)).selection_set):
        if step.is_connection:
            parents += [_line(_picked(value, step.inner or (), children)) for value in _resolved(root, step)["nodes"]]
    return parents, children


def _steps(selections: SelectionSetNode) -> tuple[_Step, ...]:
    """Made once for a hundred thousand values; pages are left out, as Shopify ignores them here."""
    steps = []
    for node in _fields(selections):
        nodes = _nodes_of(node)
        inner = nodes or node.selection_set
        asked = {
            argument.name.value: _constant(argument.value)
            for argument in node.arguments or ()
            if argument.name.value not in ("first", "last", "after", "before")
        }
        name = node.alias.value if node.alias else node.name.value
        inside = None if inner is None else _steps(inner)
        steps.append(_Step(name, node.name.value, asked, nodes is not None, inside))
    return tuple(steps)


def _picked(value: Json, steps: tuple[_Step, ...], children: list[bytes]) -> Json:
    """The selected members of a value; what connections hold goes to `children`."""
    picked: Json = {}
    for step in steps:
        found = _resolved(value, step)
        if step.inner is None or found is None:
            picked[step.name] = found
        elif step.is_connection:
            for child in found["nodes"]:
                children.append(_line(_picked(child, step.inner, children) | {"__parentId": value["id"]}))
        elif isinstance(found, list):
            picked[step.name] = [_picked(item, step.inner, children) for item in found]
        else:
            picked[step.name] = _picked(found, step.inner, children)
    return picked


def _resolved(value: Json, step: _Step) -> Any:
    found = value[step.member]
    return found(EVERYTHING, **step.asked) if callable(found) else found


def _constant(node: Any) -> Any:
    if node.kind == "list_value":
        return [_constant(item) for item in node.values]
    return int(node.value) if node.kind == "int_value" else node.value


def _line(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
