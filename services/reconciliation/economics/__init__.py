"""Unit economics, pure: sums, prices, media costs and rates in; cost, revenue and margin out, and what comes of it."""
