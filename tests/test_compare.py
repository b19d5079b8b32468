"""Two exports of one account: exactly what was removed is not found, and nothing else is called gone."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alexa
import takeout
import takeout_files
import toolkit
from toolkit.compare import CHANGES, Comparison, listed
from toolkit.problems import PROBLEMS
from toolkit.schema import FILES, RECORDS

SAMPLES = Path(__file__).parent.parent / "sample_exports"
ASSISTANT = "Takeout/My Activity/Assistant/MyActivity"
ACCOUNT = takeout.Account()


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


@cache
def spoken(count: int = 2_000) -> tuple[takeout.Event, ...]:
    """Rows of the Assistant; every tenth is said again, in the same words, within the same second."""
    found: list[takeout.Event] = []
    for event in takeout.events(count):
        if event.products[0] == takeout.ASSISTANT and event.kind == takeout.SAID:
            first = replace(event, time_ms=event.time_ms // 1_000 * 1_000 + 100)
            found.append(first)
            if len(found) % 10 == 0:
                found.append(replace(first, time_ms=first.time_ms + 400))
    return tuple({event.time_ms: event for event in found}.values())


def google(events: Iterable[takeout.Event], form: str, path: str = ASSISTANT) -> bytes:
    stream = io.BytesIO()
    write: Any = takeout_files.write_json if form == "json" else takeout_files.write_html
    write(events, stream, ACCOUNT, takeout.ASSISTANT, oldest_first=True)
    return zipped(**{f"{path}.{form}": stream.getvalue()})


def amazon(events: Iterable[Any]) -> bytes:
    stream = io.BytesIO()
    alexa.write_rvh(list(events), stream)
    return zipped(**{"customer-history-records-01.json": stream.getvalue()})


def csv(events: Iterable[Any], path: str = "Alexa_1/Audio and Transcription/Transcriptions.csv") -> bytes:
    stream = io.BytesIO()
    alexa.write_csv(alexa.spoken(events), stream, "A", clip=alexa.clip_name)
    return zipped(**{path: stream.getvalue()})


def without(events: Sequence[Any], count: int) -> tuple[list[Any], list[Any]]:
    """The events left, and the *count* taken out."""
    taken = set(random.Random(312).sample(range(len(events)), count))  # noqa: S311 - any choice will do
    return [e for n, e in enumerate(events) if n not in taken], [e for n, e in enumerate(events) if n in taken]


def counts(comparison: Comparison) -> dict[str, int]:
    rows = comparison.summary.group_by("change").agg(pl.col("entries").sum()).iter_rows()
    return {str(change): int(entries) for change, entries in rows}


def gone(comparison: Comparison, old: toolkit.Export, new: toolkit.Export) -> pl.DataFrame:
    return listed(comparison, old, new).filter(pl.col("change") == "gone")


@pytest.mark.parametrize(("first", "second"), [("json", "json"), ("json", "html"), ("html", "json"), ("html", "html")])
def test_exactly_the_312_that_were_removed_are_not_found(first: str, second: str) -> None:
    left, taken = without(spoken(), 312)
    old = toolkit.load(google(spoken(), first))
    new = toolkit.load(google(left, second))
    result = toolkit.compare(old, new)
    assert counts(result) == {"gone": 312, "stayed": len(left)}
    exact = first == second == "json"  # between formats, of two alike in one second either may be the one
    times = gone(result, old, new)["time"].dt.truncate("1ms" if exact else "1s")
    wanted = [event.time if exact else event.time.replace(microsecond=0) for event in taken]
    assert Counter(times) == Counter(wanted)
    assert result.accounts_match is True
    assert set(result.rows["tier"].drop_nulls()) == {"second"}


def test_the_ids_of_the_maker_find_the_312_whatever_the_files_are_called() -> None:
    events = list(alexa.events(1_500))
    left, taken = without(events, 312)
    old = toolkit.load(amazon(events))
    halves = [zipped(**{f"saved again/{n}.json": _page(part)}) for n, part in enumerate((left[:500], left[500:]))]
    new = toolkit.load(*halves)
    result = toolkit.compare(old, new)
    assert counts(result) == {"gone": 312, "stayed": len(left)}
    lost = old.records.join(result.rows.filter(pl.col("change") == "gone"), left_on="record_id", right_on="old_id")
    assert set(lost["time"]) == {event.time for event in taken}
    assert (result.accounts_match, result.complete) == (True, None)
    assert set(result.rows["tier"].drop_nulls()) == {"maker_id"}


def _page(events: Iterable[Any]) -> bytes:
    stream = io.BytesIO()
    alexa.write_rvh(list(events), stream)
    return stream.getvalue()


def test_rezipping_and_cutting_into_parts_changes_nothing() -> None:
    left, _ = without(spoken(), 312)
    old = toolkit.load(google(spoken(), "json", "a/b/c/Takeout/My Activity/Assistant/MyActivity"))
    new = toolkit.load(
        google(left[:700], "json", "Takeout/My Activity/Assistant/MyActivity"),
        google(left[700:], "html", "takeout-20251120T075809Z-002/Takeout/My Activity/Assistant/MyActivity"),
        google([], "json", "takeout-20251120T075809Z-001/Takeout/My Activity/Assistant/MyActivity"),
    )
    assert counts(toolkit.compare(old, new)) == {"gone": 312, "stayed": len(left)}


def test_a_csv_with_its_zone_finds_the_312_and_without_it_nothing_is_said() -> None:
    events = list(alexa.spoken(alexa.events(1_500)))
    left, _ = without(events, 312)
    old, new = csv(events), csv(left)
    zoned = [toolkit.load(source, timezone="Europe/Berlin") for source in (old, new)]
    assert counts(toolkit.compare(*zoned)) == {"gone": 312, "stayed": len(left)}
    bare = toolkit.compare(toolkit.load(old), toolkit.load(new))
    assert counts(bare) == {"not_comparable": len(events) + len(left)}
    assert any("zone" in reason for reason in bare.reasons)
    mixed = toolkit.compare(zoned[0], toolkit.load(new))
    assert counts(mixed) == {"not_comparable": len(events) + len(left)}


def test_a_product_that_is_not_in_the_second_export_is_never_called_gone() -> None:
    old = toolkit.load(google(spoken(400), "json"), amazon(alexa.events(100)))
    result = toolkit.compare(old, toolkit.load(amazon(alexa.events(100))))
    assert result.summary.rows() == [
        ("amazon", "alexa", "stayed", 100),
        ("google", "google_assistant", "not_comparable", len(spoken(400))),
    ]
    assert any("product that is not in your second export" in reason for reason in result.reasons)


def test_a_collection_that_was_not_ordered_again_is_not_comparable() -> None:
    half = len(spoken()) // 2
    voice = "Takeout/My Activity/Voice and Audio/MyActivity"
    old = toolkit.load(google(spoken()[:half], "json"), google(spoken()[half:], "json", voice))
    new = toolkit.load(google(spoken()[: half - 5], "json"))
    assert counts(toolkit.compare(old, new)) == {
        "gone": 5,
        "stayed": half - 5,
        "not_comparable": len(spoken()) - half,
    }


def test_while_a_part_is_missing_nothing_is_called_gone() -> None:
    left, _ = without(spoken(), 312)
    path = "takeout-20251120T075809Z-{}/Takeout/My Activity/Assistant/MyActivity"
    new = toolkit.load(
        google(left[:500], "json", path.format("001")), google(left[500:], "json", path.format("003"))
    )  # fmt: skip
    result = toolkit.compare(toolkit.load(google(spoken(), "json")), new)
    assert result.complete is False
    assert counts(result) == {"not_comparable": 312, "stayed": len(left)}
    assert "Part 2 of takeout-20251120t075809z is not among the files." in result.reasons


def test_a_file_that_breaks_off_counts_as_a_missing_part() -> None:
    whole = io.BytesIO()
    alexa.write_rvh(list(alexa.events(200)), whole)
    cut = whole.getvalue()[: len(whole.getvalue()) // 2]
    result = toolkit.compare(toolkit.load(amazon(alexa.events(200))), toolkit.load(zipped(**{"history.json": cut})))
    assert result.complete is False
    assert set(counts(result)) == {"not_comparable", "stayed"}


def test_an_emptied_history_is_gone_not_a_missing_product() -> None:
    stream = io.BytesIO()
    alexa.write_rvh(None, stream)
    new = toolkit.load(zipped(**{"customer-history-records-01.json": stream.getvalue()}))
    assert new.records.is_empty()
    assert counts(toolkit.compare(toolkit.load(amazon(alexa.events(50))), new)) == {"gone": 50}


def test_another_kind_of_file_that_lists_less_does_not_make_entries_gone() -> None:
    events = list(alexa.events(600))
    listed_there = len(list(alexa.spoken(events)))
    old, new = toolkit.load(amazon(events)), toolkit.load(csv(events), timezone="Europe/Berlin")
    assert counts(toolkit.compare(old, new)) == {"stayed": listed_there, "not_comparable": 600 - listed_there}


def test_what_a_browser_extension_kept_of_amazons_page_is_looked_for_there_but_not_the_other_way_round() -> None:
    page, extension = (SAMPLES / f"amazon-alexa-{name}" for name in ("privacy-page", "checkmyva"))
    records = toolkit.load(page).records
    kept = toolkit.load(extension)
    taken = kept.records["maker_id"].head(3).to_list()
    left = replace(toolkit.load(page), records=records.filter(~pl.col("maker_id").is_in(taken)))
    assert counts(toolkit.compare(kept, left))["gone"] == 3
    assert "gone" not in counts(toolkit.compare(toolkit.load(page), kept))


def test_two_accounts_are_told_apart_by_the_makers_ids_and_not_compared() -> None:
    entry = alexa.rvh_record(next(iter(alexa.events(1))))
    other = {**entry, "customerId": "A0OTHER", "recordKey": "A0OTHER#" + entry["recordKey"].split("#", 1)[1]}
    result = toolkit.compare(toolkit.load(_saved(entry)), toolkit.load(_saved(other)))
    assert result.accounts_match is False
    assert counts(result) == {"not_comparable": 2}


def _saved(*records: dict[str, Any]) -> bytes:
    import json

    return json.dumps({"customerHistoryRecords": list(records), "encodedRequestToken": None}).encode()


def test_a_few_google_entries_do_not_show_whose_account_it_is() -> None:
    few = spoken()[:2]
    assert toolkit.compare(toolkit.load(google(few, "json")), toolkit.load(google(few, "json"))).accounts_match is None


def test_new_words_in_an_entry_are_a_change_and_not_a_loss() -> None:
    events = spoken()[:60]
    again = [replace(event, transcript="something else") if n == 7 else event for n, event in enumerate(events)]
    result = toolkit.compare(toolkit.load(google(events, "json")), toolkit.load(google(again, "json")))
    assert counts(result) == {"changed": 1, "stayed": 59}


def test_entries_of_later_days_are_new() -> None:
    result = toolkit.compare(
        toolkit.load(google(spoken()[:100], "json")), toolkit.load(google(spoken()[:130], "json"))
    )  # fmt: skip
    assert counts(result) == {"stayed": 100, "new": 30}


def test_what_lies_before_the_first_entry_of_the_second_export_is_said() -> None:
    result = toolkit.compare(
        toolkit.load(google(spoken()[:100], "json")), toolkit.load(google(spoken()[40:100], "json"))
    )
    assert counts(result) == {"gone": 40, "stayed": 60}
    assert any(reason.startswith("40 of those not found lie before the first entry") for reason in result.reasons)


# Laws, on exports made directly of records

BASE = datetime(2024, 5, 1, 12, tzinfo=UTC)


def export(rows: Iterable[tuple[int, str | None, str | None]], **more: Any) -> toolkit.Export:
    """One record for each (second, words, id of the maker)."""
    records = [
        {
            "record_id": f"amazon-{n}", "maker_id": ident, "vendor": "amazon", "product": "alexa",
            "format": "amazon_rvh", "source_file": "a.json", "source_row": n + 1,
            "time": BASE + timedelta(seconds=at), "time_basis": "utc", "trigger": "unknown", "status": "unknown",
            "transcript": words, "audio_files": [], "audio_found": 0,
        } | more
        for n, (at, words, ident) in enumerate(rows)
    ]  # fmt: skip
    return toolkit.Export(
        pl.DataFrame(records, schema=RECORDS), pl.DataFrame(schema=PROBLEMS), pl.DataFrame(schema=FILES), None, None
    )


def _once(rows: list[tuple[int, str | None, str | None]]) -> list[tuple[int, str | None, str | None]]:
    """Without a second row of one id: reading marks such a row as read twice."""
    return [row for n, row in enumerate(rows) if row[2] is None or row[2] not in {other[2] for other in rows[:n]}]


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([None, "a", "b"]), st.sampled_from([None, None, "x", "y"])),
    max_size=12,
).map(_once)


@given(ROWS, ROWS)
def test_every_entry_of_both_sides_is_in_one_row_and_no_more_pair_than_are_on_both(old: Any, new: Any) -> None:
    a, b = export(old), export(new)
    rows = toolkit.compare(a, b).rows
    assert sorted(rows["old_id"].drop_nulls()) == sorted(a.records["record_id"])
    assert sorted(rows["new_id"].drop_nulls()) == sorted(b.records["record_id"])
    paired = rows.filter(pl.col("old_id").is_not_null() & pl.col("new_id").is_not_null())
    assert set(paired["change"]) <= {"stayed", "changed"}
    assert paired["tier"].null_count() == 0
    ids = [{row[0]: row[1] for row in side.records.select("record_id", "maker_id").iter_rows()} for side in (a, b)]
    for one, other in paired.select("old_id", "new_id").iter_rows():
        both = ids[0][one], ids[1][other]
        assert None in both or both[0] == both[1]


@given(ROWS)
def test_an_export_compared_with_itself_has_nothing_gone_and_nothing_new(rows: Any) -> None:
    result = toolkit.compare(export(rows), export(rows))
    assert set(counts(result)) <= {"stayed"}


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_change_the_counts(rows: Any, dice: random.Random) -> None:
    mixed = rows.copy()
    dice.shuffle(mixed)
    assert counts(toolkit.compare(export(rows), export(mixed))) == counts(toolkit.compare(export(rows), export(rows)))


def test_no_word_for_a_change_claims_a_deletion() -> None:
    assert CHANGES["gone"] == "not found in your second export"
    assert not any("delet" in meaning or "proof" in meaning for meaning in CHANGES.values())
