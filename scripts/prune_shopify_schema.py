"""Makes connector/sandbox/shopify/schema.graphql from Shopify's introspection of the Admin API.

Kept: the types our operations touch, of each every field whose type is kept too (or a scalar or enum), without descriptions.
Use: python scripts/prune_shopify_schema.py admin_2026-10.json.gz
"""

import gzip
import json
import sys
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    print_directive,
    print_type,
    visit,
)
from graphql.language import FieldNode, InlineFragmentNode, Node

ROOT = Path(__file__).parents[1]
OPERATIONS = ROOT / "connector/shopify/operations"
TARGET = ROOT / "connector/sandbox/shopify/schema.graphql"
HEADER = """\
# Shopify Admin GraphQL API 2026-10, pruned to what the operations of ml-connector touch, without descriptions.
# Source: Shopify's own introspection of that version. Made by scripts/prune_shopify_schema.py; do not edit.

"""
# Those of Shopify's own that operations use.
DIRECTIVES = frozenset({"idempotent"})
ROOTS = "schema {\n  query: QueryRoot\n  mutation: Mutation\n}\n\n"


def read_schema(path: Path) -> GraphQLSchema:
    """The whole schema. `assume_valid`: Shopify's own schema breaks a rule on deprecated interface fields."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    return build_client_schema(data.get("data", data), assume_valid=True)


class _Touched(Visitor):
    """Gathers the composite types that documents select from."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.names: set[str] = set()

    def enter(self, node: Node, *_: object) -> None:
        if isinstance(node, FieldNode | InlineFragmentNode):
            for found in (self.info.get_parent_type(), self.info.get_type()):
                if found is not None:
                    self.names.add(get_named_type(found).name)


def touched_types(schema: GraphQLSchema, documents: list[str]) -> set[str]:
    """Names of all types the documents select from."""
    info = TypeInfo(schema)
    touched = _Touched(info)
    for text in documents:
        visit(parse(text), TypeInfoVisitor(info, touched))
    return touched.names


def pruned_sdl(schema: GraphQLSchema, documents: list[str]) -> str:
    """The pruned schema as text, types in alphabetical order."""
    kept = touched_types(schema, documents)
    root_fields = _root_fields(documents)
    inputs: set[str] = set()
    for name in sorted(kept):
        found = schema.type_map[name]
        if isinstance(found, GraphQLObjectType | GraphQLInterfaceType):
            wanted = root_fields if found in (schema.query_type, schema.mutation_type) else None
            found.fields = _kept_fields(found.fields, kept, wanted)
            found.interfaces = tuple(parent for parent in found.interfaces if parent.name in kept)
            inputs |= _leaf_names(found.fields)
        if isinstance(found, GraphQLUnionType):
            found.types = tuple(member for member in found.types if member.name in kept)
    names = sorted(kept | _with_inputs(schema, inputs))
    for directive in schema.directives:
        directive.description = None
        for argument in directive.args.values():
            argument.description = None
    types = [schema.type_map[name] for name in names if not is_specified_scalar_type(schema.type_map[name])]
    for found in types:
        _forget_descriptions(found)
    directives = [print_directive(found) for found in schema.directives if found.name in DIRECTIVES]
    return HEADER + ROOTS + "\n\n".join([*directives, *(print_type(found) for found in types)]) + "\n"


def _root_fields(documents: list[str]) -> set[str]:
    """Fields of the root that are used; the root has hundreds."""
    return {
        selection.name.value
        for text in documents
        for definition in parse(text).definitions
        if definition.kind == "operation_definition"
        for selection in definition.selection_set.selections  # type: ignore[attr-defined]  # operations have one
    }


def _kept_fields(fields: dict[str, GraphQLField], kept: set[str], wanted: set[str] | None) -> dict[str, GraphQLField]:
    return {
        name: field
        for name, field in fields.items()
        if (wanted is None or name in wanted) and _is_kept(get_named_type(field.type), kept)
    }


def _is_kept(found: GraphQLNamedType, kept: set[str]) -> bool:
    return isinstance(found, GraphQLScalarType | GraphQLEnumType) or found.name in kept


def _leaf_names(fields: dict[str, GraphQLField]) -> set[str]:
    names = set()
    for field in fields.values():
        for found in (field.type, *(argument.type for argument in field.args.values())):
            named = get_named_type(found)
            if isinstance(named, GraphQLScalarType | GraphQLEnumType | GraphQLInputObjectType):
                names.add(named.name)
    return names


def _with_inputs(schema: GraphQLSchema, names: set[str]) -> set[str]:
    """The names and those of every type inside an input."""
    waiting, done = list(names), set(names)
    while waiting:
        found = schema.type_map[waiting.pop()]
        if isinstance(found, GraphQLInputObjectType):
            inside = {get_named_type(field.type).name for field in found.fields.values()} - done
            done |= inside
            waiting += inside
    return done


def _forget_descriptions(found: GraphQLNamedType) -> None:
    found.description = None
    if isinstance(found, GraphQLEnumType):
        for value in found.values.values():
            value.description = None
    if isinstance(found, GraphQLObjectType | GraphQLInterfaceType):
        for field in found.fields.values():
            field.description = None
            for argument in field.args.values():
                argument.description = None
    if isinstance(found, GraphQLInputObjectType):
        for inside in found.fields.values():
            inside.description = None


def main() -> None:
    """Writes the pruned schema."""
    documents = [path.read_text("utf-8") for path in sorted(OPERATIONS.glob("*.graphql"))]
    text = pruned_sdl(read_schema(Path(sys.argv[1])), documents)
    TARGET.write_text(text, "utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    main()
