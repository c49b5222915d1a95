"""Practice tools: getting somewhere and staying there."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Crossing:
    departure_time: time
    operator: str
    price: float

@dataclass
class Hotel:
    name: str
    stars: int
    price: float
    address: str

@dataclass
class Booking:
    booking_code: str
    total: float
    confirmed: bool

@dataclass
class Flight:
    status: Literal["scheduled", "boarding", "delayed", "landed", "cancelled"]
    gate: str
    delay_minutes: int

def find_ferry_crossings(
    from_harbor: str, to_harbor: str, day: date, cars: Annotated[int, Field(ge=0, le=4)] = 0
) -> list[Crossing]:
    """Find ferry crossings between two ports.

    Args:
        from_harbor: Port of departure (e.g. Dover, Esbjerg, Ancona, Algeciras, Stavanger).
        to_harbor: Port of arrival (e.g. Calais, Harwich, Patras, Tangier, Hirtshals).
        day: Day of the crossing.
        cars: Number of cars to take along.
    """

def getFlightStatus(flightNumber: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]{3,4}$")], date: date) -> Flight:
    """Get the status of a flight.

    Args:
        flightNumber: Airline code and number, such as LH4521.
        date: Day of departure.
    """

def find_hotels(
    city: str,
    checkin: date,
    checkout: date,
    guests: int = 2,
    min_stars: Annotated[int, Field(ge=1, le=5)] | None = None,
    breakfast: bool = False,
) -> list[Hotel]:
    """Find hotels with free rooms. Prices are per night and include taxes.

    Args:
        city: Where to stay.
        checkin: First night.
        checkout: Day of leaving.
        guests: Number of adults.
        min_stars: Only hotels with at least so many stars.
        breakfast: Only rooms with breakfast.
    """

def reserve_rental_car(
    pickup_airport: str,
    start_date: date,
    return_date: date,
    driver_age: Annotated[int, Field(ge=18, le=90)],
    car_class: Literal["economy", "compact", "estate", "van"] = "compact",
) -> Booking:
    """Reserve a rental car at an airport.

    Args:
        pickup_airport: Three-letter code of the airport.
        start_date: Day on which the car is picked up.
        return_date: Day on which it comes back.
        driver_age: Age of the main driver.
        car_class: Kind of car.
    """

def check_visa_rules(passport_country: str, destination_country: str) -> str:
    """Visa rules for a journey.

    Args:
        passport_country: Country that issued the passport.
        destination_country: Country to be visited.
    """

def cancel_hotel_room(booking_code: Annotated[str, Field(pattern="^H[0-9]{6}$")]) -> None:
    """Cancel a hotel room.

    Args:
        booking_code: The letter H and six digits.
    """

def choose_seat(booking_reference: str, seat: str) -> None:
    """Choose a seat on a booked flight.

    Args:
        booking_reference: Six characters from the ticket (e.g. K7PQ2M, X3RT9B).
        seat: Row and letter (e.g. 12A, 27F, 31C).
    """

def airport_lounges(airport: str) -> list[str]:
    """Lists the lounges of an airport."""

def next_trains(station: str, limit: int = 10) -> list[str]:
    """Next trains from a station.

    Args:
        station: Name of the station (e.g. Lyon Part-Dieu, Utrecht Centraal, Graz Hauptbahnhof, Leeds).
        limit: How many trains to show.
    """

def plan_road_trip(start: str, stops: list[str], avoid_tolls: bool = False) -> list[str]:
    """Plan a road trip with several stops. The stops are visited in the best order, not in the order given.

    Args:
        start: City where the trip begins.
        stops: Cities on the way.
        avoid_tolls: Stay off toll roads.
    """

def add_baggage(
    bookingReference: str,
    bags: Annotated[int, Field(ge=1, le=6)],
    weightKg: Annotated[float, Field(ge=5, le=32)] = 23.0,
) -> Booking:
    """Add checked baggage to a flight booking.

    Args:
        bookingReference: Code from the ticket (e.g. PL4K9Z, M82QTC).
        bags: How many bags.
        weightKg: Weight of each bag in kilograms.
    """

def travel_insurance_quote(
    country: str,
    days: int,
    ages: list[Annotated[int, Field(ge=0, le=95)]],
    cover: Literal["basic", "standard", "full"] = "standard",
) -> float:
    """Quote for a travel insurance.

    Args:
        country: Country of the journey.
        days: Length of the journey in days.
        ages: Age of each traveller.
        cover: What is insured.
    """

def list_public_holidays(country: str, year: Annotated[int, Field(ge=2000, le=2030)]) -> list[date]:
    """List the public holidays of a country.

    Args:
        country: Two-letter ISO country code.
        year: Calendar year.
    """

def reserve_campsite(region: str, arrival: date, nights: int, tent: bool = True) -> Booking:
    """Reserve a pitch on a campsite.

    Args:
        region: State or region.
        arrival: First day.
        nights: How many nights.
        tent: Whether a tent is brought along.
    """

def report_lost_luggage(tag_number: str, color: str, contact_email: str, contents: str | None = None) -> str:
    """Report luggage that did not arrive.

    Args:
        tag_number: Ten digits on the baggage tag.
        color: Colour of the bag.
        contact_email: Where news about the bag should go.
        contents: What is inside, in a few words.
    """

def bookWalkingTour(city: str, theme: str, people: int, language: str = "English") -> Booking:
    """Book a guided walking tour.

    Args:
        city: City of the tour.
        theme: What the tour is about (e.g. street art, Roman ruins, hidden courtyards, ghost stories, food markets).
        people: Size of the group.
        language: Language of the guide.
    """

def time_difference(first_city: str, second_city: str) -> float:
    """Hours of time difference between two cities."""
