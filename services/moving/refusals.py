"""Why a system is not moved."""


class Refusal(Exception):
    """The text says what stands in the way, for people."""


class BadArchive(Refusal):
    """The file is no archive, is not whole, was changed, or is of a newer format or release."""


class NotAtRest(Refusal):
    """Something is left to do, or somebody is at work."""


class NotEmpty(Refusal):
    """There is something already where the archive was to go."""
