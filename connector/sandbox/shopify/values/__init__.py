"""REST-style records as the values GraphQL resolves: ids as gids, money bags, upper-case enums, UTC times, pages.

Shapes from 2017 to 2026: members that a version lacks are made from the plain amounts.
"""
