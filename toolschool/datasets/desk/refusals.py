"""Requests that no tool of the desk can serve: their plan is empty."""

from __future__ import annotations

from toolschool.datasets.desk import people, things
from toolschool.datasets.desk.draw import Draw

CITIES = (
    "Oslo", "Lagos", "Austin", "Kyoto", "Lima", "Berlin", "Dublin", "Mumbai", "Toronto", "Lisbon", "Denver", "Seoul",
    "Cairo", "Madrid", "Portland", "Geneva", "Bogota", "Hanoi", "Perth", "Milan",
)  # fmt: skip
SUBJECTS = (
    "photosynthesis", "the French Revolution", "inflation", "black holes", "the offside rule", "compound interest",
    "jazz", "volcanoes", "the moon landing", "blockchain", "the Roman Empire", "antibiotics", "plate tectonics",
)  # fmt: skip
GOODS = (
    "paper towels", "a pizza", "running shoes", "two tickets to the opera", "dog food", "a phone charger", "sushi",
    "a bunch of roses", "printer ink", "cold medicine", "a taxi", "groceries",
)  # fmt: skip
REQUESTS = (
    "[What's|How is|Tell me] the weather [|like ][in {city}|today|tomorrow|this weekend]",
    "[Will|Is] it [going to |]rain [today|tomorrow|in {city}|on Saturday]?",
    "[Play|Put on|Start] [some|my] [jazz|rock|dinner|workout|piano|sleep] [music|playlist]",
    "[Turn|Switch] [on|off|down] the [lights|heating|TV|fan|air conditioning][| in the kitchen| in the bedroom| upstairs]",
    "[Order|Buy|Get] [me |]{good}[| for tonight| from the usual place| online]",
    "[Book|Find|Reserve] [me |][a flight|a hotel|a rental car|a train ticket] [to|in] {city}[| for next week]",
    "[How do you say|Translate] [good morning|thank you|where is the station] [in|into] [Spanish|Japanese|French|German]",
    "[What is|What's|Explain|Tell me about] {subject}[|?| to me| in simple words]",
    "[What is|How much is|Calculate] {a} [times|plus|divided by|minus] {b}",
    "[Who|Which team] won [the game|the match|the election|the final][| last night| yesterday]?",
    "[How many|How much] [euros is|dollars is|pounds is] {a} [dollars|yen|euros]?",
    "[What's|Check|Tell me] the [stock|share] price of [Apple|the bank|Toyota|my fund]",
    "[Set|Start] [a timer|an alarm|the stopwatch] for {a} minutes",
    "Wake me [up |]at {hour} [|tomorrow|on weekdays]",
    "[Tell|Give] me a [joke|riddle|fun fact|bedtime story]",
    "[Take|Snap] a [photo|selfie|screenshot][| of this]",
    "[Call|Ring|Dial|Phone] {name}[| now| on speaker]",
    "[Delete|Remove|Erase|Trash] [the note|my note|the reminder|the event|that file] [about|called|on] {title}",
    "[What's|Show me what is] on my [calendar|schedule|agenda] [today|tomorrow|this week]?",
    "[Read|Show] me my [new|unread|latest] [emails|messages|notifications]",
    "[Do I have|Are there] any [new emails|meetings today|messages from {name}]?",
    "[Cancel|Move|Postpone] [my|the] {title} [to next week|on Friday|until later]",
    "[Rename|Move|Copy|Print|Compress] the file {title}",
    "[Pay|Transfer] {a} dollars to {name}",
    "[Track|Where is] my [package|order|delivery]?",
    "[Find|Recommend|Suggest] [a good movie|a podcast|a book|something to watch][| for tonight]",
    "[Write|Compose] [a poem|a song|an essay|a haiku] about {subject}",
    "[Scan|Fix|Debug|Run] [this code|the script|my laptop for viruses]",
    "[How tall|How old] is {name}?",
    "[Increase|Lower|Mute] the [volume|brightness]",
    "[Connect|Pair] [my headphones|to the wifi|the speaker]",
    "[Find|Show me] [recipes|a recipe] [for|with] [lasagna|chicken and rice|lentils]",
    "[What time|What day] is it [in {city}|now]?",
    "[How far|How long] is [the moon|a marathon|the Nile]?",
    "[Is|Was] [the bank|the pharmacy|the gym] open [today|on Sunday]?",
    "[Open|Launch|Quit] [Spotify|the browser|Photoshop|the camera app]",
    "[Thanks|Thank you|Good morning|Hello|Never mind][|!| so much]",
    "[Water|Feed|Walk] the [plants|dog|cat] [for me|now]",
)  # fmt: skip


def refusal(draw: Draw) -> str:
    """A request, as it stands."""
    return draw.say(
        *REQUESTS,
        city=draw.own(CITIES),
        subject=draw.own(SUBJECTS),
        good=draw.own(GOODS),
        name=people.named_person(draw).text,
        title=things.title(draw),
        a=str(draw.rng.randint(2, 99)),
        b=str(draw.rng.randint(2, 99)),
        hour=draw.pick(("6", "7", "6:30", "eight", "7:15")),
    )
