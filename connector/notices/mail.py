"""Sends a notice by e-mail, over one SMTP server for the whole product."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from connector.errors import ConfigError, Rejected, Unavailable
from connector.notices.notice import Notice

_SECONDS = 15


@dataclass(frozen=True, slots=True)
class MailServer:
    """`smtps://user:password@host:465` (TLS from the start) or `smtp://…:587` (STARTTLS where a password is sent).

    The server's certificate is verified: smtplib by itself takes any.
    """

    url: str = field(repr=False)
    sender: str

    def send(self, to: str, notice: Notice) -> None:
        """Raises Unavailable when it can be tried again, Rejected when the server will not take it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, notice.title
        message["Date"] = format_datetime(notice.at)
        message["Message-ID"] = make_msgid(idstring=notice.id, domain=self.sender.rpartition("@")[2])
        message.set_content(f"{notice.text}\n\n{notice.link}\n")
        try:
            with self._opened() as server:
                server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPAuthenticationError) as error:
            raise Rejected(f"the mail server refused it: {type(error).__name__}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server was not reached: {type(error).__name__}") from error

    def _opened(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=_SECONDS, context=ssl.create_default_context()
            )
        elif parts.scheme == "smtp":
            server = smtplib.SMTP(host, parts.port or 587, timeout=_SECONDS)
        else:
            raise ConfigError("CONNECTOR_SMTP_URL must begin with smtp:// or smtps://")
        if parts.username:
            if parts.scheme == "smtp":
                server.starttls(context=ssl.create_default_context())
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server
