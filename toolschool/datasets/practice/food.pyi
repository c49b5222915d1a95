"""Practice tools: cooking, eating out, groceries."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Recipe:
    title: str
    minutes: int
    ingredients: list[str]

@dataclass
class Restaurant:
    name: str
    address: str
    rating: float

@dataclass
class Nutrition:
    calories: int
    protein: float
    fat: float
    carbohydrates: float

def order_catering(
    occasion: str,
    guests: Annotated[int, Field(ge=10, le=300)],
    date: date,
    time: time,
    address: str,
    style: Literal["buffet", "menu", "snacks"] | None = None,
) -> str:
    """Order catering for a party. The caterer calls back to agree on the dishes.

    Args:
        occasion: What is celebrated (e.g. wedding, golden jubilee, graduation, housewarming, farewell).
        guests: How many people come.
        date: Which day.
        time: When the food must be there.
        address: Where the party is.
        style: How it is served.
    """

def find_recipes(
    ingredients: list[str], diet: Literal["vegan", "vegetarian", "gluten-free", "any"] = "any", max_minutes: int = 45
) -> list[Recipe]:
    """Find recipes for what is in the kitchen.

    Args:
        ingredients: What should be used up (e.g. leeks, chickpeas, eggs, spinach, cream, rice).
        diet: What must not be in it.
        max_minutes: Longest time for cooking.
    """

def nutritionFacts(food: str, grams: float = 100) -> Nutrition:
    """Nutrition facts of a food.

    Args:
        food: What is eaten.
        grams: How much of it.
    """

def order_sandwich(
    bread: Literal["rye", "wheat", "sourdough"], fillings: list[str], address: str, toasted: bool = False
) -> str:
    """Order a sandwich.

    Args:
        bread: Kind of bread.
        fillings: What goes between (e.g. salami, cheddar, avocado, tuna, pickles, rocket).
        address: Where it is brought.
        toasted: Whether it is warmed.
    """

def convert_measure(
    amount: Annotated[float, Field(ge=1, le=20)],
    from_unit: Literal["cup", "tablespoon", "teaspoon", "ounce", "pint"],
    to_unit: Literal["ml", "l"],
) -> float:
    """Convert a kitchen measure."""

def convert_recipe(recipe: str, servings: Annotated[int, Field(ge=1, le=40)]) -> Recipe:
    """Convert a recipe to another number of servings.

    Args:
        recipe: Name of the recipe.
        servings: For how many people.
    """

def add_groceries(items: list[str], shop: str | None = None) -> list[str]:
    """Add things to the grocery list.

    Args:
        items: What is to be bought (e.g. oat milk, butter, bananas, flour, dish soap, coffee beans).
        shop: Where it is bought (e.g. Lidl, Edeka, Tesco, Carrefour).
    """

def delete_grocery_list() -> None:
    """Delete the grocery list."""

def restaurantsNearby(
    cuisine: str, neighborhood: str, priceLevel: Annotated[int, Field(ge=1, le=4)] | None = None
) -> list[Restaurant]:
    """Restaurants of a cuisine in a part of town.

    Args:
        cuisine: Kind of cooking (e.g. Thai, Georgian, Peruvian, Lebanese, Korean, Basque).
        neighborhood: Part of town (e.g. Soho, Kreuzberg, Trastevere, Montmartre, Chueca).
        priceLevel: 1 is cheap, 4 is dear.
    """

def suggest_wine(dish: str, max_price: float | None = None) -> str:
    """Suggest a wine for a dish.

    Args:
        dish: What is served.
        max_price: Most that a bottle may cost.
    """

def plan_meals(
    start: date, days: Annotated[int, Field(ge=1, le=14)], persons: int, dislikes: list[str] | None = None
) -> list[str]:
    """Plan the meals of some days.

    Args:
        start: First day.
        days: How many days.
        persons: How many people eat.
        dislikes: What nobody likes (e.g. liver, celery, coriander, beetroot).
    """

def roasting_time(
    meat: Literal["beef", "pork", "lamb", "chicken", "turkey"],
    weight_kg: float,
    done: Literal["rare", "medium", "well done"] = "medium",
) -> int:
    """Minutes of roasting for a piece of meat."""

def allergen_check(product_barcode: Annotated[str, Field(pattern="^[0-9]{13}$")], allergen: str) -> bool:
    """Allergen test of a product.

    Args:
        product_barcode: Thirteen digits below the bars.
        allergen: What must not be in it (e.g. peanuts, gluten, lactose, soy, sesame).
    """

def order_coffee(drink: str, cup: str, milk: str = "none", pickup_time: time | None = None) -> str:
    """Order a coffee to take away.

    Args:
        drink: Kind of coffee (e.g. espresso, flat white, cappuccino, cold brew).
        cup: Small, medium or large (e.g. small, medium, large).
        milk: Cow's, oat or none (e.g. oat, cow's, none).
        pickup_time: When it is picked up.
    """

def find_substitute(ingredient: str, reason: Literal["allergy", "vegan", "missing"] = "missing") -> list[str]:
    """Find a substitute for an ingredient.

    Args:
        ingredient: What cannot be used (e.g. buttermilk, gelatine, saffron, cornstarch, tahini).
        reason: Why not.
    """

def best_before(food: str, bought_on: date, storage: Literal["fridge", "freezer", "pantry"]) -> date:
    """Last day of a food before it spoils.

    Args:
        food: What was bought.
        bought_on: When it was bought.
        storage: Where it is kept.
    """

def rate_restaurant(restaurant: str, rating: Annotated[int, Field(ge=1, le=5)], comment: str = "") -> None:
    """Rate a restaurant.

    Args:
        restaurant: Which one (e.g. Noodle Corner, Osteria Verde, The Copper Pot, Sakura).
        rating: Stars from 1 to 5.
        comment: A few words about the evening.
    """
