"""The words of a request, a file a language."""
