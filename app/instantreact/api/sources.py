"""Whether a camera's source can be one at all, judged without opening it."""

from instantreact.errors import InvalidInput, NotAllowed, StreamLost
from instantreact.media.reach import ReachPolicy, check_source, is_address
from instantreact.media.source import Scheme, parse_source


def check_draft_source(text: str, policy: ReachPolicy) -> None:
    """Raise InvalidInput for a source that no camera could have, or that the policy forbids.

    A host's name is judged when it is opened: what it stands for may change. A file may still appear.
    """
    source = parse_source(text)
    if source.scheme is not Scheme.FILE and not is_address(source.host):
        return
    try:
        check_source(source, policy)
    except NotAllowed as error:
        raise InvalidInput(str(error)) from error
    except StreamLost:
        return
