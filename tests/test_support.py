"""The table of what is supported says what the parsers say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import support_table
from toolkit import rules, support
from toolkit.cli import main
from toolkit.parsers import ROUTES

OF_RECORDS = [route for route in ROUTES if route.read and not route.dates]
README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_readme_holds_the_table_as_it_would_be_made_now() -> None:
    assert support_table.renewed(README) == README, "run: python tools/support_table.py"


def test_a_readme_without_its_place_for_the_table_is_not_spoiled() -> None:
    with pytest.raises(SystemExit):
        support_table.renewed("# no marks")


def test_every_shape_and_every_maker_without_one_has_a_row_without_gaps() -> None:
    table = support.table()

    assert table.columns == list(support.HEADINGS)
    assert table.height == len(OF_RECORDS) + len(rules.table("makers")["maker"])
    assert table.null_count().sum_horizontal().item() == 0
    assert not [cell for row in table.rows() for cell in row if not cell.strip()]


@pytest.mark.parametrize("product", sorted({route.product for route in OF_RECORDS}))
def test_of_every_product_the_source_on_keeping_is_named_or_said_to_be_missing(product: str) -> None:
    told = support.PRODUCTS[product]

    assert told["kept"].startswith("not known") or told["checked"]


def test_a_maker_without_a_parser_names_a_product_or_says_itself_how_long_things_are_kept() -> None:
    for maker in rules.table("makers")["maker"]:
        assert ("kept" in maker) != (maker.get("as") in support.PRODUCTS)


def test_siri_on_iphone_and_homepod_keeps_its_row() -> None:
    row = support.table().filter(maker="Siri on iPhone and HomePod").row(0, named=True)

    assert row["shape"].startswith("none: Siri requests are in no export")
    assert (row["audio"], row["accidental"], row["device"]) == ("none", "none", "none")
    assert "identifier" in row["retention"]


def test_the_command_prints_the_same_table() -> None:
    result = CliRunner().invoke(main, ["formats", "--format", "markdown"])

    assert (result.exit_code, result.stdout) == (0, support.markdown())
    assert all(line.count(" | ") == len(support.HEADINGS) - 1 for line in result.stdout.splitlines())
