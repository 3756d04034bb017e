"""Every setting of a TOML text is found on its line, however it is written."""

import tomllib

import pytest

from connector.mapping.toml_lines import line_of

TEXT = '''\
name = "x"  # [shopify] """
shopify.shop = "a"
"quoted \\u0061.b" = { one = 1, "two" = [ 1, { deep = true } ], 'three'.four = 4 }
long = """
[not.a.table]
nor = "a setting" \\"\\"\\"
"""""
literal = \'\'\'
also = 1
\'\'\'
list = [
  "first",  # ] and [
  [ 1, 2 ],
  """x
y""", { inside = "z" },
]
day = 1979-05-27 07:32:00

[ rules . "payments.methods" ]
paypal = '"""'
[[many]]
a = 1
[[many]]
b = 2
[last]
end = "]"
z = 1'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 1),
        (("shopify",), 2),
        (("shopify", "shop"), 2),
        (("quoted a.b", "one"), 3),
        (("quoted a.b", "two", 1, "deep"), 3),
        (("quoted a.b", "three", "four"), 3),
        (("long",), 4),
        (("not", "a", "table"), 1),
        (("nor",), 1),
        (("literal",), 8),
        (("also",), 1),
        (("list",), 11),
        (("list", 0), 12),
        (("list", 1, 1), 13),
        (("list", 2), 14),
        (("list", 3, "inside"), 15),
        (("day",), 17),
        (("rules",), 19),
        (("rules", "payments.methods", "paypal"), 20),
        (("rules", "payments.methods", "missing"), 19),
        (("many", "b"), 24),
        (("last", "end"), 26),
        (("last", "z"), 27),
        (("nowhere",), 1),
    ],
)
def test_a_setting_is_found_on_its_line_or_its_tables(path: tuple[str | int, ...], line: int) -> None:
    assert tomllib.loads(TEXT)
    assert line_of(TEXT, path) == line


def test_windows_line_ends_count_once() -> None:
    assert line_of('a = 1\r\n[b]\r\nc = """x\r\n"""\r\nd = 2\r\n', ("b", "d")) == 5
