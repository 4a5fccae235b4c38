"""Real servers for tests: which there are, where one is found, and how one is started where none is given.

In this order: the address in the environment (a dead one is an error, never a reason to look further); a server of our
own on this machine, from Maven's jars; else the tests are skipped, and `make test-engines` says what is missing. With
CI=true they fail instead.
"""
