"""Random changes of bytes as files suffer them, and as somebody makes them who wants to see a reader fall."""

from __future__ import annotations

import random

# What readers stumble over, put in or over whatever stands there.
TOKENS = (
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b'"',
    b"'",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[" * 70,
    b",",
    b";",
    b"\t",
    b"<",
    b">",
    b"&",
    b"<!--",
    b"&#x110000;",
    b"null",
    b"NaN",
    b"-1",
    b"1e999",
    b"9" * 40,
    b"1970-01-01",
    b"+99:99",
    b"\xe2\x80\xae",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\xff\xff\xff\xff",
)


def mutant(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: a bit, a token, a piece that is lost, doubled or moved, or the end cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(changed))
        end = min(len(changed), at + chance.choice((1, 2, 8, 64, 512)))
        kind = chance.randrange(7)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at:at] = chance.choice(TOKENS)
        elif kind == 2:
            changed[at:end] = chance.choice(TOKENS)
        elif kind == 3:
            del changed[at:end]
        elif kind == 4:
            changed[at:at] = changed[at:end]
        elif kind == 5:
            changed[at:at] = bytes(changed[(start := chance.randint(0, len(changed))) : start + 64])
        elif chance.random() < 0.3:
            del changed[at:]
    return bytes(changed)
