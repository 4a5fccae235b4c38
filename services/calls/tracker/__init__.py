"""What is known of one call or of one agent's day, and the facts that follow from it: observations in, in any order."""
