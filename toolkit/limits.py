"""Every bound the toolkit puts on its input, in one frozen object.

The defaults come from measurements of hostile and of honest files (November 2026): honest text exports inflate
2.5 to 10 times, deflate can reach 1,030 times; ordinary records are below 10 kB.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is read; sizes in bytes.

    Attributes:
        members: Entries in one archive.
        member_bytes: Inflated bytes of one text member.
        total_bytes: Inflated bytes over all members read from one source.
        member_ratio: Inflated : stored bytes of one member, looked at once *member_ratio_after* bytes came out.
        total_ratio: The same over one archive, once *total_ratio_after* bytes came out.
        name_bytes: Length of a member's name.
        json_depth: Nesting inside one JSON record.
        json_record: Bytes of one JSON record.
        csv_field: Bytes of one CSV record, hence of any field in it.
        csv_columns: Columns of a CSV.
        html_card: Bytes of one HTML card.
        date_text: Characters of a date before anything tries to read it.
        block: Bytes handled at once; memory stays flat whatever the file's size.
        head: Bytes a parser sees when asked whether a file is its own.
        clip: Bytes of one clip that `Export.clip` hands out.
        audio_chunks: Chunks or pages looked at in one audio header.
        problems_per_kind: Rows of one code and file in the problems table before the rest is only counted.
        worker_memory: Address space of the parsing process (Linux, macOS).
        worker_cpu_seconds: CPU seconds of the parsing process, plus *worker_cpu_per_mb* for each MB of input.
    """

    members: int = 200_000
    member_bytes: int = 4 * GIB
    total_bytes: int = 8 * GIB
    member_ratio: int = 200
    member_ratio_after: int = 10 * MIB
    total_ratio: int = 100
    total_ratio_after: int = 100 * MIB
    name_bytes: int = 1_024
    json_depth: int = 64
    json_record: int = MIB
    csv_field: int = MIB
    csv_columns: int = 256
    html_card: int = 256 * KIB
    date_text: int = 64
    block: int = 4 * MIB
    head: int = 64 * KIB
    clip: int = 32 * MIB
    audio_chunks: int = 1_000
    problems_per_kind: int = 1_000
    worker_memory: int = 4 * GIB
    worker_cpu_seconds: int = 120
    worker_cpu_per_mb: float = 0.6


DEFAULT = Limits()
