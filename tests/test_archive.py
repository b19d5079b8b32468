"""Archives, honest and hostile: the container cases of the corpus, the limits, and what must hold for any bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import random
import stat
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from hostile import Piece
from toolkit.archive import Member, Source, open_source
from toolkit.limits import DEFAULT, GIB, KIB, MIB, Limits
from toolkit.problems import (
    Bomb,
    Damaged,
    Encrypted,
    NotAnArchive,
    NotAnExport,
    TooLarge,
    ToolkitError,
    Unsupported,
)

Outcome = dict[str, bytes | type[ToolkitError]]
JSON, CSV = b'[{"a": 1}]', b"one,two\r\n1,2\r\n"
HONEST = {"Takeout/a.json": JSON * 20, "Takeout/b.csv": CSV}
posix = pytest.mark.skipif(os.name == "nt", reason="needs links, pipes and permissions as on POSIX")


def read(member: Member) -> bytes | type[ToolkitError]:
    try:
        with member.open() as stream:
            return stream.read()
    except ToolkitError as error:
        return type(error)


def outcome(source: Source) -> Outcome:
    return {member.path: read(member) for member in source.members}


def codes(source: Source) -> list[str]:
    return sorted(problem.code for problem in source.problems)


@dataclass(frozen=True)
class Case:
    """A case of the corpus: its number, the input, and either the error on opening or what is in it."""

    number: int
    what: str
    data: bytes
    error: type[ToolkitError] | None = None
    files: Outcome = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    name: str = "export.zip"


def two(**changes: object) -> bytes:
    """A zip of two files, the first of them changed."""
    first = replace(Piece(b"a.json", JSON), **changes)  # type: ignore[arg-type]
    return hostile.make_zip(first, Piece(b"b.csv", CSV))


def noise(number: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(number)  # noqa: S311


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


ZIP = hostile.zip_of(HONEST)
BOTH: Outcome = {"a.json": JSON, "b.csv": CSV}
BAD: Outcome = {"a.json": Damaged, "b.csv": CSV}
OTHER: Outcome = {"b.csv": CSV}
LINK, HARD, DEVICE = (tarfile.TarInfo(name) for name in ("link.json", "hard.json", "device.json"))
LINK.type, HARD.type, DEVICE.type = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE
LINK.linkname = HARD.linkname = "b.csv"
CSV_INFO = tarfile.TarInfo("b.csv")

CASES = [
    Case(1, "empty file", b"", NotAnArchive),
    Case(2, "HTML page", b"<!DOCTYPE html><html>Sign in</html>", NotAnArchive),
    Case(2, "JSON named as a zip", JSON, NotAnArchive),
    Case(2, "HTML page named as a tgz", b"<html>", NotAnArchive, name="takeout.tgz"),
    Case(3, "tail cut off", ZIP[:-30], Damaged),
    Case(3, "only the start", ZIP[:10], Damaged),
    Case(4, "head cut off", ZIP[10:], Damaged),
    Case(5, "flipped byte in a file", flipped(two(method=0), 40), files=BAD),
    Case(5, "flipped byte in packed data", flipped(two(), 40), files=BAD),
    Case(6, "wrong check sum", two(crc=1), files=BAD),
    Case(7, "header outside the file", two(header=10_000), Damaged),
    Case(7, "header inside the directory", two(header=len(two()) - 60), Damaged),
    Case(8, "entry count wrong", hostile.make_zip(Piece(b"b.csv", CSV), count=5), files=OTHER, codes=("entry_count",)),
    Case(9, "two archives joined", ZIP + hostile.zip_of({"b.csv": CSV}), files=OTHER, codes=("joined_archives",)),
    Case(10, "prefix of a self-extractor", b"MZ" + bytes(498) + two(), files=BOTH, codes=("bytes_before",)),
    Case(10, "the same with another name", b"MZ" + two(), files=BOTH, codes=("bytes_before",), name="export.exe"),
    Case(11, "100 bytes behind the end", two() + b"x" * 100, files=BOTH, codes=("bytes_behind",)),
    Case(11, "behind the end, an end mark", two() + b"PK\5\6" + b"x" * 30, files=BOTH, codes=("bytes_behind",)),
    Case(11, "a comment cut off", two()[:-2] + b"\x09\0..", files=BOTH, codes=("cut_comment",)),
    Case(12, "70 kB behind the end", two() + bytes(70_000), Damaged),
    Case(13, "full overlap", hostile.full_overlap(50, 100_000), Bomb),
    Case(14, "quoted overlap", hostile.quoted_overlap(50, 100_000), Bomb),
    Case(15, "1,000 : 1", two(data=bytes(11 * MIB)), files={"a.json": Bomb, "b.csv": CSV}),
    Case(16, "size too small", two(size=3), files=BAD),
    Case(16, "size zero", two(size=0), files=BAD),
    Case(17, "size too big", two(size=10**9), files=BAD),
    Case(17, "stored size too small", two(method=0, size=10**9), files=BAD),
    Case(18, "nested six deep", hostile.nested(6), files={"5.zip": hostile.nested(5)}),
    Case(22, "small archive as zip64", hostile.make_zip(Piece(b"b.csv", CSV), wide=True), files=OTHER),
    Case(23, "zip64 locator lies", hostile.make_zip(Piece(b"b.csv", CSV), wide=True, moved=1), Damaged),
    Case(
        23,
        "zip64 count lies",
        hostile.make_zip(Piece(b"b.csv", CSV), wide=True).replace(b"\1\0\1\0", b"\2\0\2\0"),
        Damaged,
    ),
    Case(24, "encrypted", two(flags=hostile.ENCRYPTED), files={"a.json": Encrypted, "b.csv": CSV}),
    Case(25, "AES", two(method=99), files={"a.json": Encrypted, "b.csv": CSV}),
    *(Case(26, f"method {n}", two(method=n), files={"a.json": Unsupported, "b.csv": CSV}) for n in (9, 14, 93, 95, 77)),
    Case(26, "bzip2", two(method=12), files=BOTH),
    Case(26, "bzip2 with junk", two(method=12, packed=b"BZh9junkjunk"), files=BAD),
    Case(26, "deflate with junk", two(packed=b"\xff" * 20), files=BAD),
    Case(26, "deflate that never ends", two(packed=hostile.pack(JSON)[:-4]), files=BAD),
    *(
        Case(27 + (i > 3), name, two(name=name.encode()), files=OTHER, codes=("name_ignored",))
        for i, name in enumerate(
            [
                "../a.json",
                "a/../../b",
                "..",
                "a\\..\\..\\b",
                "/etc/a",
                "C:\\a",
                "c:a",
                "\\\\server\\a",
                "//server/a",
                ".",
            ]
        )
    ),
    Case(27, "a NUL in the name", two(name=b"a\0b.json"), files=OTHER, codes=("name_ignored",)),
    Case(27, "dots that are no way out", two(name=b"a..b...json"), files={"a..b...json": JSON, "b.csv": CSV}),
    Case(29, "backslashes", two(name=b"Audio\\.\\\\a.json"), files={"Audio/a.json": JSON, "b.csv": CSV}),
    Case(30, "symbolic link", two(mode=hostile.LINK), files=OTHER, codes=("name_ignored",)),
    Case(31, "same name, other content", two(name=b"b.csv"), codes=("Ambiguous",)),
    Case(31, "same name by another spelling", two(name=b".\\b.csv"), codes=("Ambiguous",)),
    Case(31, "same name, same content", two(name=b"b.csv", data=CSV), files=OTHER, codes=("duplicate_member",)),
    Case(32, "only the case differs", two(name=b"B.CSV"), files={"B.CSV": JSON, "b.csv": CSV}, codes=("case_twins",)),
    Case(33, "UTF-8 without the flag", two(name="Aktivitäten".encode()), files={"Aktivitäten": JSON, "b.csv": CSV}),
    Case(33, "UTF-8 with the flag", two(name="ä".encode(), flags=hostile.UTF8), files={"ä": JSON, "b.csv": CSV}),
    Case(33, "the DOS code page", two(name=b"\x84"), files={"ä": JSON, "b.csv": CSV}),
    Case(34, "invalid UTF-8 with the flag", two(name=b"\x84", flags=hostile.UTF8), files={"ä": JSON, "b.csv": CSV}),
    Case(35, "NFD name", two(name=b"a\xcc\x88"), files={"ä": JSON, "b.csv": CSV}),
    Case(36, "local and central name differ", two(local_name=b"c.json"), files=BAD),
    Case(36, "local name longer", two(local_name=b"a.json.exe"), files=BAD),
    Case(37, "folder with data", two(name=b"folder/"), files=OTHER),
    Case(37, "folder by its mode", two(mode=hostile.FOLDER), files=OTHER),
    Case(38, "name of 65,535 bytes", two(name=b"x" * 0xFFFF), files=OTHER, codes=("name_ignored",)),
    *(
        Case(38, f"litter: {name}", two(name=name.encode()), files=OTHER)
        for name in ["__MACOSX/._b.csv", "x/.DS_Store", "Thumbs.db", "x/desktop.ini", "x/._b.csv"]
    ),
    Case(
        39,
        "tgz with links and a device",
        hostile.make_tar([(LINK, b""), (HARD, b""), (DEVICE, b""), (CSV_INFO, CSV)]),
        files=OTHER,
        codes=("name_ignored",) * 3,
        name="takeout.tgz",
    ),
    Case(
        39,
        "names in a tgz",
        hostile.tar_of({"./b.csv": CSV, "../c": b"", "/d": b""}),
        files=OTHER,
        codes=("name_ignored",) * 2,
    ),
    Case(39, "same name twice in a tar", hostile.tar_of({"b.csv": CSV, "./b.csv": CSV}, "w:"), codes=("Ambiguous",)),
    Case(40, "size below zero", hostile.tar_header(b"a", -512) + bytes(1024), Damaged),
    Case(40, "size beyond the end", hostile.tar_header(b"a", 10**12) + bytes(1024), Damaged),
    Case(40, "size beyond any file", hostile.tar_header(b"a", 10**25) + bytes(1024), Damaged),
    Case(40, "endless pax header", hostile.tar_header(b"a", 10**9, b"x") + bytes(1024), Bomb),
    Case(40, "endless long name", hostile.tar_header(b"a", 10**9, b"L") + bytes(1024), Bomb),
    Case(40, "pax header cut off", hostile.tar_header(b"a", 1000, b"x") + bytes(512), Damaged),
    Case(40, "pax header of nothing", hostile.tar_header(b"a", 9, b"x") + b"0 path=b\n".ljust(512, b"\0"), Damaged),
    Case(
        40,
        "pax header of many records",
        hostile.tar_header(b"a", 5000, b"x") + (b"5 a=\n" * 1000).ljust(5120, b"\0"),
        Bomb,
    ),
    Case(
        40,
        "pax size below zero",
        hostile.tar_header(b"a", 11, b"x") + b"11 size=-9\n".ljust(512, b"\0") + hostile.tar_header(b"a", 0),
        Damaged,
    ),
    Case(40, "tgz cut off", hostile.tar_of(HONEST)[:-20], Damaged, name="takeout.tgz"),
    Case(40, "tar cut off in a file", hostile.tar_of(HONEST, "w:")[:600], Damaged),
    Case(40, "tar without an end", hostile.tar_of({"b.csv": CSV}, "w:")[:1024], files=OTHER, codes=("end_missing",)),
    Case(40, "bytes behind a tar", hostile.tar_of({"b.csv": CSV}, "w:") + b"x", files=OTHER, codes=("bytes_behind",)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.what[:40]}")
def test_every_container_of_the_corpus_ends_as_it_should(case: Case) -> None:
    if case.error:
        with pytest.raises(case.error) as caught:
            open_source(case.data, name=case.name)
        assert caught.value.message
        assert caught.value.advice
    else:
        with open_source(case.data, name=case.name) as source:
            assert outcome(source) == case.files
            assert tuple(codes(source)) == case.codes


def test_a_cut_archive_says_how_many_bytes_there_are_and_what_to_do() -> None:
    with pytest.raises(Damaged, match=f"{len(ZIP) - 30:,} bytes") as caught:
        open_source(ZIP[:-30])
    assert "Download" in caught.value.advice
    with pytest.raises(Damaged, match="10 bytes are missing"):
        open_source(ZIP[10:])
    with pytest.raises(Damaged, match="1,234 bytes"):
        open_source(hostile.tar_of({"a": noise(5000)})[:1234])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n<html>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"[1]", "JSON"),
        (b"?", "something"),
    ],
)
def test_what_is_no_archive_is_said_to_be_what_it_looks_like(data: bytes, words: str) -> None:
    with pytest.raises(NotAnArchive, match=words):
        open_source(data, name="export.zip")


@pytest.mark.parametrize(
    "start", [b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\0", b"BZh91AY", b"\x28\xb5\x2f\xfd"]
)
def test_other_packers_are_refused_with_a_way_out(start: bytes) -> None:
    with pytest.raises(Unsupported) as caught:
        open_source(start + b"x" * 100, name="export.bin")
    assert "Unpack it" in caught.value.advice


def test_one_gzipped_file_is_no_archive() -> None:
    with pytest.raises(Unsupported):
        open_source(gzip.compress(JSON), name="records.json.gz")
    with pytest.raises(NotAnArchive, match="JSON"):
        open_source(gzip.compress(JSON), name="records.tgz")


def test_a_part_of_a_split_archive_is_refused() -> None:
    end = ZIP.rindex(b"PK\5\6")
    with pytest.raises(Unsupported, match="split"):
        open_source(ZIP[: end + 4] + b"\3\0" + ZIP[end + 6 :])
    with pytest.raises(Damaged):
        open_source(b"PK\7\x08" + ZIP[:50])


def test_65535_entries_are_listed() -> None:
    with open_source(hostile.many(65_535)) as source:
        assert len(source.members) == 65_535
        assert source.members[0].head(10) == b""
        assert source.problems == ()


def test_an_empty_archive_is_no_error() -> None:
    for data in (hostile.make_zip(), hostile.tar_of({}), hostile.tar_of({}, "w:")):
        with open_source(data, name="empty.tar") as source:
            assert source.members == ()
            assert source.problems == ()


def test_a_lying_size_never_fills_the_memory() -> None:
    data = two(data=bytes(64 * MIB), size=100)
    tracemalloc.start()
    try:
        assert outcome(open_source(data)) == BAD
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_a_bomb_is_stopped_after_ten_mebibytes_and_one_block() -> None:
    member = open_source(two(data=bytes(32 * MIB))).members[0]
    with member.open() as stream:
        assert [len(stream.read(MIB)) for _ in range(10)] == [MIB] * 10
        with pytest.raises(Bomb):
            stream.read(MIB)


def test_bzip2_inflates_no_further_than_asked() -> None:
    data = two(data=bytes(16 * MIB), method=hostile.BZIP2)
    tracemalloc.start()
    try:
        assert open_source(data).members[0].head(KIB) == bytes(KIB)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_the_names_of_hostile_files_are_shown_short_and_visible() -> None:
    source = open_source(two(name=b"../\x1b[31m\0" + b"x" * 60_000))
    (problem,) = source.problems
    assert problem.source_file.startswith("../\ufffd[31m\ufffdxxx")
    assert len(problem.source_file) <= 121


# Honest sources


def test_members_are_sorted_and_say_where_they_are_from() -> None:
    with open_source(hostile.zip_of({"b": b"2", "a/c": b"33", "a": b""}), name="Alexa_1.zip") as source:
        assert [(m.path, m.source, m.size) for m in source.members] == [
            ("a", "Alexa_1.zip", 0),
            ("a/c", "Alexa_1.zip", 2),
            ("b", "Alexa_1.zip", 1),
        ]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("mode", ["w:gz", "w:"])
def test_every_form_of_tar_is_read(mode: str, form: int) -> None:
    files = {"Takeout/" + "n" * 60 + "/" + "m" * 80: JSON, "ä/ö.csv": CSV * 100, "empty": b"", "block": bytes(512)}
    with open_source(hostile.tar_of(files, mode, form)) as source:
        assert outcome(source) == files
        assert source.problems == ()


def test_the_size_in_a_pax_header_goes_before_the_other() -> None:
    data = hostile.tar_header(b"pax", 10, b"x") + b"10 size=3\n".ljust(512, b"\0")
    data += hostile.tar_header(b"a", 0) + b"abc".ljust(512, b"\0") + bytes(1024)
    assert outcome(open_source(data)) == {"a": b"abc"}


def test_a_sparse_file_is_not_given_out_as_if_it_were_whole() -> None:
    record = b"22 GNU.sparse.major=1\n"
    data = hostile.tar_header(b"pax", len(record), b"x") + record.ljust(512, b"\0")
    data += hostile.tar_header(b"a", 3) + b"abc".ljust(512, b"\0") + bytes(1024)
    source = open_source(data)
    assert source.members == ()
    assert codes(source) == ["name_ignored"]


def test_a_hard_link_with_a_size_holds_no_data() -> None:
    data = hostile.tar_header(b"link", 512, b"1") + hostile.tar_header(b"a", 3) + b"abc".ljust(512, b"\0") + bytes(1024)
    assert outcome(open_source(data)) == {"a": b"abc"}


def test_a_tgz_of_several_streams_is_one_tgz() -> None:
    inner = hostile.tar_of(HONEST, "w:")
    data = gzip.compress(inner[:700]) + gzip.compress(b"") + gzip.compress(inner[700:]) + bytes(40)
    assert outcome(open_source(data)) == HONEST


def test_members_of_a_tgz_can_be_read_in_any_order() -> None:
    files = {f"{i}.bin": noise(700_000 + i, i) for i in range(20)}
    with open_source(hostile.tar_of(files), name="takeout.tgz") as source:
        for member in (source.members[7 * i % 20] for i in range(20)):
            assert read(member) == files[member.path]
        with source.members[3].open() as one, source.members[15].open() as other:
            pairs = [(one.read(100_000), other.read(100_000)) for _ in range(7)]
        assert b"".join(a for a, _ in pairs) == files[source.members[3].path][:700_000]
        assert b"".join(b for _, b in pairs) == files[source.members[15].path][:700_000]


def test_going_back_in_a_tgz_costs_a_few_mebibytes_not_all_of_it() -> None:
    class Counting(io.BytesIO):
        came = 0

        def read(self, n: int | None = -1, /) -> bytes:
            piece = super().read(n)
            self.came += len(piece)
            return piece

    file = Counting(hostile.tar_of({f"{i:02}.bin": noise(MIB, i) for i in range(24)}))
    with open_source(file, name="takeout.tgz", limits=Limits(total_bytes=GIB)) as source:
        listed = file.came
        assert source.members[23].head(1) == noise(MIB, 23)[:1]
        assert source.members[1].head(1) == noise(MIB, 1)[:1]
        assert source.members[20].head(1) == noise(MIB, 20)[:1]
        assert file.came - listed < 13 * MIB
        listed = file.came
        with source.members[20].open() as stream:
            assert b"".join(iter(lambda: stream.read(5 * KIB), b"")) == noise(MIB, 20)
        assert file.came - listed < 6 * MIB


def test_a_zip_as_the_last_file_of_a_tar_does_not_hide_the_tar() -> None:
    assert outcome(open_source(hostile.tar_of({"a.zip": ZIP}, "w:"))) == {"a.zip": ZIP}


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.html", "a.wav", "a", "empty"])
def test_a_plain_file_is_its_own_member(name: str) -> None:
    data = b"" if name == "empty" else JSON
    with open_source(data, name=f"C:\\Users\\x/{name}") as source:
        assert outcome(source) == {name: data}
        assert source.name == name
        assert source.size == len(data)


@pytest.mark.parametrize("name", [None, "", "..", "a/..", "\0", "x" * 5000, "C:"])
def test_a_source_without_a_usable_name_gets_one(name: str | None) -> None:
    source = open_source(JSON, name=name)
    assert source.name == source.members[0].path == source.members[0].source == "upload-1"


def test_a_name_that_is_no_text_becomes_text() -> None:
    assert open_source(JSON, name="\ud800\udc80.json").name.encode()


def test_a_path_is_opened_and_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "Alexa.zip"
    path.write_bytes(two())
    for given_path in (path, str(path)):
        with open_source(given_path) as source:
            assert source.name == "Alexa.zip"
            assert source.size == len(two())
            assert outcome(source) == BOTH
        assert set(outcome(source).values()) == {Damaged}


def test_a_path_that_cannot_be_read_is_closed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Alexa.zip").write_bytes(ZIP[:-30])
    opened: list[io.FileIO] = []

    def remember(path: Path, mode: str) -> io.FileIO:
        opened.append(io.FileIO(path, mode))
        return opened[-1]

    monkeypatch.setattr(Path, "open", remember)
    with pytest.raises(Damaged):
        open_source(tmp_path / "Alexa.zip")
    assert [file.closed for file in opened] == [True]


def test_a_folder_gives_its_files_by_relative_path(tmp_path: Path) -> None:
    (tmp_path / "Alexa_1" / "Audio").mkdir(parents=True)
    (tmp_path / "Alexa_1" / "Audio" / "1.wav").write_bytes(b"RIFF")
    (tmp_path / "Alexa_1" / "inner.zip").write_bytes(ZIP)
    (tmp_path / "Alexa_1" / ".DS_Store").write_bytes(b"litter")
    with open_source(tmp_path / "Alexa_1") as source:
        assert outcome(source) == {"Audio/1.wav": b"RIFF", "inner.zip": ZIP}
        assert source.name == "Alexa_1"
        assert source.size == 4 + len(ZIP)
        assert source.problems == ()


@posix
def test_a_folder_never_leads_out_of_itself(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe")
    (inside / "a.json").write_bytes(JSON)
    with open_source(inside) as source:
        assert outcome(source) == {"a.json": JSON}
        assert [(p.code, p.source_file) for p in source.problems] == [
            ("name_ignored", "link"),
            ("name_ignored", "loop"),
            ("name_ignored", "pipe"),
        ]


def test_a_junction_of_windows_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Entry:
        name = path = "junction"

        def stat(self, *, follow_symlinks: bool) -> SimpleNamespace:
            assert not follow_symlinks
            return SimpleNamespace(st_mode=stat.S_IFDIR, st_reparse_tag=0xA0000003)

    scanned: list[str] = []

    @contextmanager
    def scan(path: str) -> Iterator[list[Entry]]:
        scanned.append(path)
        yield [Entry()]

    monkeypatch.setattr(os, "scandir", scan)
    assert open_source(tmp_path).members == ()
    assert scanned == [str(tmp_path)]


@posix
def test_names_on_disk_that_are_no_text_are_read_all_the_same(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"\x84.json"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(JSON)
    assert outcome(open_source(tmp_path)) == {"ä.json": JSON}


def test_what_cannot_be_opened_in_a_folder_becomes_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("open.json", "locked.json"):
        (tmp_path / name).write_bytes(JSON)
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path))
    with open_source(tmp_path) as source:
        assert outcome(source) == {"open.json": JSON}
        assert sorted(p.source_file for p in source.problems if p.code == "unreadable") == ["closed/", "locked.json"]


@pytest.mark.parametrize("path", ["no/such/file.zip", "x" * 5000])
def test_a_path_that_leads_nowhere_is_no_export(path: str, tmp_path: Path) -> None:
    with pytest.raises(NotAnExport) as caught:
        open_source(tmp_path / path)
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.advice
    for nothing in ("", "\0"):
        with pytest.raises(NotAnExport):
            open_source(nothing)


@posix
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unsupported):
        open_source(tmp_path / "pipe")


def test_a_file_object_is_read_and_left_open() -> None:
    file = io.BytesIO(b"")
    file.name = "D:\\exports\\Alexa.zip"
    file.write(two())
    with open_source(file) as source:
        assert source.name == "Alexa.zip"
        assert outcome(source) == BOTH
    assert not file.closed


def test_a_raw_file_that_gives_little_at_a_time_is_read_whole() -> None:
    class Drip(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            return super().read(min(n, 7) if n and n > 0 else n)

    assert outcome(open_source(Drip(ZIP))) == HONEST


def test_a_file_object_that_cannot_be_searched_or_is_text_is_refused() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    for file in (Pipe(ZIP), cast(BinaryIO, io.StringIO("[]"))):
        with pytest.raises(Unsupported) as caught:
            open_source(file)
        assert "path" in caught.value.advice


# Streams


def test_several_members_can_be_read_at_once() -> None:
    files = {f"{i}.bin": noise(300_000, i) for i in range(8)}
    with open_source(hostile.zip_of(files)) as source:
        streams = [member.open() for member in source.members]
        parts = [[stream.read(50_000) for stream in streams] for _ in range(6)]
        assert [b"".join(part) for part in zip(*parts, strict=True)] == list(files.values())
        for stream in streams:
            stream.close()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, source.members)) == list(files.values())


def test_no_thread_reads_where_another_has_searched() -> None:
    class Watched(io.BytesIO):
        thread = 0

        def seek(self, offset: int, whence: int = 0, /) -> int:
            self.thread = threading.get_ident()
            for _ in range(10_000):  # time for another thread to come in between
                pass
            return super().seek(offset, whence)

        def read(self, n: int | None = -1, /) -> bytes:
            assert self.thread == threading.get_ident()
            return super().read(n)

    source = open_source(Watched(hostile.zip_of({str(i): noise(50_000, i) for i in range(8)})))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, source.members * 8)) == [noise(50_000, i) for i in range(8)] * 8
    finally:
        sys.setswitchinterval(before)


def test_a_reader_of_exactly_the_declared_size_learns_of_a_wrong_check_sum() -> None:
    member = open_source(two(crc=1)).members[0]
    with member.open() as stream, pytest.raises(Damaged):
        stream.read(member.size)
    with pytest.raises(Damaged):
        member.head(10_000)
    assert member.head(3) == JSON[:3]


def test_a_stream_works_as_the_base_of_text_and_csv_readers() -> None:
    member = open_source(two()).members[1]
    with io.TextIOWrapper(member.open(), "utf-8", newline="") as text:
        assert list(text) == ["one,two\r\n", "1,2\r\n"]
    with member.open() as stream:
        assert list(stream) == [b"one,two\r\n", b"1,2\r\n"]
        assert stream.read(5) == stream.read() == b""
        assert stream.readable()
        assert not stream.seekable()


@given(st.lists(st.integers(0, 5000), max_size=20), st.sampled_from([0, 8, 12]))
def test_how_a_member_is_cut_into_reads_does_not_matter(sizes: list[int], method: int) -> None:
    data = noise(3000) + bytes(3000)
    with open_source(two(data=data, method=method)).members[0].open() as stream:
        pieces = [stream.read(size) for size in sizes]
        assert b"".join(pieces) + stream.read() == data
        for before, (piece, size) in enumerate(zip(pieces, sizes, strict=True)):
            assert len(piece) == min(size, len(data) - sum(map(len, pieces[:before])))


@pytest.mark.parametrize("method", [0, 8, 12])
@pytest.mark.parametrize("size", [997, 70_001, MIB])
def test_a_member_of_many_blocks_is_read_whole(method: int, size: int) -> None:
    data = (noise(150_000) + bytes(150_000)) * 4
    with open_source(two(data=data, method=method)).members[0].open() as stream:
        assert b"".join(iter(lambda: stream.read(size), b"")) == data


def test_a_read_that_ends_with_a_block_of_bzip2_is_not_the_end() -> None:
    data, block = noise(300_000), 99_981  # bytes in a block of the smallest kind
    with open_source(two(data=data, method=12, packed=bz2.compress(data, 1))).members[0].open() as stream:
        assert b"".join(iter(lambda: stream.read(block // 3), b"")) == data


@given(
    st.dictionaries(st.text("ab/äß日", min_size=1, max_size=8), st.binary(max_size=300), max_size=6),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
)
def test_an_honest_zip_is_read_as_the_standard_library_reads_it(files: dict[str, bytes], method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for i, (name, data) in enumerate(files.items()):
            archive.writestr(f"{i}{name}x", data)
    with zipfile.ZipFile(file) as archive, open_source(file) as source:
        by_name = {"/".join(filter(None, name.split("/"))): archive.read(name) for name in archive.namelist()}
        assert outcome(source) == by_name


# Inputs that change while they are read


def test_a_zip_that_shrinks_while_it_is_read_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(hostile.make_zip(Piece(b"a", noise(200_000), method=0)))
    with open_source(path) as source, source.members[0].open() as stream:
        stream.read(1000)
        os.truncate(path, 100_000)
        with pytest.raises(Damaged):
            stream.read()


@pytest.mark.parametrize("change", ["grow", "shrink", "vanish"])
@pytest.mark.parametrize("as_folder", [True, False])
def test_a_file_that_changes_while_it_is_read_is_damaged(change: str, as_folder: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(JSON * 10_000)
    with open_source(tmp_path if as_folder else path) as source:
        if change == "vanish":
            path.unlink()
            path.touch()  # an open file stays readable on POSIX after it has gone
            os.truncate(path, 0)
        elif change == "grow":
            path.write_bytes(JSON * 10_001)
        else:
            path.write_bytes(JSON)
        expected = JSON * 10_000 if change == "vanish" and not as_folder and os.name != "nt" else Damaged
        assert outcome(source) == {"a.json": expected}


def test_a_file_of_a_folder_that_has_gone_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(JSON)
    with open_source(tmp_path) as source:
        (tmp_path / "a.json").unlink()
        assert outcome(source) == {"a.json": Damaged}


# Limits: each at the limit and one past it


def folder_of(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["zip", "tgz", "folder"])
def test_the_number_of_members_is_limited(kind: str, tmp_path: Path) -> None:
    files = {name: JSON for name in "abc"}
    source = {"zip": hostile.zip_of(files), "tgz": hostile.tar_of(files)}.get(kind) or folder_of(tmp_path, files)
    assert len(open_source(source, limits=Limits(members=3)).members) == 3
    with pytest.raises(TooLarge, match="more than 2 "):
        open_source(source, limits=Limits(members=2))


@pytest.mark.parametrize("kind", ["zip", "tgz", "tar", "folder", "plain"])
def test_the_size_of_a_member_is_limited(kind: str, tmp_path: Path) -> None:
    make: dict[str, Callable[[], bytes | Path]] = {
        "zip": lambda: hostile.zip_of({"a": JSON}),
        "tgz": lambda: hostile.tar_of({"a": JSON}),
        "tar": lambda: hostile.tar_of({"a": JSON}, "w:"),
        "folder": lambda: folder_of(tmp_path, {"a": JSON}),
        "plain": lambda: JSON,
    }
    source = make[kind]()
    assert set(outcome(open_source(source, limits=Limits(member_bytes=len(JSON)))).values()) == {JSON}
    assert set(outcome(open_source(source, limits=Limits(member_bytes=len(JSON) - 1))).values()) == {TooLarge}


def test_the_bytes_of_all_members_together_are_limited_but_not_for_reading_twice() -> None:
    data = hostile.zip_of({"a": JSON, "b": JSON, "c": JSON})
    source = open_source(data, limits=Limits(total_bytes=3 * len(JSON)))
    assert outcome(source) == outcome(source) == {"a": JSON, "b": JSON, "c": JSON}
    source = open_source(data, limits=Limits(total_bytes=3 * len(JSON) - 1))
    for _ in range(2):
        assert outcome(source) == {"a": JSON, "b": JSON, "c": TooLarge}
        assert source.members[0].head(5) == JSON[:5]
        assert read(source.members[2]) is TooLarge


def test_the_ratio_of_a_member_is_limited_once_enough_came_out() -> None:
    data = two(data=bytes(1000), packed=hostile.pack(bytes(1000)).ljust(100, b"\0"))
    at_limit = Limits(member_ratio=10, member_ratio_after=0)
    assert outcome(open_source(data, limits=at_limit))["a.json"] == bytes(1000)
    assert outcome(open_source(data, limits=replace(at_limit, member_ratio=9)))["a.json"] is Bomb
    late = Limits(member_ratio=1, member_ratio_after=1000)
    assert outcome(open_source(data, limits=late))["a.json"] == bytes(1000)
    assert outcome(open_source(data, limits=replace(late, member_ratio_after=999)))["a.json"] is Bomb


def test_the_ratio_of_an_archive_is_limited_once_enough_came_out() -> None:
    data = two(data=bytes(100 * KIB)) + b"x"
    wide = -(-100 * KIB // len(data))
    at_limit = Limits(total_ratio=wide, total_ratio_after=0)
    assert outcome(open_source(data, limits=at_limit))["a.json"] == bytes(100 * KIB)
    assert outcome(open_source(data, limits=replace(at_limit, total_ratio=wide - 1)))["a.json"] is Bomb
    late = Limits(total_ratio=1, total_ratio_after=100 * KIB)
    assert outcome(open_source(data, limits=late))["a.json"] == bytes(100 * KIB)
    assert outcome(open_source(data, limits=replace(late, total_ratio_after=100 * KIB - 1)))["a.json"] is Bomb


def test_a_tgz_is_stopped_while_it_is_listed() -> None:
    inner = hostile.tar_of({"a": bytes(100 * KIB)}, "w:")
    data = gzip.compress(inner)
    for limits, error in (
        (Limits(total_bytes=len(inner)), None),
        (Limits(total_bytes=len(inner) - 1), TooLarge),
        (Limits(total_ratio=len(inner) // len(data) + 1, total_ratio_after=0), None),
        (Limits(total_ratio=len(inner) // len(data), total_ratio_after=0), Bomb),
    ):
        if error:
            with pytest.raises(error):
                open_source(data, limits=limits)
        else:
            assert len(open_source(data, limits=limits).members) == 1


def test_the_length_of_a_name_is_limited() -> None:
    for data in (hostile.zip_of({"ä" * 5: JSON}), hostile.tar_of({"ä" * 5: JSON})):
        assert len(open_source(data, limits=Limits(name_bytes=10)).members) == 1
        assert codes(open_source(data, limits=Limits(name_bytes=9))) == ["name_ignored"]


def test_the_problems_of_one_kind_are_counted_once_there_are_many() -> None:
    data = hostile.zip_of({f"../{i}": JSON for i in range(5)})
    assert len(open_source(data, limits=Limits(problems_per_kind=5)).problems) == 5
    problems = open_source(data, limits=Limits(problems_per_kind=3)).problems
    assert len(problems) == 4
    assert problems[-1].message.startswith("2 more")


def test_the_defaults_are_the_published_ones() -> None:
    assert (DEFAULT.members, DEFAULT.member_ratio, DEFAULT.total_ratio) == (200_000, 200, 100)
    assert (DEFAULT.member_ratio_after, DEFAULT.total_ratio_after) == (10 * MIB, 100 * MIB)


# What must hold for any bytes


def settles(data: bytes, name: str) -> Outcome:
    """What is in the bytes; an error of the toolkit is an answer, any other is a failure of the test."""
    try:
        with open_source(data, name=name) as source:
            return outcome(source)
    except ToolkitError:
        return {}


@given(
    st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"Rar!", ZIP[:40], ZIP[-60:]]),
    st.binary(max_size=200),
    st.sampled_from([b"", ZIP, ZIP[-22:]]),
    st.sampled_from(["a.zip", "a.tgz", "a.tar", "a.json", ""]),
)
def test_any_bytes_give_a_result_or_an_error_of_the_toolkit(start: bytes, middle: bytes, end: bytes, name: str) -> None:
    settles(start + middle + end, name)


@given(st.binary(max_size=600), st.integers(0, 600))
def test_any_tar_header_gives_a_result_or_an_error_of_the_toolkit(junk: bytes, at: int) -> None:
    inner = hostile.tar_of(HONEST, "w:")
    settles(inner[:at] + junk + inner[at + len(junk) :], "a.tar")
    settles(gzip.compress(inner[:at] + junk + inner[at + len(junk) :]), "a.tgz")


def mutants(data: bytes) -> list[bytes]:
    """Every byte flipped in three ways, doubled, dropped, and everything from it on cut off."""
    changed = [data[:i] + bytes([data[i] ^ bits]) + data[i + 1 :] for i in range(len(data)) for bits in (1, 0x80, 0xFF)]
    return changed + [
        data[:i] + piece for i in range(len(data)) for piece in (data[i : i + 1] + data[i:], data[i + 1 :], b"")
    ]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (hostile.make_zip(Piece(b"a.json", JSON * 9), Piece(b"b.csv", CSV, method=0)), "a.zip"),
        (hostile.make_zip(Piece(b"a.json", JSON), Piece(b"b.csv", CSV, method=12), wide=True), "a.zip"),
        (hostile.tar_of(BOTH), "a.tgz"),  # type: ignore[arg-type]
    ],
    ids=["zip", "zip64", "tgz"],
)
def test_no_changed_byte_is_ever_read_as_if_nothing_had_happened(data: bytes, name: str) -> None:
    honest = {*settles(data, name).values()}
    assert len(honest) == 2
    for mutant in mutants(data):
        for content in settles(mutant, name).values():
            assert isinstance(content, type) or content in honest


def test_changed_bytes_of_a_tar_give_a_result_or_an_error_of_the_toolkit() -> None:
    data = hostile.tar_of({"a.json": JSON}, "w:")[:1600]
    for mutant in mutants(data):
        settles(mutant, "a.tar")


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for data in (ZIP, hostile.tar_of(HONEST)):
        assert outcome(open_source(data)) == HONEST
    assert list(tmp_path.iterdir()) == []
