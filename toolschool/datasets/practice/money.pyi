"""Practice tools: accounts, cards, loans, taxes, shares."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Transfer:
    transfer_id: str
    status: Literal["executed", "pending", "rejected"]
    fee: float

@dataclass
class Quote:
    symbol: str
    price: float
    change_percent: float

@dataclass
class Loan:
    monthly_payment: float
    total_interest: float

def order_foreign_cash(amount: int, currency: str, branch: str, pickup_date: date) -> str:
    """Order foreign cash at a bank branch.

    Args:
        amount: How much, in the foreign currency.
        currency: Three-letter currency code.
        branch: Branch where it is picked up (e.g. Westend, Harbour, Old Town, Airport).
        pickup_date: Day of the pickup.
    """

def exchangeRateHistory(currency: str, date: date) -> float:
    """Exchange rate of a currency against the euro on a past day."""

def wire_transfer(
    iban: Annotated[str, Field(pattern="^DE[0-9]{20}$")], amount: float, purpose: str, execute_on: date | None = None
) -> Transfer:
    """Transfer money to another account.

    Args:
        iban: Account of the receiver, DE and twenty digits.
        amount: Sum in euros.
        purpose: What stands on the statement (e.g. rent May, choir fee, invoice 311, wedding gift).
        execute_on: Day of the transfer; today if it is left out.
    """

def standing_order(
    payee_name: str, amount: float, interval: Literal["weekly", "monthly", "quarterly", "yearly"]
) -> str:
    """Set up a standing order.

    Args:
        payee_name: Person who gets the money.
        amount: Sum of each payment.
        interval: How often it is paid.
    """

def account_balance(account: Literal["checking", "savings", "joint"] = "checking") -> float:
    """Balance of an account."""

def cancel_card(
    last_digits: Annotated[str, Field(pattern="^[0-9]{4}$")], reason: Literal["lost", "stolen", "fraud"]
) -> None:
    """Cancel a bank card.

    Args:
        last_digits: Last four digits of the card.
        reason: What happened.
    """

def loanPayment(
    principal: Annotated[float, Field(ge=1000, le=500000)], yearlyRate: Annotated[float, Field(ge=0, le=15)], years: int
) -> Loan:
    """Monthly payment of a loan.

    Args:
        principal: Sum that is borrowed.
        yearlyRate: Interest per year in percent.
        years: Years until it is paid back.
    """

def compound_savings(
    deposit: Annotated[float, Field(ge=100, le=100000)], annual_rate: float, years: int, monthly_contribution: float = 0
) -> float:
    """Calculate the growth of savings.

    Args:
        deposit: Money at the beginning.
        annual_rate: Interest per year in percent.
        years: For how long.
        monthly_contribution: What is added each month.
    """

def stock_quote(ticker: str) -> Quote:
    """Latest price of a share.

    Args:
        ticker: Symbol at the exchange.
    """

def order_shares(ticker: str, quantity: int, limit_price: float | None = None) -> str:
    """Order shares at the exchange.

    Args:
        ticker: Symbol of the share.
        quantity: How many shares.
        limit_price: Highest price to pay; at the market price if it is left out.
    """

def split_bill(total: float, people: int, tip_percent: float = 0) -> float:
    """Split a bill evenly.

    Args:
        total: What the bill says.
        people: How many share it.
        tip_percent: Tip on top, in percent.
    """

def set_budget(spending: str, monthly_limit: float, warn_at_percent: Annotated[int, Field(ge=50, le=100)] = 80) -> None:
    """Set a monthly budget for one kind of spending.

    Args:
        spending: Kind of spending (e.g. groceries, eating out, clothes, fuel, streaming).
        monthly_limit: Most that may be spent in a month.
        warn_at_percent: Share of the limit at which a warning comes.
    """

def list_transactions(
    from_date: date, to_date: date, min_amount: float | None = None, payee: str | None = None
) -> list[Transfer]:
    """List the transactions of an account.

    Args:
        from_date: Earliest day.
        to_date: Latest day.
        min_amount: Leave out smaller ones.
        payee: Only those with this company.
    """

def income_tax(
    income: Annotated[float, Field(ge=8000, le=250000)],
    country: str,
    children: Annotated[int, Field(ge=0, le=6)] = 0,
    married: bool = False,
) -> float:
    """Estimate the income tax of a year.

    Args:
        income: Gross income of the year.
        country: Country of residence.
        children: Number of children.
        married: Whether taxes are filed together.
    """

def validateIban(iban: str) -> bool:
    """Validate an international bank account number.

    Args:
        iban: The number without blanks (e.g. DE89370400440532013000, NL91ABNA0417164300).
    """

def find_cash_machine(street: str, city: str, free_only: bool = True) -> list[str]:
    """Find cash machines near an address.

    Args:
        street: Street and number.
        city: City.
        free_only: Only machines without a fee.
    """

def crypto_price(coin: str, currency: Literal["EUR", "USD", "GBP"] = "EUR") -> float:
    """Price of a crypto coin.

    Args:
        coin: Name of the coin (e.g. bitcoin, ethereum, litecoin, dogecoin, monero).
        currency: Currency of the price.
    """
