"""The API's own description (OpenAPI 3.1), made from what is registered: it cannot say what is not there."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from connector.store.roles import Role
from web.console.screens import API, Act, Console, Screen

_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_DONE = {
    "type": "object",
    "required": ["said", "at"],
    "properties": {"said": {"type": "string"}, "at": {"type": "string"}, "secret": {"type": "string"}},
}


def serve_openapi(console: Console) -> None:
    """Serves the document under /api/v1/openapi.json, to every role."""

    @console.api.get("/openapi.json")
    def openapi() -> Response:
        console.visit(Role.VIEWER)
        return jsonify(document(console))


def document(console: Console) -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM, "Done": _DONE}
    paths: dict[str, dict[str, Any]] = {}
    for screen in console.screens:
        paths.setdefault(_path(screen.path), {})["get"] = _read(screen, schemas)
    for act in console.acts:
        paths.setdefault(_path(act.path), {})["post"] = _write(act, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ml-connector", "version": version("ml-connector")},
        "servers": [{"url": API}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _read(screen: Screen, schemas: dict[str, Any]) -> dict[str, Any]:
    answer = TypeAdapter(screen.answer).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    _define(schemas, answer.pop("$defs", {}))
    return {
        "operationId": screen.name,
        "summary": _summary(screen.read),
        "description": f"Needs the role {screen.role}.",
        "parameters": [*_variables(screen.path), *_query(screen.asked, schemas)],
        "responses": {"200": _content(answer)} | _refusals(),
    }


def _write(act: Act, schemas: dict[str, Any]) -> dict[str, Any]:
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}
    _, found = models_json_schema([(act.form, "validation")], ref_template="#/components/schemas/{model}")
    _define(schemas, found.get("$defs", {}))
    body = {"$ref": f"#/components/schemas/{act.form.__name__}"}
    return {
        "operationId": act.name,
        "summary": _summary(act.run),
        "description": f"Needs the role {act.role}.",
        "parameters": [*_variables(act.path), key],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": _content({"$ref": "#/components/schemas/Done"})} | _refusals(),
    }


def _define(schemas: dict[str, Any], found: Mapping[str, Any]) -> None:
    """Adds what answers and bodies are made of. Raises ValueError where two classes of one name are not alike."""
    for name, schema in found.items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two classes of the API are called {name} and are not alike: name each by what it is")


def _summary(function: Any) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "done", "content": {"application/json": {"schema": schema}}}


def _refusals() -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"default": {"description": "why not", "content": problem}}


def _path(path: str) -> str:
    return "/overview" if path == "/" else _VARIABLE.sub(r"{\2}", path)


def _variables(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "in": "path", "required": True,
            "schema": {"type": "integer" if kind == "int" else "string"},
        }
        for kind, name in _VARIABLE.findall(path)
    ]  # fmt: skip


def _query(asked: type[BaseModel], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    schema = asked.model_json_schema(ref_template="#/components/schemas/{model}")
    _define(schemas, schema.get("$defs", {}))
    return [{"name": name, "in": "query", "schema": part} for name, part in schema.get("properties", {}).items()]
