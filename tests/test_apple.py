"""Apple: an archive that holds no Siri says so, and a report that does not tell speech from typing counts none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from hostile import make_wav, zip_of
from toolkit.cli import main
from toolkit.identify import identify
from toolkit.parsers import ROUTES

NAMES = (
    "Apple ID Account Information.csv",
    "Apple ID Device Information.csv",
    "Apple ID SignOn Information.csv",
    "Data & Privacy Request History.csv",
    "Apple Music Play Activity.csv",
    "Apps And Service Analytics.csv",
    "App Store Click Activity.csv",
    "iCloudUsageData Set1.csv",
    "Apple Features Using iCloud/Mail/Recents.xml",
    "Apple Features Using iCloud/Wi-Fi/KnownNetworks.xml",
)
REPORT = "Apple_Intelligence_Report.json"
SIRI: dict[str, Any] = {"timestamp": 1_767_000_000, "prompt": "how far", "clientIdentifier": "com.apple.siri"}


def report(*requests: Any, servers: tuple[Any, ...] = (), **more: Any) -> toolkit.Export:
    text = json.dumps({"modelRequests": requests, "privateCloudComputeRequests": servers, **more})
    return toolkit.load(zip_of({REPORT: text.encode()}))


def said(prompt: str | None) -> str | None:
    text: str | None = report({**SIRI, "prompt": prompt}).records["transcript"][0]
    return text


@pytest.mark.parametrize("name", NAMES)
def test_any_one_file_of_a_privacy_archive_is_enough_to_say_that_siri_is_not_in_it(name: str) -> None:
    export = toolkit.load(zip_of({f"Part 1/{name}": b"a,b\n1,2\n"}))
    told = export.problems.row(0, named=True)

    assert export.records.is_empty()
    assert export.problems.height == 1
    assert (told["severity"], told["code"]) == ("note", "siri_not_in_archive")
    assert "HomePod" in told["message"]
    assert "Siri & Dictation History" in told["advice"]
    assert "checked 2026-11-23" in told["message"] + told["advice"]
    assert export.files.select("vendor", "product", "carved").row(0) == ("apple", "siri", None)


def test_many_files_of_an_archive_are_explained_once_and_the_command_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "apple.zip"
    path.write_bytes(zip_of({name: b"x" for name in NAMES}))
    ran = CliRunner().invoke(main, ["read", str(path)])

    assert ran.exit_code == 0
    assert ran.stderr.count("does not include Siri requests") == 1
    assert identify(path).nothing is None


def test_a_recording_below_a_folder_called_siri_is_no_evidence() -> None:
    files = {NAMES[0]: b"x", "Apple Features Using iCloud/Siri/Recording 1.wav": make_wav()}
    export = toolkit.load(zip_of(files))

    assert export.records.is_empty()
    assert set(export.problems["code"]) == {"siri_not_in_archive", "clip_without_entry"}


def test_the_archive_is_explained_beside_another_makers_export_as_well(shared: Path) -> None:
    export = toolkit.load(zip_of({NAMES[0]: b"x"}), shared / "samples/microsoft/edge_cases_derived.csv")

    assert export.records.height == 6
    assert "siri_not_in_archive" in export.problems["code"]


def test_siri_keeps_its_row_with_exactly_this_truth() -> None:
    route = next(route for route in ROUTES if route.format == "apple_archive")

    assert "iPhone" in route.about
    assert "HomePod" in route.about
    assert "not in the archive" in route.support.evidence
    assert route.read is None


def test_only_requests_of_siri_are_entries_and_all_others_are_counted() -> None:
    others = [{**SIRI, "clientIdentifier": name} for name in ("com.apple.Notes", None, "com.example")]
    export = report(
        SIRI, *others, {**SIRI, "clientIdentifier": "com.apple.siri.assistant"}, servers=({"requestId": "1"},)
    )

    assert export.files.select("carved", "understood", "rejected", "left_out").row(0) == (6, 2, 0, 4)
    assert export.records["source_row"].to_list() == [1, 5]


def test_no_request_counts_as_voice() -> None:
    export = report(SIRI)
    row = export.records.row(0, named=True)

    assert (row["status"], row["trigger"], row["time_basis"]) == ("unknown", "unknown", "utc")
    assert row["time"] == datetime.fromtimestamp(1_767_000_000, UTC)
    assert "spoken_or_typed_unknown" in export.problems["code"]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("plain", "plain"),
        ("two<n>lines", "two\nlines"),
        ('{"prompt": "inner", "originalText": "x"}', "inner"),
        ('{"prompt": "inner"}<n>more', "inner"),
        ('{"prompt": 7}', '{"prompt": 7}'),
        ('{"prompt": ', '{"prompt":'),
        ('PromptTemplateInfo(x: ["userPrompt": "who \\"is\\" it"])', 'who "is" it'),
        ('{"prompt": "a\\ud800b"}', "a\ufffdb"),
        ("PromptTemplateInfo(nothing known)", None),
        ("<image>", None),
        ("", None),
        (None, None),
        ("{" * 5_000, "{" * 5_000),
    ],
)
def test_a_prompt_is_read_in_its_known_forms_and_else_kept_as_it_stands(prompt: str | None, text: str | None) -> None:
    assert said(prompt) == text


def test_what_was_unwrapped_is_kept_whole() -> None:
    row = report({**SIRI, "prompt": "<image>", "response": '{"content": "a"}', "other": 1}).records.row(0, named=True)

    assert json.loads(row["extra"]) == {
        "prompt": "<image>",
        "response": '{"content": "a"}',
        "clientIdentifier": "com.apple.siri",
        "other": 1,
    }
    assert row["response"] == "a"


@pytest.mark.parametrize(
    ("stamp", "code"),
    [(None, None), (0, None), (10**17, "time_impossible"), (1.5e300, "time_impossible"), ("x", "field_type")],
)
def test_an_odd_time_is_told_and_the_entry_kept(stamp: Any, code: str | None) -> None:
    export = report({**SIRI, "timestamp": stamp})

    assert export.records["time"].to_list() == [None]
    assert code is None or code in export.problems["code"]


def test_a_report_with_servers_first_or_cut_off_or_of_other_keys_is_read_as_far_as_it_goes() -> None:
    text = json.dumps({"privateCloudComputeRequests": [{"requestId": "1"}], "more": {}, "modelRequests": [SIRI, SIRI]})
    whole = toolkit.load(zip_of({"report.json": text.encode()}))
    cut = toolkit.load(zip_of({"report.json": text[:-60].encode()}))

    assert whole.files.select("carved", "understood", "left_out").row(0) == (3, 2, 1)
    assert cut.files.select("carved", "understood", "rejected").row(0) == (3, 1, 1)
    assert "cut_off" in cut.problems["code"]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=5))
def test_any_value_in_any_place_is_accounted_for(value: Any) -> None:
    export = report(
        {name: value for name in ("timestamp", "prompt", "response")} | {"clientIdentifier": "com.apple.siri"}, value
    )
    carved, understood, rejected, left_out = export.files.select("carved", "understood", "rejected", "left_out").row(0)

    assert carved == 2 == understood + rejected + left_out
    assert understood == export.records.height >= 1
