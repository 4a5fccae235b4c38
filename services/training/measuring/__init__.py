"""Method of measuring people fairly: figures in, findings with their uncertainty out."""
