"""The product beside raw ceilings and beside what others would write, on the same events and in the same run."""
