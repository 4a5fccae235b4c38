"""What goes out to a partner: which lines are to be corrected, written as the partner writes them, and in its words."""
