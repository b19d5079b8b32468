"""Tells what kind of sound a clip is and how long it lasts, from its headers and its real size; nothing is decoded.

A header is believed only as far as the bytes really present allow: a WAV of 3 kB may claim a day and a half.
Where two statements of a header contradict each other, or the length stands out of reach, there is no length.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from toolkit.limits import DEFAULT, KIB, Limits

_SUFFIX = re.compile(r"\.(wav|mp3|ogg|opus|m4a|mp4|aac|flac|amr|3gp|webm)$", re.IGNORECASE)
_REACH = 256 * KIB  # how far into a clip its length is looked for
_WALK = 64 * KIB  # how far frames are counted one by one before the rest is estimated
_SEARCH = 4 * KIB  # how far behind a tag the first frame is looked for
_STREAMED = 0x7FFFF000  # lengths from here on are what writers to a pipe put in place of a length
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_HALVED = {3: 0, 2: 1, 0: 2}  # by the version bits of MP3: how often the sample rate is halved
_STATED = re.compile(rb"(?s)(?:Xing|Info)...[\1\3\5\7\11\13\15\17](....)|VBRI.{10}(....)")
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)

# The least any encoder can do: bounds on what a lying header can claim for the bytes present.
_MP3_FRAME = 24  # bytes of the shortest frame, 8 kbit/s at 24 kHz
_FLAC_FRAME, _FLAC_SAMPLES = 10, 65_535  # bytes of the shortest frame, samples of the longest
_MP4_SECOND = 32  # bytes; the silence of a speech codec with its entry in the sample table needs more

Length = tuple[float | None, str]
Frame = tuple[int, float]  # bytes, seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """What the headers of a clip say.

    Attributes:
        kind: ``wav``, ``mp3``, ``ogg``, ``mp4``, ``aac``, ``flac``; None if it is none of them, whatever its name says.
        seconds: How long it lasts, or None.
        note: Empty if measured without doubt, else why not: ``empty``, ``unknown_kind``, ``not_wav`` (RIFF, but
            other content), ``big_endian``, ``unknown_codec``, ``odd_header`` (contradicts itself), ``cut_off``
            (shorter than stated), ``no_data``, ``zero_length``, ``no_length`` (out of reach), ``too_many_chunks``,
            ``estimated`` (from the frames at the start).
    """

    kind: str | None
    seconds: float | None
    note: str


class _Window:
    """The first bytes of a stream, read forwards and only as far as asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._bytes = bytearray()

    def at(self, start: int, n: int) -> bytes:
        """Up to *n* bytes from *start* on; none beyond the reach."""
        end = min(start + n, _REACH)
        while len(self._bytes) < end and (piece := self._stream.read(max(end - len(self._bytes), 4 * KIB))):
            self._bytes += piece
        return bytes(self._bytes[start:end])


def looks_like_audio(path: str) -> bool:
    """True if the name ends like that of a clip; what is in it, only `measure` tells."""
    return bool(_SUFFIX.search(path))


def measure(stream: BinaryIO, size: int, limits: Limits = DEFAULT) -> Clip:
    """Kind and length of a clip.

    Args:
        stream: Its bytes from the start on; read forwards, a few KiB as a rule, never more than 256 KiB.
        size: How many bytes it really holds.
        limits: Bounds on what is read.

    Returns:
        What could be told; bad bytes never raise. Only what the stream itself raises passes through.
    """
    window = _Window(stream)
    if not window.at(0, 1):
        return Clip(None, None, "empty")
    for kind, applies, length in _KINDS:
        if applies(window):
            try:
                return Clip(kind, *length(window, size, limits))
            except struct.error:  # the bytes end inside a header
                return Clip(kind, None, "cut_off")
    riff = window.at(0, 4) in (b"RIFF", b"RIFX", b"RF64")
    return Clip(None, None, "not_wav" if riff else "unknown_kind")


def _is_wav(window: _Window) -> bool:
    return window.at(0, 4) in (b"RIFF", b"RIFX", b"RF64") and window.at(8, 4) == b"WAVE"


def _wav(window: _Window, size: int, limits: Limits) -> Length:
    if window.at(0, 4) == b"RIFX":
        return None, "big_endian"
    at, form, wide = 12, b"", 0
    for _ in range(limits.audio_chunks):
        if not (head := window.at(at, 8)):
            return None, "no_data"
        name, length = struct.unpack("<4sL", head)
        at += 8
        if name == b"fmt ":
            form = window.at(at, min(length, 40))
        elif name == b"ds64":
            _, wide = struct.unpack("<2Q", window.at(at, 16))
        elif name == b"data":
            stated = wide if wide and length == 0xFFFFFFFF else length
            return _wav_length(form, stated, max(size - at, 0))
        at += length + length % 2
    return None, "too_many_chunks"


def _wav_length(form: bytes, stated: int, present: int) -> Length:
    if not form:
        return None, "odd_header"
    tag, channels, rate, each_second, align, bits = struct.unpack_from("<2H2L2H", form)
    known = tag != 0xFFFE or len(form) >= 40
    if tag == 0xFFFE and known:
        (tag,) = struct.unpack_from("<H", form, 24)
    if known and tag not in (1, 3, 6, 7):  # PCM, float, A-law, mu-law: those whose bytes are their length
        return None, "unknown_codec"
    if not (rate and channels and bits):
        return None, "odd_header"
    frame = channels * -(-bits // 8)
    # A figure counts if a second one, independent of it, says the same, or says nothing.
    if each_second not in (0, rate * frame) and each_second != rate * align:
        return None, "odd_header"
    if not each_second and align not in (0, frame):
        return None, "odd_header"
    seconds = min(stated, present) / (each_second or rate * frame)
    if not stated:
        return 0.0, "zero_length"
    if present < stated < _STREAMED:
        return seconds, "cut_off"
    return seconds, "" if known and each_second == rate * frame == rate * align else "odd_header"


def _is_ogg(window: _Window) -> bool:
    return window.at(0, 4) == b"OggS"


def _ogg(window: _Window, size: int, limits: Limits) -> Length:
    """By the position the last page states, which no more than the packets before it can hold may reach."""
    if size > _REACH:
        return None, "no_length"
    rate = skip = longest = packets = last = at = 0
    stream, whole = None, True
    for _ in range(limits.audio_chunks):
        head = window.at(at, 27)
        if not head or not (whole := len(head) == 27):
            break
        mark, _, position, serial, _, segments = struct.unpack("<4sHqL8sB", head)
        laces = window.at(at + 27, segments)
        start = at + 27 + segments
        at = start + sum(laces)
        whole = mark == b"OggS" and len(laces) == segments and at <= size
        if not whole:
            break
        if stream is None:
            stream = serial
            rate, skip, longest = _ogg_codec(window.at(start, 64))
        elif serial == stream:
            packets += segments - laces.count(255)
            last = max(last, position)
    else:
        return None, "too_many_chunks"
    if not rate:
        return None, "unknown_codec" if whole else "cut_off"
    if last > packets * longest:
        return None, "odd_header"
    if not last:
        return (0.0, "zero_length") if whole else (None, "cut_off")
    return max(last - skip, 0) / rate, "" if whole else "cut_off"


def _ogg_codec(head: bytes) -> tuple[int, int, int]:
    """Positions a second, positions to leave out at the start, and most positions in one packet; zeros if unknown."""
    if head.startswith(b"OpusHead"):
        return 48_000, int(struct.unpack_from("<H", head, 10)[0]), 5_760
    if head.startswith(b"\x01vorbis"):
        return int(struct.unpack_from("<L", head, 12)[0]), 0, 8_192
    return 0, 0, 0


def _is_flac(window: _Window) -> bool:
    return window.at(0, 4) == b"fLaC"


def _flac(window: _Window, size: int, limits: Limits) -> Length:
    (packed,) = struct.unpack(">Q", window.at(18, 8))
    rate, samples = packed >> 44, packed & 0xFFFFFFFFF
    if not samples:
        return None, "no_length"
    if not rate or samples > size // _FLAC_FRAME * _FLAC_SAMPLES:
        return None, "odd_header"
    return samples / rate, ""


def _is_mp4(window: _Window) -> bool:
    return window.at(4, 4) == b"ftyp"


def _mp4(window: _Window, size: int, limits: Limits) -> Length:
    at = 0
    for _ in range(limits.audio_chunks):
        if not (head := window.at(at, 8)):
            return None, "no_length"
        length, name = struct.unpack(">L4s", head)
        if name == b"mvhd":
            return _mvhd(window.at(at + 8, 32), size)
        own = 8
        if length == 1:
            own = 16
            (length,) = struct.unpack(">Q", window.at(at + 8, 8))
        if 0 < length < own:
            return None, "odd_header"
        at += own if name == b"moov" else length or size  # what is wanted stands inside moov
    return None, "too_many_chunks"


def _mvhd(box: bytes, size: int) -> Length:
    form, unknown = (">L16xLQ", (1 << 64) - 1) if box[:1] == b"\1" else (">L8xLL", (1 << 32) - 1)
    _, scale, units = struct.unpack_from(form, box)
    if units in (0, unknown):
        return None, "no_length"
    if not scale or units / scale > size / _MP4_SECOND:
        return None, "odd_header"
    return units / scale, ""


def _mp3_frame(head: bytes) -> Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # eleven ones, layer III
        return None
    version, kbits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version not in _HALVED or kbits in (0, 15) or rate == 3:
        return None
    hertz = (44100, 48000, 32000)[rate] >> _HALVED[version]
    samples, kbit = (1152, _KBITS_1[kbits]) if version == 3 else (576, _KBITS_2[kbits])
    return samples * kbit * 125 // hertz + (head[2] >> 1 & 1), samples / hertz


def _aac_frame(head: bytes) -> Frame | None:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:  # twelve ones, layer 0
        return None
    rate = head[2] >> 2 & 15
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_RATES) or length < 7:
        return None
    return length, ((head[6] & 3) + 1) * 1024 / _RATES[rate]


def _start(window: _Window, frame: Callable[[bytes], Frame | None]) -> int | None:
    """Where frames start: at once, or behind an ID3 tag and perhaps a little filling; one alone proves nothing."""
    at, near = 0, b"\xff"
    tag, *parts = struct.unpack("<3s3x4B", window.at(0, 10).ljust(10, b"\0"))
    if tag == b"ID3":
        at = 10 + sum(part << shift for part, shift in zip(parts, (21, 14, 7, 0), strict=True))
        near = window.at(at, _SEARCH)
    for start in (at + i for i, byte in enumerate(near) if byte == 0xFF):
        first = frame(window.at(start, 7))
        if first and ((second := window.at(start + first[0], 7)) == b"" or frame(second)):
            return start
    return None


def _is_mp3(window: _Window) -> bool:
    return _start(window, _mp3_frame) is not None


def _is_aac(window: _Window) -> bool:
    return _start(window, _aac_frame) is not None


def _mp3(window: _Window, size: int, limits: Limits) -> Length:
    """By the number of frames, where the first frame is a table of contents that states it."""
    start = _start(window, _mp3_frame) or 0
    first = window.at(start, 64)
    frame = _mp3_frame(first)
    if frame and (stated := _STATED.search(first)):
        (frames,) = struct.unpack(">L", stated[1] or stated[2])
        return (frames * frame[1], "") if frames * _MP3_FRAME <= size else (None, "odd_header")
    return _walk(_mp3_frame, window, size, limits)


def _aac(window: _Window, size: int, limits: Limits) -> Length:
    return _walk(_aac_frame, window, size, limits)


def _walk(frame: Callable[[bytes], Frame | None], window: _Window, size: int, limits: Limits) -> Length:
    """Counts frames: all of a short clip; of a long one those at its start, from which the rest is estimated."""
    start = at = _start(window, frame) or 0
    seconds = 0.0
    for _ in range(limits.audio_chunks):
        if at >= min(size, start + _WALK):
            break
        if not (one := frame(window.at(at, 7))):
            tagged = window.at(at, 3) == b"TAG" and size - at == 128
            return seconds, "" if tagged else "odd_header"
        at += one[0]
        seconds += one[1]
    if at < size:
        return seconds * (size - start) / (at - start), "estimated"
    return seconds, "" if at == size else "cut_off"


_KINDS: tuple[tuple[str, Callable[[_Window], bool], Callable[[_Window, int, Limits], Length]], ...] = (
    ("wav", _is_wav, _wav),
    ("ogg", _is_ogg, _ogg),
    ("flac", _is_flac, _flac),
    ("mp4", _is_mp4, _mp4),
    ("mp3", _is_mp3, _mp3),
    ("aac", _is_aac, _aac),
)
