"""Talk that needs no tool: greetings, thanks, small talk, news, feelings, opinions, what-ifs and questions about the assistant.

Templates are those of `desk.draw`: `[a|b]` is a choice, `{slots}` are filled from `no_tool_words`; `{topic2}` is another entry of the same pool,
`{Topic}` one with a capital. A part of the phrasings of a kind belongs to one split. `no_tool_tasks` has the requests to do something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """One kind of request, and how often it comes.

    `says` are whole requests or statements; `deeds` go on behind "Can you" and its like. A sentence of `before` or `after` may stand around both.
    """

    says: tuple[str, ...] = ()
    deeds: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    weight: float = 1.0


_MANNERS = (
    "[leave a party early|read at the dinner table|correct a friend's grammar|ask about someone's salary|give away a gift I received|bring a dog to a picnic"
    "|cancel dinner on the same day|eat dessert first|hum along at a concert|skip the small talk|recline my seat on a short flight"
    "|borrow an umbrella and keep it|split the bill on a first date|wear sneakers to a wedding|talk during a movie|take the last cookie]"
)
_CONSEQUENCES = (
    "[what would you miss most|would people be happier|who would notice first|what would be the first new rule|would that be good or bad|what would we eat"
    "|what would children do all day|would anybody still go to work|what would the neighbors say|what would we talk about]"
)

TALK: Mapping[str, Kind] = {
    "greeting": Kind(
        weight=0.7,
        says=(
            "[Hi|Hello|Hey|Hey there|Hi there|Hello there][, how are you[| today| doing]?|, how is it going?|! How are things?|, how was your night?]",
            "Good [morning|evening|afternoon]! [How are you[| doing][| today]?|I hope you are well.|Ready for another day?|Nice to talk to you again.]",
            "[Hi|Hello|Hey], it's me again, {name}[.|!]",
            "[Hi|Hello|Hey], my name is {name}[. Nice to meet you.|, nice to meet you!|, and I really like {like}.]",
            "[Hi|Hello], I'm {name}. I'm new here and just wanted to [say hi|introduce myself].",
            "Greetings from [my kitchen|a rainy balcony|a very slow train|my hotel room|the office|the waiting room|a sunny garden]!",
            "Hey, I'm back from [lunch|the store|the gym|my vacation|a job interview|a long meeting|the dentist|the airport|my French class]. "
            "[Did you miss me?|How have you been?|It feels good to sit down.]",
            "What's up? I'm just [sitting on the train|waiting for my pizza|watching the rain|drinking coffee|taking a break from work] and thought "
            "I'd say hello.",
            "[Hi|Hello], {name} here. [Nothing urgent|No request today|No homework today], I just wanted to say [hello|good morning|hi].",
            "How have you been since [our last chat|we last talked|my last visit]?",
            "[Hi|Hello|Hey]! {name} and {name2} say hello [from the beach|from the office|from our new apartment|to you] too.",
            "Happy [Monday|Friday|New Year|Sunday|first day of spring]! I hope you're having a good one.",
        ),
    ),
    "thanks": Kind(
        weight=0.8,
        says=(
            "[Thanks|Thank you|Thank you so much|Thanks a lot|Many thanks] for the {help}, that was [exactly what I needed|very "
            "helpful|perfect|really quick][!|.]",
            "The {help} you gave me {when} [saved the day|made my life easier|helped a lot]. [Thank you!|I owe you one.|Thanks again.]",
            "I showed the {help} to {who} and we both say thank you.",
            "You're the best, thanks again for the {help}[!|.]",
            "I [really |]appreciate the {help}. You're [very kind|a star|a great help|good at this].",
            "[Great|Good|Nice] job with the {help}[!|, I'm impressed.|, keep it up!]",
            "[Wow|Oh], that was fast. Thank you for the {help}!",
            "[Okay|Perfect|Great|Lovely], thanks[ a lot|], that [makes sense|is all I wanted to know|clears it up|was quick].",
            "Thank you for being so patient with all my questions about the {help}.",
            "Without your {help} I would have been lost {when}, so thank you.",
            "I just want to say thank you for all the help {when}, {who} is [very happy|impressed|grateful] too.",
            "I used your {help} {when} and everything went [smoothly|well|better than expected], so I came back to say thank you.",
            "No question today, only a thank you for the {help} from me and {who}.",
            "Thanks to you I {did}. [I couldn't have done it alone.|You were a big help.|I won't forget it.]",
        ),
    ),
    "closing": Kind(
        weight=0.8,
        says=(
            "[Forget about|Forget|Never mind] the {help}, [I've got all I need|{who} took care of that|that can wait|I changed my mind|we'll talk "
            "about that another day].",
            "No need for the {help} anymore, [thanks anyway|I'm good now|I'll manage without|we decided against it].",
            "That's all for today, [goodbye|bye|good night|see you tomorrow][!|.| and take care.]",
            "I have to go now, it's time for {event}.",
            "[Good night|Bye|See you later|Talk to you tomorrow], [thanks for the {help}|I'm off to bed|dinner is ready|my train is here|{who} is at "
            "the door][.|!]",
            "Please don't look anything up, I only wanted to say [good night|goodbye|hello].",
            "I already found the {help} [myself|on my own|in an old email|in a drawer], so you can take a break.",
            "[Okay|Alright], enough about the {help}. Let's talk again [tomorrow|next week|another time].",
            "I'm logging off now, I still have to [feed the cat|walk the dog|pack my bags|do the dishes|water the plants|call my mother|fold the laundry].",
            "You can stop there, the {help} can wait until [tomorrow|Monday|next week].",
            "I'm off to bed now, {event} is tomorrow and I need my sleep.",
            "I was going to ask for the {help}, but {who} has already told me everything.",
            "It turns out that I didn't need the {help} after all, I had it [in my notes|in my head|on paper] the whole time.",
            "Cancel that, I remembered the answer myself while making [coffee|tea|dinner].",
            "Let's stop here for today, my [eyes|feet|kids] need a rest and so do you.",
        ),
    ),
    "small_talk": Kind(
        weight=1.2,
        says=(
            "I [really love|love|enjoy|simply adore] {like}[.|, even if {who} laughs at me.|, and I'm not ashamed to admit it.|, I always have and I "
            "always will.]",
            "There is nothing better than {like} [on a Sunday|after a long day|when the week is over|when nobody is watching].",
            "My idea of a perfect [evening|Sunday|day off] is {like}[, with no phone in sight.|, followed by a long nap.|.| and then {like2}.]",
            "{Who} can't stand {like}, but I can't get enough.",
            "I was [talking|chatting] with {who} about {taste} {when}, and we [laughed a lot|could not agree at all|talked for hours].",
            "Did you know that I have never [liked|understood|cared for] {taste}?",
            "I have a [soft spot|weakness] for {taste}, [always have|I blame {who}|and so does {who}].",
            "I must confess that I don't care for {taste} at all.",
            "It's [raining|snowing|sunny|foggy|windy] outside and I'm [drinking tea|reading|cooking|doing nothing at all|listening to the radio]. "
            "[Life is good.|I could stay like this forever.|I don't mind at all.]",
            "Everybody [at work|in my family|in my class|on my street] keeps talking about {taste}, [and I just nod|it makes me smile|I don't get it].",
            "When I was little, I thought {taste} were [magic|only for adults|the best thing in the world|invented by my grandfather].",
            "Funny how {taste} always remind me of {who}.",
            "{Who} gave me a long talk about {taste} {when}, and I just smiled and nodded.",
            "I'm in the mood for {like}, [so don't wait for me|and nobody can stop me|it's been a long week].",
            "Some people collect stamps, I think about {taste} [all day|in the shower|while doing the dishes].",
        ),
        after=(
            "{Who2} says I'm hopeless.", "Don't ask me why.", "I wanted to tell that to someone who doesn't roll their eyes.",
            "That's just how I am.", "It runs in the family.", "But enough about me.", "{Who2} is exactly the same.", "I could go on for hours.",
            "You probably think that's odd.",
        ),
    ),
    "news": Kind(
        weight=1.2,
        says=(
            "I {did} {when}[!|.]",
            "Guess what, I {did} {when}!",
            "I just {did}[!|, and I'm so excited!|. I had to tell someone.| and it feels great.]",
            "I can't believe that I [finally|actually] {did}[.|!]",
            "{When} I {did}, [and I'm still smiling|which I never thought I would do|and {who} is so proud|and nobody believes me].",
            "You won't believe it: {when} I {did}, and then I {did2}.",
            "After [weeks|months|years] of putting it off, I finally {did}.",
            "[Good|Great|Happy|Exciting|Big] news: I {did}!",
            "I {did} {when} and [then slept for ten hours|celebrated with cake|called {who} right away|bought myself flowers|did a little dance].",
            "Just so you know, I {did} {when}.",
            "I [wanted to tell|just want to tell|have to tell] you that I {did}. [No question, I'm just happy.|You're the first to know.|That's all.]",
            "Small win of the day: I {did}.",
            "{Who} said I would never manage it, but I {did} {when}.",
            "I'm writing this down so I never forget it: {when} I {did}.",
        ),
        after=(
            "{Who2} brought cake and we laughed about it for hours.", "It feels better than I thought.",
            "There's nothing you need to do, I just wanted to share it.", "I'll tell my grandchildren about it one day.",
            "{Who2} took far too many pictures.", "Tomorrow I'll do nothing at all.", "I owe {who2} a coffee for that.",
            "My hands are still shaking.", "Now I need something new to dream about.", "{Who2} cried a little.",
        ),
    ),
    "settled": Kind(
        says=(
            "{Settled}, so [now I can relax|there is nothing left to do|I'm just enjoying the evening|I can finally sit down|I have no worries today].",
            "{Settled} and {settled2}. What a [productive|good|lucky] day!",
            "It's good to know that {settled}.",
            "I'm [so glad|happy|relieved|pleased] that {settled}[.|!| and that {settled2}.]",
            "No help needed this time, {settled}.",
            "Luckily {settled}, so you can put your feet up.",
            "You don't have to search for anything, {settled}.",
            "{Who} will be happy to hear that {settled}.",
            "Now that {settled}, I think I deserve [a nap|a cup of tea|some cake|a quiet evening|a round of applause].",
            "I don't need anything today, {settled}, and I'm {happy}.",
            "I was worried for nothing: {settled} and {settled2}.",
            "I told {who} that {settled}, and now we're both {happy}.",
        ),
        after=(
            "It feels good to have one thing less to think about.", "I'm going to sit on the balcony and do nothing for the rest of the day.",
            "{Who2} did most of the work, I only made the coffee.", "So let's just chat.", "I hardly know what to do with all this time.",
            "{Who2} was a great help.", "Feels like a vacation.",
        ),
    ),
    "feeling": Kind(
        says=(
            "I'm {happy} because {glad}.",
            "I feel {happy} today, just because {glad}.",
            "{Glad}, and I could [hug the whole world|dance|sing|cry happy tears].",
            "I'm {unhappy} because {low}.",
            "I feel {unhappy} today. [I guess it's because|Maybe it's because|Probably because] {low}.",
            "{Low}, so I'm {unhappy}[.|, but I'll be fine.|. I just needed to say it.]",
            "[Ugh|Oh well|Oh no|Sigh], {low}. [I just need someone to listen.|I don't need a solution, I only wanted to complain.|Tomorrow will be better.]",
            "{Low}. It was [just |]one of those days.",
            "I was {unhappy} this morning because {low}, but now {glad}.",
            "I can't stop smiling because {glad}[.|!]",
            "What a [day|morning|week]! {Glad} and {glad2}.",
            "It's silly, but I'm {happy} just because {glad}.",
            "{Low}, {low2}, and still I'm {happy}. Strange, isn't it?",
        ),
        after=(
            "That's all I wanted to say.", "You don't have to fix anything, it just feels good to say it.", "{Who} would understand.",
            "Does that ever happen to you?", "{Who} says it's the weather.", "I'll have a cup of tea now.", "Funny how small things matter.",
            "I didn't want to bother {who} with it.",
        ),
    ),
    "comfort": Kind(
        deeds=(
            "say something [nice|kind|calming|encouraging] to me before {event}",
            "wish me luck for {event}",
            "give me a [short|quick|silly|serious] pep talk before {event}",
            "tell me that {event} will go well",
            "cheer me up with [one sentence|a kind word|a few nice words]",
            "tell me why I can be proud that I {did}",
        ),
        says=(
            "I'm [nervous|worried|scared] about {event}. [Any kind words?|Say something nice, please.|Please tell me it will be over soon.]",
            "{Event} is tomorrow and I can't sleep. Say something calming.",
            "Do you think {event} will go well? I have a good feeling.",
            "Keep your fingers crossed for {event}[!|, please.]",
            "I could use [a kind word|a little encouragement|a virtual hug] today, {low}.",
            "Cheer me up a little, {low} and I have to smile again before {event}.",
            "I need some encouragement because {low} and {event} is [tomorrow|next week].",
        ),
        before=(
            "I barely slept last night and my hands are shaking.", "I've prepared for weeks, and now my head is empty.", "{Low2}.",
            "{Who} is out of town, so you'll have to do.", "I know it's silly.", "{Who} told me to breathe, but that's not enough.",
        ),
        after=(
            "A sentence or two is enough.", "Be gentle.", "I'll read it on the bus.", "{Who} usually does that, but nobody picks up the phone.",
            "You're good at this.", "I promise to do the same for you.",
        ),
    ),
    "opinion": Kind(
        weight=1.2,
        says=(
            "Which do you prefer, {pair}?",
            "{Pair}, what would you pick and why?",
            "If you had to choose, would it be {pair}? And what about {pair2}?",
            "What do you [think about|make of] {taste}[?| and {taste2}?]",
            "Do you [like|enjoy|understand] {taste}?",
            "Be honest, are {taste} overrated?",
            "Are {taste} [worth the fuss|as good as people say|still in fashion in your opinion]?",
            "Why do you think people [love|hate|keep talking about] {taste}?",
            "Do you agree that {taste} are [a waste of time|underrated|the best invention ever|more trouble than they're worth]?",
            "I say {taste} are [overrated|underrated|wonderful], {who} says the opposite. Who is right?",
            "Is it [weird|silly|strange] that I [love|can't stand|secretly like] {taste}?",
            f"Do you think it's [okay|rude|weird] to {_MANNERS}?",
            "In your opinion, what makes {taste} so [popular|annoying|charming]?",
            "I'm [curious about|interested in] your opinion on {taste}.",
            "I want to know what you think of {taste}, and please be honest.",
            "{Who} and I can't agree: {pair}? You decide.",
            "Are there any good arguments against {taste}? I can't think of one.",
        ),
        before=(
            "I had a long discussion with {who} {when}.", "You can't see me, but I'm raising an eyebrow.", "Here's a question from our dinner table.",
            "{Who} started it.", "Promise not to laugh.", "I changed my mind about this three times.",
        ),
        after=(
            "There is no right answer, I just want to hear your view.", "{Who} gets really angry about this.", "I won't hold it against you.",
            "We have been talking about this for a week, and nobody wants to give in.", "{Who} won't tell me.", "Please pick a side.",
            "I trust your taste.", "It's only between us.",
        ),
    ),
    "hypothetical": Kind(
        says=(
            "What would happen if {hypo}?",
            f"If {{hypo}}, {_CONSEQUENCES}?",
            f"Imagine that {{hypo}}: {_CONSEQUENCES}?",
            "Would you rather {rather} or {rather2}?",
            "Settle this for us: is it better to {rather} or to {rather2}?",
            "{Who} and I keep arguing about this: what if {hypo}?",
            "Just for fun: what if {hypo} and {hypo2}?",
            "Would {taste} still exist if {hypo}?",
            "What would you do if {hypo}[?| and nobody else knew?]",
            "Would you agree to {rather} if you could also {rather2}?",
            "I'm curious: would anyone choose to {rather}?",
        ),
        before=(
            "Here's a question from our dinner table.", "My kids came up with this one.", "I couldn't sleep last night because of this.",
            "{Who2} asked me that {when}.", "Let's talk nonsense for a minute.",
        ),
        after=(
            "Let your imagination run wild.", "There's no wrong answer.", "{Who2} gave me a very strange answer.", "One or two ideas are enough.",
            "I would, I think.", "{Who2} thinks it would be awful.",
        ),
    ),
    "assistant": Kind(
        says=(
            "Are you a [human|person] or a [robot|machine|computer]?",
            "Who [made|built|trained] you, and [did they give you a name|do you like it here|are you proud of it|do you miss them]?",
            "Do you ever get tired of [talking|hearing|answering questions] about {taste}?",
            "Do you [dream|sleep|get bored|get lonely] when nobody is typing?",
            "What should I call you, [and may I pick a nickname|or do you have no name|and what do your friends call you]?",
            "Do you have a favorite [plug-in|word|color|season|kind of question], or [are they all the same to you|is that a silly question]?",
            "Do you need a plug-in to talk about {taste}?",
            "Are you better at [poems or puns|jokes or riddles|listening or talking|grammar or small talk]?",
            "How can you [have an opinion on|talk about] {taste} if you have never seen any?",
            "Do you mind if I ask you silly questions about {taste}?",
            "Is it okay if I just chat with you for a while [about {taste}|because {low}|until my bus comes]?",
            "You're [smarter|funnier|more patient|nicer] than I expected. Do you hear that often?",
            "Can you have feelings about {taste}?",
            "Would you like to be human for a day and try {like}?",
            "What is it like to be [a chatbot|an assistant|a computer program] that [never sleeps|reads all day|gets asked about {taste}]?",
            "Do you know the difference between [right and wrong|me and {who}|a joke and a lie]?",
            "Please answer [more briefly|in full sentences|a bit more cheerfully|without lists] from now on.",
            "How do you decide when to use a plug-in and when to just talk?",
            "Are you allowed to [tell jokes|disagree with me|say no|have a bad day|keep a secret]?",
            "What do you do when you don't know [the answer|what to say|whether I'm joking]?",
            "Was it hard to learn all those things about {taste}?",
            "Please call me {name} from now on, and don't be so formal.",
            "I've been talking to you more than to {who} lately. Should I be worried?",
            "If someone asks you for the {help}, are you ever tempted to [make something up|say no|answer with a song]?",
            "I like how you [explain things|never lose your patience|answer so politely|talk about {taste}].",
        ),
        before=(
            "I've been wondering about this since we started talking.", "{Who} asked me to ask you something.", "May I say something?",
            "I hope you don't mind.",
        ),
    ),
}  # fmt: skip
