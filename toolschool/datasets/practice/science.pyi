"""Practice tools: measuring, looking up, reckoning in nature's terms."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Element:
    symbol: str
    atomic_number: int
    mass: float

@dataclass
class Quake:
    place: str
    magnitude: float
    depth_km: float
    time: datetime

@dataclass
class Paper:
    title: str
    author: str
    year: int
    url: str

@dataclass
class Sky:
    rise: str
    set: str
    altitude: float

def element_info(element: str) -> Element:
    """Look up a chemical element.

    Args:
        element: Short form in the periodic table (e.g. Fe, Na, Au, W, Hg, Kr).
    """

def molar_mass(compound: str) -> float:
    """Calculate the molar mass of a compound.

    Args:
        compound: Written in letters and digits (e.g. H2O, NaCl, C6H12O6, CaCO3, H2SO4).
    """

def recentEarthquakes(
    since: date, minMagnitude: Annotated[float, Field(ge=1, le=9)] = 4.5, region: str | None = None
) -> list[Quake]:
    """Recent earthquakes of the world.

    Args:
        since: First day.
        minMagnitude: Weaker ones are left out.
        region: Part of the world (e.g. Chile, Sumatra, Aegean Sea, Alaska).
    """

def planet_position(planet: Literal["Mercury", "Venus", "Mars", "Jupiter", "Saturn"], city: str, night: date) -> Sky:
    """Position of a planet in the night sky."""

def moonPhase(date: date) -> str:
    """Phase of the moon on a day."""

def iss_passes(
    latitude: Annotated[float, Field(ge=-90, le=90)], longitude: Annotated[float, Field(ge=-180, le=180)], days: int = 3
) -> list[datetime]:
    """Passes of the space station over a place.

    Args:
        latitude: In degrees, north is positive.
        longitude: In degrees, east is positive.
        days: How many days to look ahead.
    """

def convert_temperature(
    value: Annotated[float, Field(ge=-60, le=500)],
    from_scale: Literal["celsius", "fahrenheit", "kelvin"],
    to_scale: Literal["celsius", "fahrenheit", "kelvin"],
) -> float:
    """Convert a temperature to another scale.

    Args:
        value: Degrees.
        from_scale: Scale of the value.
        to_scale: Scale that is wanted.
    """

def find_papers(
    keywords: list[str], author: str | None = None, published_after: int | None = None, max_results: int = 10
) -> list[Paper]:
    """Find scientific papers.

    Args:
        keywords: What they should be about (e.g. graphene, gut bacteria, dark matter, soil carbon, sleep).
        author: Somebody who wrote them.
        published_after: Year before the first that counts.
        max_results: How many at most.
    """

def write_citation(doi: str, style: Literal["apa", "mla", "chicago", "bibtex"] = "apa") -> str:
    """Write a citation of a paper.

    Args:
        doi: Identifier of the paper (e.g. 10.1000/182, 10.1038/171737, 10.1126/59.1530, 10.1093/mind/433, 10.1016/0370-2693).
        style: Citation style.
    """

def identify_bird(color: str, silhouette: str, habitat: str, seen_in: str | None = None) -> list[str]:
    """Identify a bird by its looks.

    Args:
        color: Main colour of the feathers.
        silhouette: Like a sparrow, a pigeon or a goose (e.g. sparrow, pigeon, goose).
        habitat: Where it was (e.g. wetland, pine forest, rose bush, cliff, meadow).
        seen_in: Country of the sighting.
    """

def tide_table(harbor: str, day: date) -> list[str]:
    """High and low tides at a harbour.

    Args:
        harbor: Name of the harbour (e.g. Brest, Husum, Dublin, Lisbon, Halifax).
        day: Which day.
    """

def pollen_forecast(city: str, plant: Literal["birch", "grass", "hazel", "ragweed", "mugwort"]) -> str:
    """Forecast of pollen in the air."""

def freeFallTime(heightMeters: float, gravity: float = 9.81) -> float:
    """Seconds of a free fall from a height.

    Args:
        heightMeters: Height of the fall.
        gravity: In metres per square second.
    """

def calculate_dilution(stock_molarity: float, target_molarity: float, volume_ml: float) -> float:
    """Calculate the dilution of a stock solution.

    Args:
        stock_molarity: What there is, in mol per litre.
        target_molarity: What is wanted, in mol per litre.
        volume_ml: Final volume in millilitres.
    """

def reverse_complement(sequence: Annotated[str, Field(pattern="^[ACGT]{6,60}$")]) -> str:
    """Reverse complement of a DNA sequence.

    Args:
        sequence: Letters A, C, G and T.
    """

def log_observation(
    species: str, count: int, observed_at: datetime, coordinates: str, remarks: str | None = None
) -> str:
    """Log a wildlife observation.

    Args:
        species: What was seen (e.g. red fox, grey heron, stag beetle, wild boar, adder).
        count: How many animals.
        observed_at: When.
        coordinates: Latitude and longitude, parted by a comma.
        remarks: Anything unusual.
    """

def next_eclipse(kind: Literal["solar", "lunar"], country: str | None = None) -> date:
    """Date of the next eclipse.

    Args:
        kind: Of the sun or the moon.
        country: Where it should be seen.
    """
