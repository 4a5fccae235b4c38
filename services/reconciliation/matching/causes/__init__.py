"""The causes, one file each: every one proposes what it can prove on a month that was paired."""
