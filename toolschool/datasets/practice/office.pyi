"""Practice tools: rooms, forms, staff and papers of a company."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Ticket:
    ticket_id: str
    status: Literal["open", "waiting", "closed"]

@dataclass
class Room:
    room: str
    floor: int
    seats: int

@dataclass
class Employee:
    name: str
    email: str
    team: str

def reserve_meeting_room(
    date: date, start_time: time, duration_minutes: int, seats: int = 4, projector: bool = False
) -> Room:
    """Reserve a meeting room.

    Args:
        date: Day of the meeting.
        start_time: Beginning, HH:MM.
        duration_minutes: How long the room is needed.
        seats: How many people must fit in.
        projector: Whether a projector is needed.
    """

def request_leave(
    start_day: date, end_day: date, kind: Literal["vacation", "sick", "parental", "unpaid"] = "vacation"
) -> Ticket:
    """Request days off.

    Args:
        start_day: First day away.
        end_day: Last day away.
        kind: Kind of leave.
    """

def submit_expense(amount: float, currency: str, purpose: str, receipt_file: str | None = None) -> Ticket:
    """Submit an expense claim.

    Args:
        amount: What was paid.
        currency: Three-letter currency code.
        purpose: What it was for (e.g. taxi, hotel, client lunch, software, postage).
        receipt_file: File name of the receipt.
    """

def logHours(projectCode: Annotated[str, Field(pattern="^PRJ-[0-9]{3}$")], hours: float, day: date) -> None:
    """Log working hours on a project."""

def find_colleague(department: str, skill: str | None = None) -> list[Employee]:
    """Find colleagues of a department.

    Args:
        department: Name of the department (e.g. Logistics, Legal, Procurement, Research, Customer Care).
        skill: Something they should know (e.g. welding, Spanish, contract law, bookkeeping).
    """

def order_supplies(items: list[str], cost_center: Annotated[int, Field(ge=1000, le=9999)], rush: bool = False) -> str:
    """Order office supplies.

    Args:
        items: What is needed (e.g. staples, toner, whiteboard markers, envelopes, sticky notes).
        cost_center: Four-digit cost centre.
        rush: Deliver tomorrow.
    """

def report_computer_problem(device: str, message: str, priority: Literal["low", "normal", "high"] = "normal") -> Ticket:
    """Report a computer problem to the help desk.

    Args:
        device: What does not work (e.g. docking station, headset, laptop, badge reader).
        message: What the screen says.
        priority: How bad it is.
    """

def ticketStatus(ticketId: str) -> Ticket:
    """Status of a help desk ticket.

    Args:
        ticketId: Number of the ticket (e.g. HD-3391, HD-1204).
    """

def print_document(file: str, copies: int = 1, duplex: bool = True, color: bool = False) -> None:
    """Print a document.

    Args:
        file: File to be printed.
        copies: Number of copies.
        duplex: On both sides of the paper.
        color: In colour.
    """

def register_visitor(visitor_name: str, company: str, arrival: datetime, host_email: str) -> str:
    """Register a visitor at the front desk.

    Args:
        visitor_name: Full name of the person who visits.
        company: Where the visitor works.
        arrival: When the visitor arrives.
        host_email: E-mail address of the colleague who is visited.
    """

def convert_document(path: str, target_format: Literal["pdf", "docx", "odt", "html"]) -> str:
    """Convert a document into another format.

    Args:
        path: Where the document is.
        target_format: Format that is wanted.
    """

def draft_invoice(client: str, items: list[str], net_total: float, due: date, tax_percent: float = 19.0) -> str:
    """Draft an invoice for a client.

    Args:
        client: Company that pays.
        items: What was delivered (e.g. workshop, translation, logo design, site audit).
        net_total: Sum before tax.
        due: Last day of payment.
        tax_percent: Rate of the value added tax.
    """

def sign_document(document_id: Annotated[str, Field(pattern="^DOC[0-9]{5}$")], comment: str = "") -> None:
    """Sign a document.

    Args:
        document_id: DOC and five digits.
        comment: Remark for the authors.
    """

def assign_task(title: str, owner: str, due_date: date | None = None, tags: list[str] | None = None) -> str:
    """Assign a task to a team member.

    Args:
        title: What is to be done.
        owner: Person who does it.
        due_date: When it should be finished.
        tags: Labels for the board.
    """

def desk_booking(floor: Annotated[int, Field(ge=1, le=12)], weekday: str, near_window: bool = False) -> str:
    """Book a desk in the open office.

    Args:
        floor: Which floor.
        weekday: Day of the week.
        near_window: Only desks beside a window.
    """

def canteen_menu(weekday: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]) -> list[str]:
    """Dishes of the canteen on a weekday."""

def post_announcement(channel: str, message: str, pin: bool = False) -> None:
    """Post an announcement in a team channel.

    Args:
        channel: Name of the channel (e.g. all-hands, berlin-office, new-joiners, warehouse).
        message: Text of the announcement.
        pin: Keep it at the top.
    """
