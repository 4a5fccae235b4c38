"""Leads: files of them taken in, who may be dialled, and what telephony says of those who were."""
