"""Read, normalise, pair, diff, explain, attribute: files and frames in, findings out, all of it pure."""
