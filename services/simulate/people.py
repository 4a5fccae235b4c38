"""Names that agents may plausibly have, by the language that is spoken where they work."""

from __future__ import annotations

from services.simulate.dice import Dice

NAMES: dict[str, tuple[str, str]] = {
    "en": (
        "Amy Aaron Beth Callum Chloe Daniel Ella Fiona George Grace Harry Isla Jack Keira Liam Megan Noah Olivia Ryan",
        "Archer Barlow Carver Dalton Ellery Farrow Garland Hobson Ingram Jarvis Kirby Lockwood Marlow Norris Pryce",
    ),
    "bs": (
        "Adnan Ajla Amar Amina Azra Dino Edin Elma Emina Faris Haris Ivana Jasmin Lejla Maja Mirza Selma Senad Tarik",
        "Babić Begić Delić Hadžić Ibrić Jurić Kovač Lukić Marić Mujić Novak Petrić Salkić Tomić Vuković Zukić",
    ),
    "jm": (
        "Alicia Andre Brianna Courtney Damion Dwayne Fabian Jodi Kadian Kemar Latoya Marlon Natalee Omar Rohan Shanice",
        "Bailey Blake Campbell Chambers Dixon Edwards Francis Gayle Henry Lawson Morgan Palmer Reid Samuels Walters",
    ),
    "tl": (
        "Aileen Althea Angelo Bea Carlo Dindo Erlinda Francis Gemma Jericho Joy Kristine Lito Maricel Nestor Paolo",
        "Aguilar Bautista Castro Dizon Domingo Estrada Ferrer Ignacio Lacson Manalo Navarro Ocampo Pascual Ramos",
    ),
    "fr": (
        "Amine Chaimae Driss Fatine Ghita Hamza Imane Karim Lamia Mehdi Nadia Omar Rachid Salma Samir Sanae Yasmine",
        "Alami Bennani Berrada Chraibi Daoudi Fassi Haddad Idrissi Kabbaj Lahlou Mansouri Naciri Ouazzani Sefrioui",
    ),
    "pl": (
        "Agnieszka Bartosz Dorota Ewa Grzegorz Hanna Jakub Joanna Kamil Karolina Lena Maciej Magda Natalia Paweł Piotr",
        "Adamska Borek Cieślak Duda Gajda Górny Jaworska Kalita Lis Mazur Nowicka Olszak Pawlak Rudnik Sikora Wrona",
    ),
    "es": (
        "Adriana Andrés Camila Carlos Daniela Diego Felipe Gabriela Jorge Juliana Laura Mateo Natalia Óscar Paula Sara",
        "Acosta Bernal Cárdenas Duarte Escobar Forero Guzmán Herrera Leal Mejía Ortiz Pardo Quintero Rojas Suárez",
    ),
}


def full_name(dice: Dice, tongue: str) -> str:
    """A first and a last name."""
    first, last = NAMES[tongue]
    return f"{dice.pick(first.split())} {dice.pick(last.split())}"
