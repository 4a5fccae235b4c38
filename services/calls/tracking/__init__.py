"""The workers on the telephony topic, and what else goes into the tracker: time, agents' words, items read again."""
