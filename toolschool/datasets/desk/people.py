"""Who appears in requests: single and full names, relatives, teams, plain e-mail addresses and phone numbers."""

from __future__ import annotations

from dataclasses import dataclass

from toolschool.datasets.desk.draw import Draw

FIRST = tuple(
    """
    Aaron Abby Abdul Adam Adele Adrian Agnes Ahmed Aidan Aiko Aisha Alan Alba Albert Alejandro Alex Alexandra Alfie Alice Alicia
    Alina Alison Allen Alma Amal Amanda Amara Amber Amelia Amir Amit Amy Ana Anders Andre Andrea Andrew Angela Anika Anita Anna
    Anne Anton Antonio Anya April Ariana Arjun Arnold Arthur Asha Ashley Astrid Audrey Austin Ava Axel Barbara Barry Beatrice Becky
    Bella Ben Benjamin Bernard Beth Betty Bianca Bill Bjorn Blake Bob Brad Brandon Brenda Brett Brian Bridget Bruce Bruno Caleb
    Calvin Camila Camille Cara Carl Carla Carlos Carmen Carol Caroline Casey Catherine Cecilia Cedric Celine Chad Charles Charlie
    Charlotte Chen Chloe Chris Christian Christina Cindy Claire Clara Claude Claudia Cleo Clara Colin Connor Cora Craig Cynthia Daisy
    Dale Damien Dan Dana Daniel Daniela Danny Daphne Darren Dave David Dean Deborah Deepak Denise Dennis Derek Diana Diego Dilip Dina
    Dinesh Dolores Dominic Don Donna Dora Doris Doug Duncan Dylan Eddie Edgar Edith Edward Eileen Elaine Elena Eli Elias Elijah
    Elise Elizabeth Ella Ellen Elliot Elsa Emil Emilia Emily Emma Enrique Eric Erica Erik Erin Esther Ethan Eugene Eva Evan Eve
    Evelyn Faith Farah Fatima Felix Fernando Fiona Florence Frances Francesca Francis Frank Fred Frida Gabriel Gail Gary Gavin Gemma
    George Gerald Gina Giulia Glen Gloria Gordon Grace Graham Grant Greg Greta Gunnar Gus Hanna Hannah Hans Harold Harriet Harry
    Harvey Hassan Heather Hector Heidi Helen Helena Henrik Henry Hiro Holly Howard Hugh Hugo Ian Ibrahim Ida Igor Ines Ingrid Irene
    Iris Isaac Isabel Isabella Ivan Ivy Jack Jackson Jacob Jade Jake James Jamie Jan Jane Janet Janice Jasmine Jason Javier Jay
    Jean Jeff Jenna Jennifer Jenny Jeremy Jerome Jess Jesse Jessica Jill Jim Jing Joan Joanna Joe Joel Johanna John Jonas Jonathan
    Jordan Jorge Jose Joseph Josh Joy Joyce Juan Judith Judy Julia Julian Julie Juliet June Justin Kai Kamal Karen Karim Karl Kate
    Katherine Kathy Katie Katja Kayla Keiko Keith Kelly Ken Kenji Kenneth Kevin Kim Kira Kirsten Kumar Kurt Kyle Laila Lana Lance
    Larry Lars Laura Lauren Leah Lee Leila Lena Leo Leon Leonard Leslie Lewis Liam Lila Lily Linda Lisa Liz Lloyd Logan Lola
    Lorenzo Louis Louise Luca Lucas Lucia Lucy Luis Luke Luna Lydia Mabel Madison Magnus Malik Mandy Manuel Mara Marc Marcel Marco
    Marcus Margaret Maria Mariana Marie Marina Mario Marion Mark Marlene Marta Martha Martin Mary Mason Mateo Matilda Matt Matthew
    Maureen Maurice Max Maya Megan Mei Melanie Melissa Mia Michael Michelle Miguel Mike Mila Milan Miles Milo Mina Miriam Mohamed
    Moira Molly Mona Monica Morgan Murray Nadia Nancy Naomi Nasir Natalie Natasha Nathan Neha Neil Nell Nelson Niall Nick Nicola
    Nicole Nigel Nikhil Nina Noah Noel Noor Nora Norman Oliver Olivia Omar Oscar Otto Owen Pablo Paloma Pamela Pat Patricia Patrick
    Paul Paula Pavel Pedro Penelope Penny Percy Perry Peter Petra Phil Philip Phoebe Pierre Polly Priya Quentin Quinn Rachel Rafael
    Raj Rajesh Ralph Ramona Randy Ravi Ray Rebecca Regina Renata Rene Rhea Rhys Ricardo Richard Rick Rita Rob Robert Roberta Robin
    Rocco Rodrigo Roger Rohan Roland Roman Ron Rosa Rosalind Rose Ross Roy Ruby Russell Ruth Ryan Sabrina Sadie Sally Salma Sam
    Samantha Samir Samuel Sandra Sanjay Sara Sarah Sasha Saul Scott Sean Selena Selma Serena Sergei Seth Shane Shannon Sharon Shaun
    Sheila Shirley Sid Sienna Sigrid Silas Silvia Simon Simone Sita Sofia Sonia Sonja Sophia Sophie Spencer Stacy Stan Stefan Stella
    Stephanie Stephen Steve Stuart Sunil Susan Suzanne Sven Sylvia Tamara Tanya Tara Tariq Tasha Ted Teresa Terry Tess Theo Theresa
    Thomas Tia Tim Tina Todd Tom Tomas Toni Tony Tracy Travis Trevor Trish Tyler Uma Ursula Val Valerie Vanessa Vera Veronica Vicky
    Victor Victoria Vijay Vince Vincent Viola Violet Virginia Vivian Wade Walter Wanda Warren Wayne Wei Wendy Wes Will William
    Willow Xavier Xena Yan Yara Yasmin Ying Yolanda Yuki Yusuf Yvonne Zach Zahra Zane Zara Zelda Zoe Zoran
    """.split()
)
LAST = tuple(
    """
    Abbott Acosta Adams Ahmed Ali Allen Alvarez Anderson Andrews Archer Armstrong Arnold Bailey Baker Baldwin Banerjee Barker Barnes
    Barrett Bauer Becker Bell Bennett Berg Bishop Black Blake Bond Bose Boyd Bradley Brennan Brooks Brown Bryant Burke Burns Butler
    Byrne Campbell Cannon Carey Carlson Carr Carter Castro Chan Chandra Chapman Chavez Chen Choi Chopra Clark Cohen Cole Coleman Collins
    Cook Cooper Costa Cox Crawford Cruz Cunningham Dalton Davies Davis Dawson Delgado Desai Diaz Dixon Doyle Duarte Duncan Dunn Edwards
    Elliott Ellis Eriksson Evans Farrell Ferguson Fernandez Ferrari Fischer Fisher Fleming Fletcher Flores Ford Foster Fox Francis Frank
    Fraser Fuller Garcia Gardner Gibson Gill Goldberg Gomez Gonzalez Goodwin Gordon Graham Grant Gray Green Greene Griffin Gupta Haas
    Hall Hamilton Hansen Hardy Harper Harris Hart Harvey Hayes Henderson Hernandez Hicks Hill Hoffman Holmes Holt Hopkins Howard Hughes
    Hunt Hunter Ibrahim Iyer Jackson Jacobs James Jansen Jensen Johansson Johnson Jones Joshi Kane Kapoor Kaur Keller Kelly Kennedy Khan
    Kim King Klein Knight Kovac Kowalski Kruger Kumar Lambert Lane Larsen Lawson Lee Lewis Li Lin Lindgren Lopez Lowe Lund Lynch
    Mackenzie Malone Mann Marsh Marshall Martin Martinez Mason Matthews May McCarthy McDonald McKay Mehta Mendoza Meyer Miller Mills
    Mitchell Moore Morales Moreau Moreno Morgan Morris Morrison Mueller Murphy Murray Myers Nair Nakamura Nelson Newman Nguyen Nielsen
    Nolan Norris Novak O'Brien O'Connor Olsen Ortega Ortiz Osborne Owens Palmer Park Parker Patel Payne Pearson Perez Perry Peters
    Peterson Petrov Phillips Pierce Porter Powell Price Quinn Ramirez Ramos Rao Reed Reid Reyes Reynolds Rhodes Rice Richards
    Richardson Riley Rivera Roberts Robertson Robinson Rogers Romano Rose Ross Rossi Rowe Ruiz Russell Ryan Salazar Sanchez Sanders
    Santos Sato Schmidt Schneider Schwartz Scott Shah Sharma Shaw Silva Simmons Simpson Singh Smith Snyder Soto Spencer Stein
    Stevens Stewart Stone Sullivan Suzuki Svensson Tanaka Taylor Thomas Thompson Torres Tran Tucker Turner Valdez Vargas Vasquez Vega
    Wagner Walker Wallace Walsh Walters Wang Ward Warren Watson Weaver Webb Weber West Wheeler White Williams Wilson Winters Wolf Wong
    Wood Wright Wu Yamamoto Yang Young Zhang Zimmermann
    """.split()
)
# (in the query, name to look up, pronoun); everybody has these, so the parts share them
RELATIVES = (
    ("Mom", "Mom", "her"), ("mom", "mom", "her"), ("my mom", "mom", "her"), ("Dad", "Dad", "him"), ("my dad", "dad",
    "him"),
    ("my sister", "sister", "her"), ("my brother", "brother", "him"), ("my wife", "wife", "her"), ("my husband",
    "husband", "him"),
    ("my boss", "boss", "them"), ("my manager", "manager", "them"), ("Grandma", "Grandma", "her"), ("my aunt", "aunt",
    "her"),
    ("my roommate", "roommate", "them"), ("my landlord", "landlord", "them"), ("Uncle Joe", "Uncle Joe", "him"),
    ("my dentist", "dentist", "them"), ("Dr. Patel", "Dr. Patel", "them"), ("my mother", "mother", "her"),
    ("my father", "father", "him"), ("my son", "son", "him"), ("my daughter", "daughter", "her"), ("Aunt May",
    "Aunt May", "her"),
    ("my accountant", "accountant", "them"), ("my teacher", "teacher", "them"), ("my professor", "professor", "them"),
    ("my neighbor", "neighbor", "them"), ("my girlfriend", "girlfriend", "her"), ("my boyfriend", "boyfriend", "him"),
    ("my supervisor", "supervisor", "them"), ("my coach", "coach", "them"), ("my lawyer", "lawyer", "them"),
)  # fmt: skip
TEAMS = (
    "finance team", "marketing team", "sales team", "design team", "HR team", "engineering team", "support team",
    "legal team", "project team", "family", "team", "board", "book club", "study group", "organizers", "interns",
    "catering company", "whole team", "travel agent", "client", "volunteers", "football team", "product team",
    "committee",
)  # fmt: skip
DOMAINS = (
    "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "company.com", "example.com", "hotmail.com", "acme.com",
    "work.org", "university.edu", "example.org", "mail.com", "protonmail.com", "startup.io", "school.edu",
    "email.com", "northwind.com",
)  # fmt: skip
SYLLABLES = "ba be bo da den do el fa ga ha in ja ka ki la le lin lo ma mi mo na nor o pa ra ri ro sa sha ta ti to va vi wen xa ya zo".split()


@dataclass(frozen=True)
class Person:
    """How a person is written in the query, the look-up name, a pronoun, and whether it is an address already."""

    text: str
    name: str
    pronoun: str = "them"
    given: bool = False  # the query gives the e-mail address or number itself: nothing to look up


def first_name(draw: Draw) -> str:
    if draw.chance(0.06):  # names nobody has met: copying must not depend on a list
        return draw.made(lambda: "".join(draw.pick(SYLLABLES) for _ in range(draw.pick((2, 2, 3)))).capitalize())
    return draw.own(FIRST)


def named_person(draw: Draw) -> Person:
    kind = draw.rng.random()
    name = first_name(draw) if kind < 0.68 else f"{first_name(draw)} {draw.own(LAST)}"
    return Person(name, name, draw.pick(("him", "her", "them")))


def person(draw: Draw) -> Person:
    """Somebody who must be looked up."""
    kind = draw.rng.random()
    if kind < 0.76:
        return named_person(draw)
    if kind < 0.92:
        return Person(*draw.pick(RELATIVES))
    team = draw.pick(TEAMS)
    return Person(f"{draw.pick(('the', 'the', 'the', 'our'))} {team}", team)


def email_person(draw: Draw) -> Person:
    """An e-mail address written out in the query."""
    first, last = first_name(draw), draw.own(LAST).replace("'", "")
    local = draw.fill(draw.pick((
        "{f}.{l}", "{f}", "{f}{l}", "{f}_{l}", "{f}.{l}", "{i}{l}",
    )), f=first, l=last, i=first[0])  # fmt: skip
    if draw.chance(0.15):
        local += str(draw.rng.randint(1, 99))
    if draw.chance(0.55):
        local = local.lower()
    address = f"{local}@{draw.pick(DOMAINS)}"
    return Person(address, address, given=True)


def phone_person(draw: Draw) -> Person:
    """A phone number written out in the query."""
    digits = "".join(str(draw.rng.randint(0, 9)) for _ in range(10))
    a, b, c = digits[:3], digits[3:6], digits[6:]
    number = draw.pick((
        f"{a}-{b}-{c}", f"({a}) {b}-{c}", f"+1 {a} {b} {c}", f"555-{b[0]}{c[:3]}", f"+1{digits}", f"{a}.{b}.{c}",
        digits,
    ))  # fmt: skip
    return Person(number, number, given=True)


def several(draw: Draw, kind: str, most: int = 3) -> list[Person]:
    """One to `most` different people for e-mail or for text messages (`kind` "email" or "phone")."""
    shares = (22, 40, 31, 7) if most > 3 else (46, 37, 17)  # a meeting has more people than a mail
    count = draw.rng.choices(range(1, most + 1), shares[:most])[0]
    if draw.chance(0.14):
        make = email_person if kind == "email" else phone_person
        return distinct([make(draw) for _ in range(min(count, 2))])
    if count == 1:
        return [person(draw)]
    if draw.chance(0.1):
        return [Person(*r) for r in (RELATIVES[0], RELATIVES[3])]
    people = [named_person(draw) if draw.chance(0.9) else person(draw) for _ in range(count)]
    return distinct(people)


def distinct(people: list[Person]) -> list[Person]:
    return list({p.name.lower(): p for p in people}.values())
