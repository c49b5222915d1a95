"""Practice tools: training, matches, equipment."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Match:
    home_team: str
    away_team: str
    score: str
    date: date

@dataclass
class Workout:
    workout_id: str
    calories: int

@dataclass
class Court:
    court: str
    price: float

def match_result(team: str, date: date) -> Match:
    """Result of a team's match on a day."""

def nextFixtures(team: str, competition: str | None = None, limit: int = 3) -> list[Match]:
    """Next matches of a team.

    Args:
        team: Name of the team.
        competition: Only matches of this competition (e.g. Champions League, FA Cup, Bundesliga, Serie A).
        limit: How many matches.
    """

def league_table(league: str, year: Annotated[int, Field(ge=1995, le=2025)] | None = None) -> list[str]:
    """Table of a league.

    Args:
        league: Name of the league (e.g. Eredivisie, La Liga, Ligue 1, Premier League).
        year: Year in which the season began.
    """

def player_stats(
    player: str,
    season_year: Annotated[int, Field(ge=1990, le=2025)],
    stat: Literal["goals", "assists", "minutes", "cards"] = "goals",
) -> int:
    """Statistics of a player in a season.

    Args:
        player: Full name.
        season_year: Year in which the season began.
        stat: What is counted.
    """

def log_run(
    distance_km: float, duration_minutes: int, day: date, surface: Literal["road", "trail", "track"] | None = None
) -> Workout:
    """Log a run.

    Args:
        distance_km: How far.
        duration_minutes: How long it took.
        day: When it was.
        surface: What was run on.
    """

def log_swim(
    laps: Annotated[int, Field(ge=2, le=80)],
    pool_length: Literal[25, 50],
    stroke: Literal["freestyle", "breaststroke", "backstroke", "butterfly"],
) -> Workout:
    """Log a swim in the pool."""

def marathonPace(wantedTime: Annotated[str, Field(pattern="^[2-5]:[0-5][0-9]:[0-5][0-9]$")]) -> str:
    """Pace for a marathon in a wanted time.

    Args:
        wantedTime: Hours, minutes and seconds, such as 3:45:00.
    """

def book_court(
    sport: Literal["tennis", "squash", "badminton", "padel"],
    date: date,
    start: time,
    hours: Annotated[float, Field(ge=1, le=4)] = 1,
    indoor: bool = True,
) -> Court:
    """Book a court at the sports club.

    Args:
        sport: Which sport.
        date: Which day.
        start: From when on (HH:MM).
        hours: For how long.
        indoor: Under a roof.
    """

def join_class(class_name: str, weekday: str, level: str = "beginner") -> None:
    """Join a fitness class.

    Args:
        class_name: Name of the class (e.g. Power Yoga, Spinning, Aqua Fit, Pilates, Zumba).
        weekday: Day of the week.
        level: Beginner, intermediate or advanced (e.g. beginner, intermediate, advanced).
    """

def make_training_plan(
    goal: str,
    weeks: Annotated[int, Field(ge=2, le=30)],
    days_per_week: Annotated[int, Field(ge=1, le=7)],
    equipment: list[str] | None = None,
) -> list[str]:
    """Make a training plan.

    Args:
        goal: What it should lead to (e.g. first 10k, stronger back, half marathon, lose weight, open water swim).
        weeks: How many weeks until then.
        days_per_week: How often in a week.
        equipment: What is there (e.g. kettlebell, rowing machine, bands, bench).
    """

def calories_burned(activity: str, minutes: int, weight_kg: float) -> int:
    """Calories burned by an activity.

    Args:
        activity: What is done (e.g. rowing, skating, climbing, gardening, cycling).
        minutes: How long.
        weight_kg: Body weight.
    """

def heart_rate_zones(age: int, resting_pulse: Annotated[int, Field(ge=40, le=100)] | None = None) -> list[int]:
    """Calculate training zones of the heart rate."""

def oneRepMax(weight: float, repetitions: Annotated[int, Field(ge=1, le=12)]) -> float:
    """Estimate the heaviest weight for one repetition.

    Args:
        weight: What was lifted, in kilograms.
        repetitions: How often.
    """

def snow_report(resort: str) -> str:
    """Snow report of a ski resort.

    Args:
        resort: Name of the resort (e.g. Zermatt, Kitzbühel, Chamonix, Åre, Aspen).
    """

def reserve_sports_gear(item: str, quantity: int, pickup: date, days: int = 1) -> str:
    """Reserve sports gear for some days.

    Args:
        item: What is rented (e.g. kayak, snowshoes, mountain bike, wetsuit, climbing rope).
        quantity: How many.
        pickup: When it is picked up.
        days: For how long.
    """

def find_hike(
    region: str, maxKm: float, difficulty: Literal["easy", "moderate", "hard"], withDog: bool = False, loop: bool = True
) -> list[str]:
    """Find a hike in a region.

    Args:
        region: Region or state.
        maxKm: Longest distance in kilometres.
        difficulty: How hard it may be.
        withDog: Whether dogs must be allowed.
        loop: Whether it ends where it begins.
    """

def reserve_match_tickets(
    home_team: str,
    away_team: str,
    seats: Annotated[int, Field(ge=1, le=8)],
    stand: Literal["north", "south", "east", "west"] | None = None,
) -> str:
    """Reserve tickets for a match.

    Args:
        home_team: Team that plays at home.
        away_team: Team that visits.
        seats: How many seats.
        stand: In which stand.
    """
