"""Other systems hear of public events: what is told to whom, how it is sent, and when somebody is told no more."""
