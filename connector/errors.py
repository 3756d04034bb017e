"""Every error of the product; the class says what to do.

ConnectorError
├── ConfigError                    the start is refused: fix the named setting
├── TransientError(retry_after)    try again later
│   ├── RateLimited                the other system asked us to wait; not counted as an attempt
│   ├── Unavailable                not reached, or its own failure; nothing was written
│   ├── OutcomeUnknown             a write was sent and its answer lost: read before anything is sent again
│   │   └── MayYetCome             it is not wanted any more, but may be carried out; not counted as an attempt
│   ├── Conflict                   somebody else holds or changed the same thing
│   └── Stopped                    this process leaves: the call was not made
└── PermanentError                 a person must act
    ├── Rejected(field)            the other system refused what we sent
    │   ├── ClosedPeriod           its date lies in an accounting period that is closed
    │   └── Missing                the record it is about does not exist, or no more
    ├── AlreadyExists              a record under this external id stands there already
    ├── NotMapped(subject)         a value of ours has no counterpart; `subject` names what releases it
    ├── NeedsDecision              written as far as it goes; the rest is not ours to decide
    ├── Unauthorized(probe_after)  credentials refused: the connection halts until a probe succeeds
    ├── WrongEnvironment            shop or account is not the one that was approved: the connection halts
    ├── Forbidden(subject)         the credentials are good, a permission or scope is missing
    ├── InvalidAnswer              an answer that is not what its documentation says
    └── TotalMismatch              both sides differ by more than the allowed rounding
"""


class ConnectorError(Exception):
    """Root of all errors raised on purpose."""

    @property
    def code(self) -> str:
        """Name stored and shown, e.g. `not_mapped`."""
        name = type(self).__name__
        return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


class ConfigError(ConnectorError):
    """A setting is missing or malformed; the message names it."""


class TransientError(ConnectorError):
    """Trying again later can succeed. `retry_after` is in seconds, None when the schedule decides."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimited(TransientError):
    """Too many calls; the refused call was not carried out."""


class Unavailable(TransientError):
    """The other system did not answer, or answered with its own failure, and wrote nothing."""


class OutcomeUnknown(TransientError):
    """A write left us and its answer never came."""


class MayYetCome(OutcomeUnknown):
    """What was sent, never answered and not found is not wanted any more: it is looked for until it cannot come."""


class Conflict(TransientError):
    """Another worker, or the other system, holds the same thing right now."""


class Stopped(TransientError):
    """This process was told to leave: nothing was sent, and another process goes on."""


class PermanentError(ConnectorError):
    """Trying again cannot succeed before a person has acted."""


class Rejected(PermanentError):
    """The other system refused the content. `field` is the one it named, None where it named none."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ClosedPeriod(Rejected):
    """The posting date lies in an accounting period nobody may post in any more."""


class Missing(Rejected):
    """The record that is read, changed or transformed does not exist: a person deleted or merged it."""


class AlreadyExists(PermanentError):
    """The external id is taken: the record stands in the other system already."""


class NotMapped(PermanentError):
    """A value has no counterpart. `subject` (`sku:MUG-1`, `gateway:paypal`) is what a mapping releases."""

    def __init__(self, message: str, *, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class NeedsDecision(PermanentError):
    """A person has to decide; the message says what stands where. `subject` names the kind of case."""

    def __init__(self, message: str, *, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class Unauthorized(PermanentError):
    """Credentials were refused. `probe_after`: seconds to leave the log-in alone before it is tried again."""

    def __init__(self, message: str, *, probe_after: float = 30.0) -> None:
        super().__init__(message)
        self.probe_after = probe_after


class WrongEnvironment(PermanentError):
    """The shop or the account that answers is not the one this connection was approved for."""


class Forbidden(PermanentError):
    """A permission or scope is missing. `subject` (`permission:shopify`) is what granting it releases."""

    def __init__(self, message: str, *, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class InvalidAnswer(PermanentError):
    """The other system answered with something its documentation does not allow."""


class TotalMismatch(PermanentError):
    """The total computed for NetSuite is not Shopify's, and the difference is above `rounding.max`."""
