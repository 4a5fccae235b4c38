"""The public events of each service: the whole surface that the services know of each other."""
