"""What every route shares: the door for commands, problem documents, JSON answers, paging, and the gate in front."""

from shared.http.answers import Listing, json_response, page
from shared.http.commanding import accepts, command_of, must_see, must_see_agent
from shared.http.conditional import as_read_now
from shared.http.described import Responses, answers
from shared.http.door import Accepted, Deps, Door, Readable, Reads, ShowingDoor, deps_of
from shared.http.files import UPLOAD, file_response
from shared.http.forms import signed
from shared.http.gate import (
    COOKIE,
    INSIDE,
    OPEN_PATHS,
    Gate,
    end_session,
    require,
    session_of,
    set_session,
)
from shared.http.limits import Limits, Rate, too_often
from shared.http.paging import Paged
from shared.http.problems import (
    FieldError,
    Problem,
    ProblemDocument,
    install_problems,
    invalid,
    not_found,
    problem_for,
    problem_response,
)
from shared.http.requests import (
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    MAX_REPORT_BYTES,
    body,
    chunks_of,
    command_id,
    content_of,
    limited,
    takes,
    time_range,
)
from shared.http.streamed import Streamed

__all__ = [
    "COOKIE",
    "INSIDE",
    "MAX_BODY_BYTES",
    "MAX_FILE_BYTES",
    "MAX_REPORT_BYTES",
    "OPEN_PATHS",
    "UPLOAD",
    "Accepted",
    "Deps",
    "Door",
    "FieldError",
    "Gate",
    "Limits",
    "Listing",
    "Paged",
    "Problem",
    "ProblemDocument",
    "Rate",
    "Readable",
    "Reads",
    "Responses",
    "ShowingDoor",
    "Streamed",
    "accepts",
    "answers",
    "as_read_now",
    "body",
    "chunks_of",
    "command_id",
    "command_of",
    "content_of",
    "deps_of",
    "end_session",
    "file_response",
    "install_problems",
    "invalid",
    "json_response",
    "limited",
    "must_see",
    "must_see_agent",
    "not_found",
    "page",
    "problem_for",
    "problem_response",
    "require",
    "session_of",
    "set_session",
    "signed",
    "takes",
    "time_range",
    "too_often",
]
