"""Practice tools: what a town hall, its buses and its schools offer."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Case:
    case_number: str
    status: Literal["received", "in progress", "done"]

@dataclass
class Departure:
    line: str
    time: time
    delay_minutes: int

@dataclass
class Event:
    title: str
    venue: str
    date: date

def report_pothole(street: str, house_number: int | None = None, photo_url: str | None = None) -> Case:
    """Report damage to a street.

    Args:
        street: Name of the street.
        house_number: Nearest house.
        photo_url: Link to a photo.
    """

def trash_pickup(street: str, kind: Literal["paper", "plastic", "organic", "residual"]) -> date:
    """Next day on which rubbish is collected.

    Args:
        street: Name of the street.
        kind: Kind of rubbish.
    """

def order_bulky_waste(items: list[str], address: str, date: date, phone: str | None = None) -> Case:
    """Order the collection of bulky waste.

    Args:
        items: What is taken away (e.g. sofa, mattress, wardrobe, washing machine, carpet).
        address: Where it stands.
        date: Wanted day.
        phone: Number for questions.
    """

def busDepartures(stop: str, line: str | None = None, maxResults: int = 5) -> list[Departure]:
    """Next buses at a stop.

    Args:
        stop: Name of the stop (e.g. Market Square, Old Mill, Hospital North, Harbour Road).
        line: Only this line (e.g. 12, X7, M41, 208).
        maxResults: How many buses.
    """

def order_bus_ticket(
    zone: Literal["A", "B", "C"], ticket: Literal["single", "day", "week", "month"], passengers: int = 1
) -> str:
    """Order a bus ticket.

    Args:
        zone: Tariff zone.
        ticket: For how long it is valid.
        passengers: For how many people.
    """

def apply_parking_permit(
    license_plate: str,
    zone: Annotated[int, Field(ge=1, le=60)],
    valid_from: date,
    months: Annotated[int, Field(ge=1, le=24)] = 12,
) -> Case:
    """Apply for a resident parking permit.

    Args:
        license_plate: Plate of the car (e.g. B-KL 2041, M-TR 775, HH-AB 1290).
        zone: Number of the parking zone.
        valid_from: First day.
        months: For how many months.
    """

def freeParkingSpaces(garage: str) -> int:
    """Free spaces in a car park.

    Args:
        garage: Name of the car park (e.g. Opera, Central, Riverside, Market Hall, Cathedral).
    """

def pay_fine(fine_number: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{5}$")], card_token: str) -> None:
    """Pay a parking fine.

    Args:
        fine_number: Four digits, a dash and five digits.
        card_token: Token of a stored card (e.g. tok_7b21, tok_c904).
    """

def town_hall_appointment(service: str, district: str, earliest: date, interpreter_language: str | None = None) -> str:
    """Make an appointment at the town hall.

    Args:
        service: What it is about (e.g. new passport, parental allowance, dog licence, marriage certificate).
        district: Part of the city (e.g. Northside, Old Town, Westend, Riverbank).
        earliest: Not before this day.
        interpreter_language: Language of an interpreter, if one is needed.
    """

def case_status(case_number: Annotated[str, Field(pattern="^C[0-9]{2}-[0-9]{4}$")]) -> Case:
    """Status of a case at the town hall."""

def school_finder(
    postcode: Annotated[str, Field(pattern="^[0-9]{5}$")],
    type: Literal["primary", "secondary", "vocational"],
    allDay: bool = False,
) -> list[str]:
    """Find schools near a postcode.

    Args:
        postcode: Where the child lives.
        type: Kind of school.
        allDay: Only schools with lessons in the afternoon.
    """

def register_dog(
    dog: str,
    breed: str,
    birth_year: Annotated[int, Field(ge=2005, le=2026)],
    chip: Annotated[str, Field(pattern="^[0-9]{15}$")],
    owner_email: str,
) -> Case:
    """Register a dog.

    Args:
        dog: What it is called (e.g. Bello, Luna, Rex, Nala, Oskar).
        breed: Breed (e.g. beagle, poodle, border collie, dachshund).
        birth_year: Year of birth.
        chip: Fifteen digits of the chip.
        owner_email: E-mail address of the owner.
    """

def library_hours(branch: str, weekday: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]) -> str:
    """Opening hours of a library branch.

    Args:
        branch: Which branch (e.g. Central, Harbour, Eastside).
        weekday: Day of the week.
    """

def city_events(
    fromDate: date,
    toDate: date,
    category: Literal["music", "theatre", "market", "sport", "family"] | None = None,
    freeOnly: bool = False,
) -> list[Event]:
    """Events in the city in a period.

    Args:
        fromDate: First day.
        toDate: Last day.
        category: Kind of event.
        freeOnly: Only events that cost nothing.
    """

def bike_stations(location: str, radius_m: Annotated[int, Field(ge=100, le=3000)] = 500) -> list[str]:
    """Stations with rental bikes near a place.

    Args:
        location: Address or landmark.
        radius_m: How far away, in metres.
    """

def pool_occupancy() -> int:
    """Occupancy of the public swimming pool, in percent."""

def waterQuality(lake: str, measured_on: date | None = None) -> str:
    """Quality of the water in a bathing lake.

    Args:
        lake: Name of the lake (e.g. Silbersee, Mirror Lake, Lake Garda, Forest Pond).
        measured_on: Day of the measurement; the last one if it is left out.
    """
