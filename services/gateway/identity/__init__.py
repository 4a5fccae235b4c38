"""How people and machines prove who they are, but for keys of our own: providers, passwords, attempts."""
