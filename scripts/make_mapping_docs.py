"""Makes the tables of docs/mapping.md anew from the tables that explain. Use: python scripts/make_mapping_docs.py"""

from pathlib import Path

from connector.mapping.explain_docs import page

PAGE = Path(__file__).parents[1] / "docs" / "mapping.md"

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
