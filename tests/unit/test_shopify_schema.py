"""Every operation fits Shopify's schema; the schema we ship is a true part of the real one."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    parse,
    specified_rules,
    validate,
)

from connector.sandbox.shopify.execution import schema

ROOT = Path(__file__).parents[2]
# What Shopify offers in its place are payment terms, which would stand on the buyer's order and need a scope of their own.
ON_PURPOSE = {"DraftOrderComplete": "paymentPending"}
OPERATIONS = sorted((ROOT / "connector/shopify/operations").glob("*.graphql"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prune", ROOT / "scripts/prune_shopify_schema.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def real(script: ModuleType, shared: Path) -> GraphQLSchema:
    found: GraphQLSchema = script.read_schema(shared / "schemas" / "admin_2026-10.json.gz")
    return found


def problems(text: str) -> list[str]:
    return [error.message for error in validate(schema(), parse(text), [*specified_rules, NoDeprecatedCustomRule])]


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_an_operation_is_valid_and_uses_nothing_deprecated(path: Path) -> None:
    allowed = ON_PURPOSE.get(path.stem)
    assert [problem for problem in problems(path.read_text("utf-8")) if allowed is None or allowed not in problem] == []


def test_there_are_operations() -> None:
    assert OPERATIONS


def test_a_misspelt_and_a_deprecated_field_are_found() -> None:
    assert problems("{ shop { nmae } }") != []
    assert any("deprecated" in problem for problem in problems('{ order(id: "1") { totalPrice } }'))


def test_the_shipped_schema_is_part_of_the_real_one(real: GraphQLSchema) -> None:
    for name, ours in schema().type_map.items():
        if name.startswith("__"):
            continue
        theirs = real.type_map[name]
        assert type(ours) is type(theirs)
        if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
            for field, definition in ours.fields.items():
                original = theirs.fields[field]
                assert str(definition.type) == str(original.type)
                assert definition.deprecation_reason == original.deprecation_reason
                assert {n: str(a.type) for n, a in definition.args.items()} == {
                    n: str(a.type) for n, a in original.args.items()
                }
        if isinstance(ours, GraphQLEnumType):
            assert isinstance(theirs, GraphQLEnumType)
            assert set(ours.values) == set(theirs.values)


def test_the_shipped_schema_is_what_the_script_makes(script: ModuleType, shared: Path) -> None:
    fresh = script.read_schema(shared / "schemas" / "admin_2026-10.json.gz")
    made = script.pruned_sdl(fresh, [path.read_text("utf-8") for path in OPERATIONS])
    assert made == (ROOT / "connector/sandbox/shopify/schema.graphql").read_text("utf-8")
