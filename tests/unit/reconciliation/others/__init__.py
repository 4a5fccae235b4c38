"""Reports as telephone systems and back offices export them, written apart from their reader, with their truth."""
