"""What a person may do in the console: each role may do what the one before it may."""

from enum import StrEnum


class Role(StrEnum):
    """viewer reads, operator sends work again and puts mappings right, admin changes connections, users and rules."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """True when who has this role may do what needs the other."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
