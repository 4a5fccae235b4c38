"""Realistic telephony traffic: days of calls as partners' platforms deliver them, and the truth beside."""
