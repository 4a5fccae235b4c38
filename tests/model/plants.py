"""The settings in which the protocol has to hold, and the mistakes that the model must find when one is planted."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Setting(Enum):
    """What an operator does to the running system in the middle of a schedule."""

    STEADY = "nothing"
    RELEASE = "a release is rolled out: it reads more, and works facts out differently"
    GROWTH = "the output topic gets one more partition"
    RESTORE = "documents and checkpoints are restored from a backup, all workers stopped"


class Mistake(NamedTuple):
    """What is done wrong, and the setting that brings it to light."""

    words: str
    setting: Setting = Setting.STEADY


class Plant(Enum):
    """Each is a plausible shortcut that loses events, or counts them twice."""

    CALL_UNCONDITIONAL = Mistake("call documents are written whatever their revision")
    VIEW_UNCONDITIONAL = Mistake("view documents are written whatever their revision")
    HEAD_UNCONDITIONAL = Mistake("the relay's head is written whatever its revision")
    CHECKPOINT_BEFORE_WRITE = Mistake("the tracker moves its checkpoint before it writes its documents")
    CHECKPOINT_BEFORE_ACK = Mistake("the tracker moves its checkpoint before its events are acknowledged")
    NO_ORIGIN_CHECK = Mistake("readers count a position that they have seen before")
    BATCH_COUNTER = Mistake("a position counts the batches of a session instead of naming the input")
    REFUSED_GOES_ON = Mistake("a refused owner drops its batch and goes on with the next one")
    WHOLE_OUTBOX = Mistake("an input that is replayed publishes all that its document holds, later inputs too")
    SEVERAL_IN_FLIGHT = Mistake("several requests are in flight for a partition, and one of them fails")
    TRIMMED_EARLY = Mistake("the next write takes entries out of the outbox, published or not")
    PUBLISHED_FIRST = Mistake("the tracker publishes before it writes", Setting.RELEASE)
    NO_REVERSAL = Mistake("a corrected fact is published, and the one told before is not taken back")
    REVERSAL_RECOMPUTED = Mistake("what is taken back is worked out by today's release", Setting.RELEASE)
    GIVEN_UP_UNRECORDED = Mistake("an input that can't be read leaves no mark in its document", Setting.RELEASE)
    GIVEN_UP_TELLS = Mistake("an input that can't be read has the facts worked out anew, and told", Setting.RELEASE)
    TIMER_WITHOUT_INPUT = Mistake("what time brings about is written into the document, not appended as an input")
    SHARED_DOCUMENT = Mistake("one document of a view is fed from every partition, with a mark for each origin")
    VIEW_GOES_ON = Mistake("a projection that was refused goes on with the next batch")
    NAME_USED_AGAIN = Mistake("a view is rebuilt under the name of a collection that was dropped")
    SCAN_BEFORE_HEAD = Mistake("the relay looks for commits before it reads its head")
    NUMBERS_OVER_A_GAP = Mistake("the relay numbers a commit though its search has missed the one before it")
    COMMAND_WITHOUT_ID = Mistake("a command that is sent again is not known again")
    STALE_ANSWER = Mistake("a remembered state says that a command has nothing to do, and nobody looks at the store")
    REMOVED_BEFORE_ACK = Mistake("an entry leaves the spool before the broker has acknowledged it")
    REROUTED = Mistake("the partition of an event is worked out again when it is repeated", Setting.GROWTH)
    CHECKPOINTS_ELSEWHERE = Mistake("the documents are restored, their checkpoints are not", Setting.RESTORE)
    RESTORED_WHILE_RUNNING = Mistake("the documents are restored under workers that go on", Setting.RESTORE)
    HEAD_RESTORED = Mistake("the relay's head is restored, and its topic is ahead of it", Setting.RESTORE)

    @property
    def words(self) -> str:
        """What is done wrong."""
        return self.value.words

    @property
    def setting(self) -> Setting:
        """Where it comes to light."""
        return self.value.setting
