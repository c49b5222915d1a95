"""Practice tools: a house and what is plugged in there."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Reading:
    value: float
    unit: str
    timestamp: str

@dataclass
class Device:
    device_id: str
    room: str
    status: Literal["on", "off", "unreachable"]

def set_thermostat(room: str, celsius: Annotated[float, Field(ge=5, le=30)]) -> None:
    """Set the temperature of a room.

    Args:
        room: Which room (e.g. kitchen, bathroom, nursery, study, hallway).
        celsius: Wanted temperature in degrees Celsius.
    """

def change_brightness(room: str, percent: Annotated[int, Field(ge=0, le=100)], fade_seconds: int = 2) -> None:
    """Change the brightness of the lights in a room.

    :param room: Room with the lights (e.g. living room, bedroom, attic, dining room).
    :param percent: From 0, dark, to 100.
    :param fade_seconds: How long the change takes.
    """

def change_light_color(lampName: str, color: str) -> None:
    """Change the colour of a lamp.

    :param lampName: What the lamp is called (e.g. desk lamp, porch light, reading lamp, floor lamp).
    :param color: Colour name.
    """

def close_windows(windows: list[Literal["kitchen", "bathroom", "skylight", "cellar"]]) -> None:
    """Close one or more windows.

    :param windows: Which windows to close.
    """

def startVacuum(areas: list[str], mode: Literal["quiet", "normal", "turbo"] = "normal") -> str:
    """Start the robot vacuum cleaner.

    Args:
        areas: Rooms to be cleaned (e.g. kitchen, hall, office, playroom, lounge).
        mode: How hard it sucks.
    """

def stop_vacuum() -> None:
    """Send the robot vacuum cleaner back to its dock."""

def start_sprinkler(zone: Annotated[int, Field(ge=1, le=8)], minutes: Annotated[int, Field(ge=1, le=90)]) -> None:
    """Start the sprinkler of a garden zone.

    Args:
        zone: Number of the sprinkler zone.
        minutes: How long the water runs.
    """

def schedule_dishwasher(start_time: time, program: Literal["eco", "intensive", "glass", "rinse"] = "eco") -> None:
    """Schedule the dishwasher.

    Args:
        start_time: When it should start (HH:MM).
        program: Washing program.
    """

def energyUsage(fromDate: date, toDate: date, appliance: str | None = None) -> Reading:
    """Energy used in a period, in kilowatt hours.

    Args:
        fromDate: First day.
        toDate: Last day.
        appliance: Only this appliance (e.g. fridge, oven, dryer, heat pump, freezer).
    """

def start_alarm(mode: Literal["home", "away", "night"], pin: Annotated[str, Field(pattern="^[0-9]{4}$")]) -> None:
    """Start the burglar alarm.

    Args:
        mode: Which sensors are watched.
        pin: Four digits.
    """

def set_blinds(window: str, position: Annotated[int, Field(ge=0, le=100)]) -> None:
    """Move the blinds of a window.

    Args:
        window: Which window (e.g. balcony, south window, skylight, bay window).
        position: 0 is closed, 100 is open.
    """

def record_meter(meter: Literal["electricity", "gas", "water"], reading: float, read_on: date) -> None:
    """Record a meter reading.

    Args:
        meter: Which meter was read.
        reading: Number on the meter.
        read_on: Day of the reading.
    """

def find_plumber(postcode: str, problem: str, emergency: bool = False) -> list[str]:
    """Find a plumber who has time.

    Args:
        postcode: Five-digit postcode of the home.
        problem: What is wrong (e.g. leaking tap, blocked drain, no hot water, burst pipe).
        emergency: Whether somebody must come today.
    """

def list_devices(room: str | None = None) -> list[Device]:
    """List all connected devices.

    Args:
        room: Only devices of this room (e.g. garage, kitchen, guest room).
    """

def renameDevice(deviceId: str, newName: str) -> Device:
    """Rename a connected device.

    Args:
        deviceId: Identifier of the device (e.g. dev-3f81, dev-90b2).
        newName: How it should be called (e.g. Bedside Speaker, Hall Camera, Big Fan).
    """

def estimate_paint(
    width_m: Annotated[float, Field(ge=1, le=15)],
    height_m: Annotated[float, Field(ge=1, le=6)],
    coats: Annotated[int, Field(ge=1, le=4)] = 2,
    doors: int = 0,
) -> float:
    """Estimate the litres of paint for a wall.

    Args:
        width_m: Width in metres.
        height_m: Height in metres.
        coats: How often the wall is painted.
        doors: Doors in the wall, which are not painted.
    """

def indoor_air(sensor: Literal["co2", "humidity", "dust", "radon"]) -> Reading:
    """Current reading of an air sensor in the house."""
