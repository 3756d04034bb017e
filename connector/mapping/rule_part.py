"""What every section of the rules is made from."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A section of the rules: fixed once read, and an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
