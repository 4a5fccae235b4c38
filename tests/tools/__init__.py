"""Tools that make what tests look at."""
