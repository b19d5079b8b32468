"""One letter as a draft for a mail program, with the list of ids where it belongs; nothing is sent from here."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from toolkit.checklist.letters import Addressee, Letter


def eml(letter: Letter, to: Addressee) -> bytes:
    """The draft. Without a known address it has no recipient; the user fills in what is missing.

    ``X-Unsent`` makes some mail programs open it for editing; whether all do is not verified.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = letter.subject
    if letter.email:
        message["To"] = letter.email
    message["X-Unsent"] = "1"
    message.set_content(letter.body, cte="quoted-printable")
    if letter.attachment and to.ids:
        message.add_attachment(to.ids.data, maintype="text", subtype="csv", filename=to.ids_file)
    return message.as_bytes()
