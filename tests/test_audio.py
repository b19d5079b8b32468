"""Clips, honest and lying: the audio cases of the corpus, every kind measured, and what must hold for any bytes."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import replace
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import chunk, make_wav, wav_format, zip_of
from toolkit.archive import open_source
from toolkit.audio import Clip, looks_like_audio, measure
from toolkit.limits import DEFAULT, KIB, Limits
from toolkit.problems import Damaged

TENTH = Clip("wav", 0.1, "")
EXTENSIBLE = wav_format(tag=0xFFFE) + struct.pack("<HHLH14x", 22, 16, 4, 1)


def clip(data: bytes, limits: Limits = DEFAULT) -> Clip:
    return measure(io.BytesIO(data), len(data), limits)


# WAV: case 72, the table of headers


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make_wav(), TENTH),
        (make_wav(length=0xFFFFFFFF), TENTH),
        (make_wav(length=0x7FFFFFFF), TENTH),
        (make_wav(length=1_000_000), replace(TENTH, note="cut_off")),
        (make_wav(length=0), Clip("wav", 0.0, "zero_length")),
        (make_wav(data=b""), Clip("wav", 0.0, "zero_length")),
        (make_wav(before=chunk(b"LIST", b"INFO")), TENTH),
        (make_wav(before=chunk(b"odd ", b"123")), TENTH),
        (make_wav() + chunk(b"LIST", bytes(5000)), TENTH),
        (make_wav(wav_format(rate=0)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(align=0)), replace(TENTH, note="odd_header")),
        (make_wav(wav_format(bits=0)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(channels=0)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(tag=0xFFFE)), replace(TENTH, note="odd_header")),
        (make_wav(EXTENSIBLE), TENTH),
        (make_wav(EXTENSIBLE[:24] + b"\x4f\x70" + EXTENSIBLE[26:]), Clip("wav", None, "unknown_codec")),
        (make_wav(wav_format(tag=7, rate=8000, bits=8)), Clip("wav", 0.4, "")),
        (make_wav(wav_format(tag=0x704F)), Clip("wav", None, "unknown_codec")),
        (
            make_wav(length=0xFFFFFFFF, before=chunk(b"ds64", struct.pack("<3QL", 0, 3200, 1600, 0)), kind=b"RF64"),
            TENTH,
        ),
        (
            make_wav(length=0xFFFFFFFF, before=chunk(b"ds64", struct.pack("<3QL", 0, 1600, 800, 0)), kind=b"RF64"),
            Clip("wav", 0.05, ""),
        ),
        (make_wav(kind=b"RIFX"), Clip("wav", None, "big_endian")),
        (b"ID3\3\0\0\0\0\0\0" + bytes(100), Clip(None, None, "unknown_kind")),
        (b"", Clip(None, None, "empty")),
        (b"RIFF", Clip(None, None, "not_wav")),
        (b"RIFF\0\0\0\0AVI LIST", Clip(None, None, "not_wav")),
        (make_wav()[:12], Clip("wav", None, "no_data")),
        (make_wav()[:36], Clip("wav", None, "no_data")),
        (make_wav()[:40], Clip("wav", None, "cut_off")),
        (make_wav()[:44], Clip("wav", 0.0, "cut_off")),
        (make_wav(before=chunk(b"data", bytes(3200))), Clip("wav", None, "odd_header")),
        (make_wav(b"\1\0\1\0"), Clip("wav", None, "cut_off")),
        (make_wav(before=chunk(b"none", b"") * 100_000), Clip("wav", None, "too_many_chunks")),
        (make_wav(before=chunk(b"LIST", bytes(300_000))), Clip("wav", None, "no_data")),
        (make_wav(wav_format(each=1)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(rate=1, each=32_000)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(each=0)), replace(TENTH, note="odd_header")),
        (make_wav(wav_format(each=0, align=7)), Clip("wav", None, "odd_header")),
        (make_wav(wav_format(align=4, each=64_000, bits=16)), Clip("wav", 0.05, "odd_header")),
        (make_wav(wav_format(bits=24, rate=10_000), bytes(3000)), Clip("wav", 0.1, "")),
    ],
    ids=range(39),
)
def test_every_wav_header_of_the_corpus_is_measured_as_it_should(data: bytes, expected: Clip) -> None:
    assert clip(data) == expected


def test_an_honest_wav_is_as_long_as_the_standard_library_says() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, 44_100, 0, "NONE", ""))
        writer.writeframes(bytes(4 * 4_410))
    assert clip(file.getvalue()) == TENTH


def test_chunks_are_counted_up_to_the_limit() -> None:
    data = make_wav(before=chunk(b"none", b"") * 3)
    assert clip(data, Limits(audio_chunks=5)) == TENTH
    assert clip(data, Limits(audio_chunks=4)) == Clip("wav", None, "too_many_chunks")


# The other kinds: a builder each, then what is measured


def mp3_frame(kbits: int = 4, rate: int = 2, version: int = 2, padding: int = 0, start: bytes = b"") -> bytes:
    """By default MPEG-2 layer III at 32 kbit/s and 16 kHz: 144 bytes, 36 ms."""
    table = (0, 32, 40, 48, 56, 64, 80, 96) if version == 3 else (0, 8, 16, 24, 32, 40, 48, 56)
    hertz = (44100, 48000, 32000)[rate] // {3: 1, 0: 4}.get(version, 2)
    length = (144 if version == 3 else 72) * table[kbits] * 1000 // hertz + padding
    return (bytes([0xFF, 0xE3 | version << 3, kbits << 4 | rate << 2 | padding << 1, 0xC0]) + start).ljust(
        length, b"\0"
    )


def aac_frame(length: int = 100, rate: int = 8) -> bytes:
    """By default 64 ms at 16 kHz."""
    return bytes([0xFF, 0xF1, 0x40 | rate << 2, 0x40 | length >> 11, length >> 3 & 255, (length & 7) << 5, 0]).ljust(
        length, b"\0"
    )


def ogg_page(position: int, body: bytes, serial: int = 1) -> bytes:
    laces = [255] * (len(body) // 255) + [len(body) % 255]
    return struct.pack("<4sBBqLLLB", b"OggS", 0, 0, position, serial, 0, 0, len(laces)) + bytes(laces) + body


def opus(*positions: int, codec: bytes = b"OpusHead" + bytes([1, 1, 0x38, 1]) + bytes(7), serial: int = 1) -> bytes:
    return b"".join(
        [ogg_page(0, codec), ogg_page(0, b"OpusTags")] + [ogg_page(p, b"speech", serial) for p in positions]
    )


def flac(rate: int, samples: int, body: int = 100) -> bytes:
    return b"fLaC\x80\0\0\x22" + bytes(10) + struct.pack(">Q", rate << 44 | samples) + bytes(16 + body)


def box(name: bytes, body: bytes, wide: bool = False) -> bytes:
    if wide:
        return struct.pack(">L4sQ", 1, name, 16 + len(body)) + body
    return struct.pack(">L4s", 8 + len(body), name) + body


def mvhd(scale: int, units: int, wide: bool = False) -> bytes:
    form = ">B3xQQLQ" if wide else ">B3xLLLL"
    return box(b"mvhd", struct.pack(form, wide, 0, 0, scale, units) + bytes(80))


FTYP, MDAT = box(b"ftyp", b"M4A \0\0\0\0"), box(b"mdat", bytes(1000))
VORBIS = b"\x01vorbis" + struct.pack("<LBL", 0, 1, 8000) + bytes(14)
XING = bytes(9) + b"Xing\0\0\0\1" + struct.pack(">L", 50)
VBRI = bytes(32) + b"VBRI" + bytes(10) + struct.pack(">L", 50)
TAG = b"ID3\4\0\0\0\0\1\x48" + bytes(200)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (mp3_frame() * 50, Clip("mp3", 1.8, "")),
        (TAG + mp3_frame() * 50, Clip("mp3", 1.8, "")),
        (TAG + bytes(500) + mp3_frame() * 50, Clip("mp3", 1.8, "")),
        (mp3_frame() * 50 + b"TAG" + bytes(125), Clip("mp3", 1.8, "")),
        (mp3_frame() * 50 + b"not a frame", Clip("mp3", 1.8, "odd_header")),
        (mp3_frame() * 49 + mp3_frame()[:50], Clip("mp3", 1.8, "cut_off")),
        (mp3_frame() * 1000, Clip("mp3", 36.0, "estimated")),
        (mp3_frame(start=XING) + mp3_frame() * 10, Clip("mp3", 1.8, "")),
        (mp3_frame(start=VBRI) + mp3_frame() * 10, Clip("mp3", 1.8, "")),
        (mp3_frame(start=XING.replace(b"\0\0\0\1", b"\0\0\0\2")) + mp3_frame() * 49, Clip("mp3", 1.8, "")),
        (mp3_frame(start=XING[:-4] + b"\xff" * 4) + mp3_frame(), Clip("mp3", None, "odd_header")),
        (mp3_frame(4, 1, 3) * 10 + mp3_frame(2, 1, 3, 1) * 10, Clip("mp3", 0.48, "")),
        (mp3_frame(version=0) * 50, Clip("mp3", 3.6, "")),
        (mp3_frame(version=1) * 3, Clip(None, None, "unknown_kind")),
        (mp3_frame() + b"x" * 200, Clip(None, None, "unknown_kind")),
        (b"ID3\4\0\0\x7f\x7f\x7f\x7f" + mp3_frame() * 50, Clip(None, None, "unknown_kind")),
        (aac_frame() * 50, Clip("aac", 3.2, "")),
        (TAG + aac_frame() * 50, Clip("aac", 3.2, "")),
        (aac_frame() * 1000, Clip("aac", 64.0, "estimated")),
        (aac_frame(rate=15) * 3, Clip(None, None, "unknown_kind")),
        (aac_frame(length=0) * 3, Clip(None, None, "unknown_kind")),
        (opus(960, 48_312), Clip("ogg", None, "odd_header")),
        (opus(960, 5_112), Clip("ogg", 0.1, "")),
        (opus(960, -1), Clip("ogg", 0.0135, "")),
        (opus(960, 5_112)[:-3], Clip("ogg", 0.0135, "cut_off")),
        (opus(5_112) + ogg_page(9_999, b"other", serial=2), Clip("ogg", 0.1, "")),
        (opus(5_112) + b"junk of more than a page head", Clip("ogg", 0.1, "cut_off")),
        (opus(), Clip("ogg", 0.0, "zero_length")),
        (opus()[:60], Clip("ogg", None, "cut_off")),
        (opus()[:40], Clip("ogg", None, "cut_off")),
        (opus(960, codec=b"Speex   " + bytes(72)), Clip("ogg", None, "unknown_codec")),
        (opus(400, 800, codec=VORBIS), Clip("ogg", 0.1, "")),
        (opus(5_112) + bytes(256 * KIB), Clip("ogg", None, "no_length")),
        (flac(16_000, 1_600), Clip("flac", 0.1, "")),
        (flac(16_000, 0), Clip("flac", None, "no_length")),
        (flac(0, 1_600), Clip("flac", None, "odd_header")),
        (flac(16_000, 1 << 35), Clip("flac", None, "odd_header")),
        (flac(16_000, 1_600)[:20], Clip("flac", None, "cut_off")),
        (FTYP + box(b"moov", mvhd(1000, 1500)) + MDAT, Clip("mp4", 1.5, "")),
        (FTYP + box(b"moov", mvhd(1000, 1500, wide=True), wide=True) + MDAT, Clip("mp4", 1.5, "")),
        (FTYP + MDAT + box(b"moov", mvhd(1000, 1500)), Clip("mp4", 1.5, "")),
        (FTYP + box(b"mdat", bytes(1000), wide=True) + box(b"moov", mvhd(1000, 1500)), Clip("mp4", 1.5, "")),
        (FTYP + box(b"mdat", bytes(300_000)) + box(b"moov", mvhd(1000, 1500)), Clip("mp4", None, "no_length")),
        (FTYP + b"\0\0\0\0mdat" + bytes(100), Clip("mp4", None, "no_length")),
        (FTYP + b"\0\0\0\1mdat" + struct.pack(">Q", 5) + bytes(100), Clip("mp4", None, "odd_header")),
        (FTYP + b"\0\0\0\7mdat" + bytes(100), Clip("mp4", None, "odd_header")),
        (FTYP + box(b"moov", mvhd(1000, 0)) + MDAT, Clip("mp4", None, "no_length")),
        (FTYP + box(b"moov", mvhd(1000, 0xFFFFFFFF)) + MDAT, Clip("mp4", None, "no_length")),
        (FTYP + box(b"moov", mvhd(0, 1500)) + MDAT, Clip("mp4", None, "odd_header")),
        (FTYP + box(b"moov", mvhd(1, 134_217)) + MDAT, Clip("mp4", None, "odd_header")),
        (FTYP + box(b"moov", mvhd(1000, 1500))[:20], Clip("mp4", None, "cut_off")),
        (FTYP + box(b"free", b"") * 1000, Clip("mp4", None, "too_many_chunks")),
        (b"<html>" * 100, Clip(None, None, "unknown_kind")),
        (bytes(5000), Clip(None, None, "unknown_kind")),
        (b"\xff" * 5000, Clip(None, None, "unknown_kind")),
        (b"#!AMR\n" + bytes(100), Clip(None, None, "unknown_kind")),
    ],
    ids=range(56),
)
def test_a_clip_is_what_its_bytes_say_whatever_its_name(data: bytes, expected: Clip) -> None:
    found = clip(data)
    assert (found.kind, found.note) == (expected.kind, expected.note)
    assert found.seconds == (None if expected.seconds is None else pytest.approx(expected.seconds))


@pytest.mark.parametrize(
    "data", [make_wav(data=bytes(500_000)), mp3_frame(start=XING) + mp3_frame() * 3500, flac(16_000, 16, 500_000)]
)
def test_only_the_head_of_a_clip_is_read(data: bytes) -> None:
    file = io.BytesIO(data)
    assert measure(file, len(data)).seconds is not None
    assert file.tell() <= 4 * KIB


@pytest.mark.parametrize(
    "start",
    [
        b"RIFF\0\0\0\0WAVE" + chunk(b"LIST", b"", 0xFFFFFFF0),
        FTYP + b"\xff\xff\xff\xffmdat",
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
    ],
)
def test_a_length_far_away_is_not_looked_for(start: bytes) -> None:
    file = io.BytesIO(start + bytes(1024 * KIB))
    assert measure(file, 1024 * KIB).seconds is None
    assert file.tell() <= 256 * KIB


def test_a_stream_that_only_goes_forwards_and_drips_is_enough() -> None:
    class Drip(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._data = data

        def read(self, n: int = -1, /) -> bytes:
            piece, self._data = self._data[: min(n, 3)], self._data[min(n, 3) :]
            return piece

    data = make_wav(before=chunk(b"LIST", bytes(9000)))
    assert measure(cast(BinaryIO, Drip(data)), len(data)) == TENTH


def test_a_clip_is_measured_inside_an_archive() -> None:
    with open_source(zip_of({"Audio/1.wav": make_wav()})) as source, source.members[0].open() as stream:
        assert measure(stream, source.members[0].size) == TENTH


def test_what_the_stream_itself_raises_passes_through() -> None:
    data = zip_of({"1.wav": make_wav()})
    member = open_source(data[:50] + bytes([data[50] ^ 0xFF]) + data[51:]).members[0]
    with member.open() as stream, pytest.raises(Damaged):
        measure(stream, member.size)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg", "opus", "m4a", "mp4", "aac", "flac", "amr", "3gp", "webm"])
def test_a_clip_is_known_by_its_suffix(suffix: str) -> None:
    assert looks_like_audio(f"Audio and Transcription/Audio/1.{suffix}")
    assert looks_like_audio(f"1.{suffix.upper()}")
    assert not looks_like_audio(suffix)
    assert not looks_like_audio(f"1.{suffix}.json")


HONEST = [
    make_wav(),
    mp3_frame() * 5,
    aac_frame() * 5,
    opus(960, 5_112),
    flac(16_000, 1_600),
    FTYP + box(b"moov", mvhd(1000, 1500)) + MDAT,
]


def sane(found: Clip, size: int) -> None:
    """No clip is longer than the least any encoder needs for its bytes: 8 bytes a second are far below it."""
    assert found.kind or found.note
    if found.seconds is None:
        assert found.note
    elif found.kind != "flac":
        assert 0 <= found.seconds <= size


@given(
    st.sampled_from([b"", b"ID3", b"\xff\xfb", b"\xff\xf1", *(data[:n] for data in HONEST for n in (12, 30, 60))]),
    st.binary(max_size=300),
)
def test_any_bytes_are_measured_without_an_error(start: bytes, rest: bytes) -> None:
    sane(clip(start + rest), len(start + rest))


@pytest.mark.parametrize("data", HONEST, ids=["wav", "mp3", "aac", "ogg", "flac", "mp4"])
def test_any_changed_byte_is_measured_without_an_error(data: bytes) -> None:
    for i in range(min(len(data), 300)):
        for changed in (data[:i], data[i:], data[:i] + data[i : i + 1] + data[i:], data[:i] + b"\xff" + data[i + 1 :]):
            sane(clip(changed), len(changed))


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 5000))
def test_a_wav_is_never_longer_than_its_bytes(length: int, present: int) -> None:
    found = clip(make_wav(data=bytes(present), length=length))
    assert found.seconds == min(length, present + present % 2) / 32_000
