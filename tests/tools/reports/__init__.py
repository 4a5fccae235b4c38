"""Makes partners' reports with a known ground truth: the same arguments, the same bytes."""
