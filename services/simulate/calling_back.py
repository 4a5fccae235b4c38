"""Customers whom a partner is to call: a list of leads, and the file in which they came, a line of it no good."""

from __future__ import annotations

import csv
import io

import httpx

from services.simulate.company import Company
from services.simulate.dice import Dice
from services.simulate.driver import entered
from services.simulate.numbers import number
from services.simulate.people import NAMES
from services.simulate.selling import seller

LEADS = 40
ZONES = {"DE": "Europe/Berlin", "GB": "Europe/London"}
"""Where customers of a country are called by the clock."""


async def enter_leads(client: httpx.AsyncClient, company: Company) -> None:
    """The list, and the file."""
    partner, campaign = seller(company)
    path = f"/api/v1/lead-lists/{partner.id}:winter"
    country = campaign.country
    began = {"name": "Winter offer", "country": country, "zone": ZONES[country], "campaign": campaign.code}
    await entered(client, "PUT", path, began, "leads-list")
    await entered(client, "POST", f"{path}/imports", _file(company.seed, country), "leads-file", "text/csv")


def _file(seed: int, country: str) -> bytes:
    """As a shop would export it; one customer has left no number."""
    text = io.StringIO()
    written = csv.writer(text)
    written.writerow(("Phone", "First name", "Last name", "Language", "Notes"))
    for one in range(LEADS):
        dice = Dice("lead", seed, one)
        first, last = (dice.pick(names.split()) for names in NAMES["en"])
        phone = "left none" if one == LEADS // 2 else number(dice, country)
        written.writerow((phone, first, last, "en", "Asked for the winter catalogue."))
    return text.getvalue().encode()
