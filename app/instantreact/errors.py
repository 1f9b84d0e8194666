"""Every error InstantReact raises on purpose.

InstantReactError
  NotFound                 the thing asked for does not exist
  Conflict                 the thing asked for clashes with what is there
  InvalidInput             the request cannot be understood or is out of bounds
    TooLarge               more bytes, seconds or pixels than the limit allows
  NotAllowed               the caller may not do this
  NotSignedIn              what was shown does not vouch for anybody, or not any more
    CodeNeeded             the password is right, and a second factor is asked for
  TooManyGuesses*          wrong passwords or codes; the next is not looked at for a while
  TooBusy*                 more ask for the same at this moment than can be served
  MediaError
    UnreadableMedia        damaged, truncated before the first frame, or not media at all
    UnsupportedMedia       media, but of a kind we do not take (no video track, unknown codec)
    StreamLost*            a live stream ended, stalled or never opened
  ModelError
    BundleMissing          no bundle at the configured path
    BundleMismatch         a bundle that is damaged or does not fit this version
    CaptionerUnavailable*  the service runs without a captioner until its bundle is repaired
    DetectorUnavailable    the service looks for no things until its detector is put right
    PosesUnavailable       falls are not told by how people move until the poses' bundle is put right
  SpeechError
    SpeechTimeout*         the recogniser did not answer in time
    SpeechUnavailable*     the recogniser is down, overloaded or its circuit is open
    SpeechRejected         the recogniser refused this request for good
  VisionFailed             a vision-language model gave no answer, or none that can be read
  ServiceRefused           a service that a command asks cannot be reached, or does not do it
  DeliveryError
    DeliveryDeferred*      the channel may take it later, or (ambiguous) may have taken it already
      ChannelRestricted*   the channel holds everything back for hours
    ChatWindowClosed       Messenger's 24-hour window is shut for this person
    DeliveryRefused        the channel will never take this message
      RecipientUnreachable the channel takes nothing for this person until they write again
    TemplateRefused        the words for people whose chat window is shut are not taken: not approved, or paused
    ChannelBroken          nothing goes out on this channel until somebody repairs its token or settings
  FileMissing*             a file that a row speaks of is not where this process keeps files
  StorageFull*             no room is left for a file or a row
    FilesUnreachable*      the store of files does not answer
  StorageBusy*             another process keeps the database to itself, or it cannot be reached
  BrokerUnreachable*       what carries jobs to the workers does not answer
  Erased                   what was to be written is of a span that somebody had erased
  LeaseLost                a job is held by somebody else by now
  Misconfigured            a setting is missing or contradicts another
    DatabaseUnreachable    no server answers at the database's address, or it lets nobody in yet

* = also Transient: worth another try, after `retry_after_s` where it is known.
"""


class InstantReactError(Exception):
    """Base of all errors raised on purpose; `str(error)` is a sentence for people."""


class Transient(InstantReactError):
    """Worth trying again, not before `retry_after_s` seconds where that is known."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotFound(InstantReactError):
    """The thing asked for does not exist."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"There is no {kind} {key}.")
        self.kind = kind
        self.key = key


class Conflict(InstantReactError):
    """The request clashes with what is already there."""


class InvalidInput(InstantReactError):
    """The request cannot be understood or is out of bounds."""


class TooLarge(InvalidInput):
    """More bytes, seconds or pixels than the limit allows."""


class NotAllowed(InstantReactError):
    """The caller may not do this."""


class NotSignedIn(InstantReactError):
    """What was shown does not vouch for anybody, or not any more."""


class CodeNeeded(NotSignedIn):
    """The password is right, and a second factor is asked for."""


class TooManyGuesses(Transient):
    """Wrong passwords or codes: the next one is not looked at for a while."""


class TooBusy(Transient):
    """More ask for the same at this moment than can be served."""


class Misconfigured(InstantReactError):
    """A setting is missing or contradicts another; the message names it."""


class DatabaseUnreachable(Misconfigured):
    """No server answers at the database's address, or it lets nobody in yet: it may be about to start."""


class FileMissing(Transient):
    """A file that a row speaks of is not where this process keeps files: it is gone, or its folder is not mounted."""


class StorageFull(Transient):
    """No room is left for a file or a row, or the quota is used up."""

    def __init__(
        self,
        message: str = "The disk is full: nothing can be stored until somebody makes room.",
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class FilesUnreachable(StorageFull):
    """The store of files does not answer: as with a full disk, what needs it waits, and nothing is given up."""


class StorageBusy(Transient):
    """Another process keeps the database to itself, or it cannot be reached."""


class BrokerUnreachable(Transient):
    """What carries jobs to the workers does not answer; they wait in the database meanwhile."""


class Erased(InstantReactError):
    """What a camera saw or heard then was erased before it could be written: nothing of it is kept."""

    def __init__(self) -> None:
        super().__init__("What was seen and heard then is erased.")


class LeaseLost(InstantReactError):
    """A job is held by somebody else by now, or is gone: what this run did must not be committed."""


class MediaError(InstantReactError):
    """A clip or stream cannot be used."""


class UnreadableMedia(MediaError):
    """Damaged, truncated before its first frame, or not media at all."""


class UnsupportedMedia(MediaError):
    """Media, but of a kind that InstantReact does not take."""


class StreamLost(MediaError, Transient):
    """A live stream ended, stalled or never opened."""


class ModelError(InstantReactError):
    """The captioner cannot be used."""


class BundleMissing(ModelError):
    """No bundle at the configured path."""


class BundleMismatch(ModelError):
    """A bundle that is damaged or does not fit this version."""


class CaptionerUnavailable(ModelError, Transient):
    """The service runs without a captioner until its bundle is repaired; the message says how."""


class DetectorUnavailable(ModelError):
    """The service looks for no things until the detector's bundle or labels are put right; the message says how."""


class PosesUnavailable(ModelError):
    """Falls are not told by how people move until the poses' bundle is put right; the message says how."""


class SpeechError(InstantReactError):
    """Speech could not be transcribed."""


class SpeechTimeout(SpeechError, Transient):
    """The recogniser did not answer in time."""


class SpeechUnavailable(SpeechError, Transient):
    """The recogniser is down, overloaded, or its circuit is open."""


class SpeechRejected(SpeechError):
    """The recogniser refused this request for good."""


class VisionFailed(InstantReactError):
    """A vision-language model gave no answer that can be used; the message says why.

    `status` is what its endpoint answered, None where it did not; `retry_after_s` when it wants to be asked again.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class ServiceRefused(InstantReactError):
    """A service that a command asks does not do what is asked of it, or cannot be reached; the message says why."""


class DeliveryError(InstantReactError):
    """A message did not reach a channel."""


class DeliveryDeferred(DeliveryError, Transient):
    """The channel may take the message later; when `ambiguous` it may have taken it already, without saying so.

    `is_outage` where the channel itself fails or is silent, whoever is told; not where it asks us to wait.
    """

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, ambiguous: bool = False, is_outage: bool = False
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.ambiguous = ambiguous
        self.is_outage = is_outage


class ChannelRestricted(DeliveryDeferred):
    """The channel holds everybody's messages back for hours; the operator should know."""


class ChatWindowClosed(DeliveryError):
    """Messenger's 24-hour window is shut for this person."""


class DeliveryRefused(DeliveryError):
    """The channel will never take this message."""


class RecipientUnreachable(DeliveryRefused):
    """The channel takes nothing for this person until they are heard from again."""


class TemplateRefused(DeliveryError):
    """The words for people whose chat window is shut are not taken: not approved, paused, or with other places."""


class ChannelBroken(DeliveryError):
    """Nothing goes out on this channel until somebody repairs what the message names."""
