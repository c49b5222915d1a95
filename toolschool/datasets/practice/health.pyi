"""Practice tools: doctors, medicine, sleep, measurements."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Appointment:
    appointment_id: str
    date: date
    time: time
    doctor: str

@dataclass
class Entry:
    entry_id: str
    saved: bool

def book_doctor(
    specialty: str, city: str, preferred_date: date, insurance: Literal["public", "private"] = "public"
) -> Appointment:
    """Book an appointment with a doctor.

    Args:
        specialty: Field of the doctor (e.g. dermatology, cardiology, pediatrics, orthopedics, neurology).
        city: City of the practice.
        preferred_date: Best day.
        insurance: How it is insured.
    """

def cancel_appointment(appointment_id: str) -> None:
    """Cancel a doctor's appointment.

    Args:
        appointment_id: Number from the confirmation (e.g. APT-5521, APT-8307).
    """

def log_blood_pressure(
    systolic: Annotated[int, Field(ge=70, le=220)],
    diastolic: Annotated[int, Field(ge=40, le=130)],
    pulse: Annotated[int, Field(ge=40, le=190)] | None = None,
) -> Entry:
    """Log a blood pressure measurement.

    Args:
        systolic: Upper value in mmHg.
        diastolic: Lower value in mmHg.
        pulse: Beats per minute.
    """

def bodyMassIndex(weightKg: float, heightCm: Annotated[float, Field(ge=120, le=215)]) -> float:
    """Calculate the body mass index.

    Args:
        weightKg: Weight in kilograms.
        heightCm: Height in centimetres.
    """

def set_pill_alarm(medicine: str, at: list[time], with_food: bool = False) -> Entry:
    """Set a daily alarm for a medicine.

    Args:
        medicine: Name of the medicine (e.g. ibuprofen, metformin, vitamin D, levothyroxine, cetirizine).
        at: Times of the day.
        with_food: Say that it is taken with food.
    """

def check_interactions(medicines: list[str]) -> list[str]:
    """Interactions between medicines.

    Args:
        medicines: What is taken (e.g. aspirin, warfarin, omeprazole, sertraline, amoxicillin).
    """

def night_pharmacy(postcode: Annotated[str, Field(pattern="^[0-9]{5}$")], date: date | None = None) -> list[str]:
    """Pharmacies with night service.

    Args:
        postcode: Where to look.
        date: Which night; tonight if it is left out.
    """

def logSleep(bedTime: time, wakeTime: time, quality: Literal["bad", "fair", "good"]) -> Entry:
    """Log a night of sleep."""

def daily_water(weight_kg: float, activity: Literal["low", "moderate", "high"], hot_day: bool = False) -> float:
    """Litres of water to drink in a day.

    Args:
        weight_kg: Body weight.
        activity: How active the day is.
        hot_day: Whether it is hot outside.
    """

def vaccination_advice(country: str, age: int, pregnant: bool = False) -> list[str]:
    """Vaccinations that are advised for a country.

    Args:
        country: Country to travel to.
        age: Age of the traveller.
        pregnant: Whether the traveller is pregnant.
    """

def record_symptom(
    symptom: str, severity: Annotated[int, Field(ge=1, le=10)], since: date, notes: str | None = None
) -> Entry:
    """Record a symptom in the health diary.

    Args:
        symptom: What is felt (e.g. headache, dry cough, back pain, dizziness, sore throat).
        severity: From 1, hardly, to 10, unbearable.
        since: When it began.
        notes: Anything else.
    """

def request_prescription(medicine: str, doctor_name: str, packages: Annotated[int, Field(ge=1, le=5)] = 1) -> str:
    """Request a repeat prescription.

    Args:
        medicine: What runs out (e.g. insulin, salbutamol, ramipril, eye drops).
        doctor_name: Person who prescribes it.
        packages: How many packages.
    """

def due_date_calculator(last_period: date, cycle_days: Annotated[int, Field(ge=20, le=40)] = 28) -> date:
    """Calculate the expected day of birth.

    Args:
        last_period: First day of the last period.
        cycle_days: Length of the cycle.
    """

def guided_breathing(
    minutes: Annotated[int, Field(ge=1, le=30)], pattern: Literal["box", "4-7-8", "coherent"] = "box"
) -> str:
    """Start a guided breathing exercise."""

def emergencyNumbers(country: str) -> list[str]:
    """Emergency phone numbers of a country."""

def share_health_record(
    recipient_email: str, sections: list[Literal["lab", "imaging", "medication", "allergies"]], expires: date
) -> str:
    """Share parts of the health record with somebody.

    Args:
        recipient_email: Who may read it.
        sections: Which parts.
        expires: Last day on which it can be read.
    """

def waiting_time(hospital: str, department: Literal["emergency", "radiology", "pediatrics"] = "emergency") -> int:
    """Waiting time in a hospital, in minutes.

    Args:
        hospital: Name of the hospital (e.g. St. Mary's, Charité, Northgate Clinic, Riverside General).
        department: Where one waits.
    """
