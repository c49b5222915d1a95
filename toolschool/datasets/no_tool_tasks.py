"""Tasks that need no tool: verses, notes, slogans, other words for a short text, everyday explanations, names, roles, common sense.

Templates as in `no_tool_talk`. What is asked for can be made up, or is in the request or in everybody's head.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolschool.datasets.no_tool_talk import Kind

# What stands before and behind a deed, and how often. A deed that ends with a quotation gets no end.
ASKS: Mapping[tuple[str, str], float] = {
    ("can you ", "?"): 20, ("could you ", "?"): 6, ("could you please ", "?"): 8, ("can you please ", "?"): 5, ("please ", "."): 10, ("", "."): 14,
    ("", ", please."): 5, ("I'd like you to ", "."): 5, ("I want you to ", "."): 5, ("I need you to ", "."): 3, ("would you please ", "?"): 4,
    ("just for fun, ", "."): 3, ("I was wondering if you could ", "."): 4, ("could you kindly ", "?"): 2, ("is it possible for you to ", "?"): 2,
}  # fmt: skip

_ACTS = (
    "[greet me|introduce yourself|tell me about your day|complain about {topic}|give a short speech about {taste}|argue with me about {taste}"
    "|describe your perfect Sunday|praise {taste}|give me a warm welcome|say good night]"
)
_CALLED = "[Biscuit|Pepper|Thunder|Pickle|Marble|Captain Oats|Cinnamon|Velvet|Sir Drizzle|Pocket|Bramble|Noodle]"

TASKS: Mapping[str, Kind] = {
    "verse": Kind(
        weight=1.3,
        deeds=(
            "write {form} about {topic}",
            "write {form} about {taste}",
            "make up {form} about {topic} for {who}",
            "write a {mood} poem about {topic}",
            "write a {mood} poem in {few} lines about {topic} and {topic2}",
            "write the first [line|sentence] of a [novel|story] about {topic}",
            "make up a tongue twister about {topic}",
            "describe {topic} in one [poetic|short|funny|dramatic] sentence",
            "tell me a [silly|short|clean] joke about {taste}",
            "make a pun about {topic}",
            "tell me a two-sentence story about {role}",
            "write a tiny dialogue between {role} and {role2}",
            "invent a proverb about {topic}",
            "write a love letter to {taste} in {few} sentences",
        ),
        says=(
            "I need {form} about {topic} for a {card}.",
            "I'd love {form} about {topic}, as {mood} as you like.",
            "[Two|Four] lines about {topic}, please, and make them rhyme.",
            "Surprise me with {form} about {topic}.",
            "I'm looking for {form} about {topic}, [made up by you|in your own words|fresh from your imagination].",
        ),
        before=(
            "I'm putting together a little book for {who}.", "We have an open-mic night and I need something to read.",
            "I've been staring at a blank page all evening.", "{Who} is feeling down, so I want to send a smile.",
            "{Who} and I are having a writing contest.", "I always wanted to be a poet.",
        ),
        after=(
            "Keep it [light|simple|short|friendly].", "Nothing too long, please.", "It's for {who}.", "No facts needed, just make it up.",
            "Please don't use the word love.", "It should make {who} smile.", "I want to read it out loud at dinner.",
            "{Who} bet me that you can't do it.", "I'll print it and hang it over my desk.", "Whatever comes to mind is fine.",
        ),
    ),
    "message": Kind(
        weight=1.1,
        deeds=(
            "write a [short|warm|simple] note to {who} saying thanks for {favor}",
            "write {few} sentences thanking {who} for {favor}",
            "write a [quick|short|friendly] message to {who} apologizing for {fault}",
            "write a line for a {card} to {who} about {joy}",
            "write a two-line toast to {who} for {joy}",
            "help me say sorry to {who} for {fault}",
            "come up with a [silly|creative|believable] excuse for {fault}",
            "word a polite no to {who}, who wants [to borrow my car|me to move the piano|to stay for a month|to borrow money again]",
        ),
        says=(
            "What should I write in a {card} for {who}? It's about {joy}.",
            "How do I thank {who} for {favor} without sounding [stiff|cheesy|too formal]?",
            "What's a nice way to congratulate {who} on {joy}?",
            "I feel bad about {fault}. How can I apologize to {who} in one sentence?",
            "I need a [funny|warm|short] line for a {card} to {who}, it's about {joy}.",
            "How do I politely turn down a dinner invitation from {who}?",
            "I'm looking for the right words to thank {who} for {favor}.",
        ),
        after=(
            "Don't make it too formal.", "I'll copy it by hand.", "Two sentences are enough.", "It should sound like me, so nothing fancy.",
            "We don't see each other often, so it should be warm but not too personal.",
        ),
        before=(
            "I'm terrible at finding the right words.", "I've been putting this off for a week, and now it's getting embarrassing.",
            "I bought a nice card, but it's empty.", "I'm sitting here with a pen and no ideas.", "I never know what to say.",
        ),
    ),
    "slogan": Kind(
        deeds=(
            "[write|come up with|think of|make up] a [catchy|funny|short|clever|simple] slogan for {business}",
            "give me {few} [taglines|mottos] for {business}",
            "write a one-line sign for {business}",
            "write a [short|friendly|funny] welcome sentence for the website of {business}",
            "describe {business} in one [cheerful|honest|poetic] sentence",
            "make up a two-line jingle for {business}",
            "think of a [funny|proud] motto for {business} that [rhymes|a child can remember|fits on a mug]",
        ),
        says=(
            "I need a [motto|slogan|tagline] for {business}, [no more than {many} words|something that rhymes|nothing too serious].",
            "What would be a good motto for {business}?",
            "Any idea for a [slogan|motto|jingle] for {business}?",
            "{Who} is starting {business} and needs a [catchy|short|funny] motto.",
            "I'm looking for a [catchy|funny|simple] motto for {business}, [just words, no design|it should fit on a mug|ideally one that rhymes].",
        ),
        before=(
            "{Who} asked me for help and I have no ideas left.", "We are painting the sign this weekend.",
            "I'm starting next month and I'm full of energy.", "My last three ideas made everyone yawn.", "{Who} laughed at my first try.",
            "I have a name but no words to go with it.",
        ),
        after=(
            "{Many} words at most.", "It should be easy to remember.", "Make it sound {mood}.", "We want people to smile when they walk past.",
            "{Who} will judge it.", "No puns, {who} hates them.", "Simple words only.",
        ),
    ),
    "rewrite": Kind(
        weight=0.7,
        deeds=(
            'make this sound [more polite|friendlier|softer|less harsh|a little warmer]: "{sentence}"',
            'say this [more politely|in a nicer way|in a more casual way|like a pirate|like a poet]: "{sentence}"',
            'rewrite this so that nobody is offended: "{sentence}"',
            'turn this into something a person would like to hear: "{sentence}"',
            'soften the tone of this message: "{sentence}"',
            'give me a kinder version of this sentence: "{sentence}"',
        ),
        says=(
            'I want to say this: "{sentence}" How can I put that [more gently|with more tact|without being rude]?',
            '"{sentence}" Is that too rude to say [out loud|to a colleague|to a friend]?',
            'My note says: "{sentence}" Can that be said in a friendlier way?',
            'How would a very polite person say this: "{sentence}"',
            'I need a [polite|friendly|gentle] version of this sentence: "{sentence}"',
        ),
        before=(
            "I wrote this in a hurry and I was a little angry.", "I have to say this in ten minutes and I don't want a fight.",
            "{Who} says I'm too direct.", "I'm not good at being diplomatic.", "I may have been too honest here.",
            "{Who} told me to count to ten first.",
        ),
    ),
    "shorten": Kind(
        weight=0.6,
        deeds=(
            'shorten this sentence: "{longer}"',
            'put this in fewer words: "{longer}"',
            'say this in [one short sentence|ten words or less|half as many words]: "{longer}"',
            'cut this down to a [text message|headline|short note]: "{longer}"',
            'make this sentence [simpler|easier to read|less wordy]: "{longer}"',
            'tell me the main point of this sentence: "{longer}"',
        ),
        says=(
            '"{longer}" Can you say that in [{many}|seven] words?',
            'This sentence is too long: "{longer}" What would you cut?',
            'How can I say this more simply? "{longer}"',
            'I want a shorter version of this: "{longer}"',
        ),
        before=("I always write too much.", "{Who} says nobody will read this.", "There is hardly any room left on my postcard."),
    ),
    "translate": Kind(
        weight=0.4,
        deeds=(
            'say "{phrase}" in {language} from memory',
            'say "{phrase}" in {language} and in {language2}, off the top of your head',
            'repeat "{phrase}" in {language} like an echo',
        ),
        says=(
            '[From memory|Off the top of your head|Without looking it up], [how do you say|what is] "{phrase}" in {language}?',
            'You [surely|probably] know this one by heart: "{phrase}" in {language}?',
            'I bet you can say "{phrase}" in {language} without [any help|looking it up].',
            'Just between us and without a dictionary, what is "{phrase}" in {language}?',
            'Do you know "{phrase}" in {language} by heart? {Who} [wants to hear it|doesn\'t believe it].',
        ),
        before=("I'm just testing you.", "We're playing a game at dinner and you are on my team.", "{Who} and I have a bet."),
    ),
    "explain": Kind(
        weight=1.2,
        deeds=(
            "explain {idea} to {listener}",
            "tell me in [simple words|one sentence|two sentences] {idea}",
            "explain {idea} [in plain English|with a simple example|as if I were five|in under thirty words]",
            'explain the saying "{idiom}" to {listener}',
            'explain the word "{word}" to {listener} without using the word itself',
        ),
        says=(
            "I've always wondered {idea}. [Do you know?|Can you tell me in a sentence?]",
            "Do you know {idea}?",
            "My [daughter|son|nephew|little cousin] asked me {idea}. [What should I say?|How would you put it?]",
            'What does the saying "{idiom}" mean?',
            'When would I use the expression "{idiom}"?',
            "[What's|What is] the difference between {difference}?",
            "Is there [really |]a difference between {difference}?",
            "I keep mixing up {difference}. [What's the trick?|Which is which?|How do I tell them apart?]",
            'How would you explain the word "{quality}" to {listener}?',
            'Someone told me "{idiom}" {when}. Was that a compliment or a complaint?',
        ),
        before=(
            "This came up in a conversation {when} and I just nodded.", "I'm too embarrassed to ask my friends.",
            "I learned English at school, but some things never came up.", "{Who2} tried to explain it to me and gave up.",
            "I should know this by now.", "{Who2} and I disagree.",
        ),
        after=(
            "A short answer will do.", "Please don't make it sound like a textbook.", "{Who2} laughed when I asked, so be kind.",
            "I promise to remember it this time.", "No links, just your own words.", "{Who2} would like to know too.",
        ),
    ),
    "wording": Kind(
        deeds=(
            'give me {few} [synonyms for|words that mean the same as] "{quality}"',
            'use the word "{word}" in a sentence about {topic}',
            'give me {few} words that rhyme with "{word}"',
            'think of {few} adjectives that go well with "{word}"',
            'make a sentence with the words "{word}" and "{quality}"',
            "write a sentence about {topic} without the letter [e|a|o]",
            'provide me with {few} simple words for "{quality}"',
        ),
        says=(
            'What [rhymes|would rhyme] with "{word}"?',
            'What is the opposite of "{quality}"?',
            'Which sounds [nicer|stronger|friendlier] to you, "{quality}" or "{quality2}"?',
            'Does "{word}" rhyme with "{word2}"?',
            'Is there a [nicer|stronger|simpler] word for "{quality}"?',
            'Which comes first in the alphabet, "{word}" or "{word2}"?',
            'I need a word that is stronger than "{quality}" but not rude.',
            'I\'m looking for a word that rhymes with "{word}" for a {card}.',
        ),
        before=(
            "I'm writing a letter by hand and got stuck.", "I'm working on a song and I'm stuck on one line.",
            "I keep using the same words in my diary.", "{Who} and I are playing a word game.",
        ),
    ),
    "names": Kind(
        deeds=(
            "[suggest|think of|come up with|make up|brainstorm] {many} names for {named}",
            "[suggest|invent|think of] a [silly|noble|short|cute|funny] name for {named}",
            "name {named} after [a cheese|a planet|a season|a spice|a river|a dessert]",
            f"pick the better name for {{named}}: {_CALLED} or [Lady Marmalade|Socks|Turbo|Professor Bean|Clover]",
            "brainstorm {many} names for {business}",
            "help me find a name for {named}",
        ),
        says=(
            "What would you call {named}?",
            "I need a name for {named}[.|, something [short|funny|elegant|old-fashioned].]",
            "{Who} and I can't agree on a name for {named}. Any ideas?",
            "What's a good name for {business}?",
            f"Is {_CALLED} a good name for {{named}}?",
            "I'm looking for a [funny|short|pretty|proud] name for {named}.",
        ),
        before=(
            "We've been arguing about this at dinner for three days now.", "I'm hopeless at naming things.",
            "I wrote a whole list and I hate every single one of them.", "{Who} gave me this task.",
        ),
        after=(
            "It should sound {mood}.", "Bonus points for puns.", "Please, no numbers.", "The sillier the better.",
            "{Who2} has the last word, but I want a good list.", "Something that's easy to shout.", "{Who2} wanted to call it Bob.",
        ),
    ),
    "roleplay": Kind(
        deeds=(
            f"pretend [to be|you are] {{role}} and {_ACTS}",
            "talk like {role} for the next {few} sentences",
            f"act like {{role}} and {_ACTS}",
            f"be {{role}} for a minute and {_ACTS}",
        ),
        says=(
            "Let's play a game: you are {role} and I'm {role2}. You start.",
            f"You are {{role}}. Now {_ACTS}.",
            "What would {role} say about {taste}?",
            "How would {role} complain about {topic}?",
            "If you were {role}, how would you introduce yourself to {who}?",
            "I'd like to hear what {role} thinks about {taste}.",
        ),
        before=("We're having a silly evening.", "My kids are listening, so keep it friendly.", "{Who} needs cheering up.", "Let's have some fun."),
        after=(
            "Stay in character.", "Keep it short.", "I'll try not to laugh.", "{Who} is listening too, so give it your best.",
            "Don't break character, even if I ask about {topic2}.", "Make me laugh.",
        ),
    ),
    "common_sense": Kind(
        weight=1.2,
        says=(
            "[|Quick question: |Here's an easy one: |Common sense check: |My [son|niece] wants to know: |This may sound silly, but I'm curious: ]{sense}",
            "Which is heavier, [{heavy} or {light}|{light} or {heavy}]?",
            "Would {heavy} fit into [a shoebox|a handbag|a coat pocket|an envelope|a lunch box]?",
            "Could a child lift [{heavy}|{light}] with one hand?",
            "What do people [usually|normally|mostly] use {object} for?",
            "Would I find {object} in a kitchen, in an office, or in a garden?",
            "Which would be more useful [on a rainy day|at the airport|in the kitchen|at school|in a blackout|on a camping trip], {object} or {object2}?",
            "Is {object} something you can eat?",
            "Which is easier to carry up the stairs, [{heavy} or {light}|{light} or {heavy}]?",
            "Could I still use {object} [under water|during a power outage|if I painted it blue]?",
            "If I have {object} and {object2} and give you {object}, what do I have left?",
            "I want to hide {light} in my hand. Would {heavy} work as well?",
            "Is it easier to lose [{light} or {heavy}|{heavy} or {light}]?",
        ),
        before=(
            "My kids won't stop debating this at breakfast.", "I'm making a quiz for little children.", "I want to see if you're paying attention.",
            "{Who} got this wrong.", "Don't laugh.", "Let's warm up with something simple.",
        ),
        after=(
            "I have a bet with {who}.", "One word is enough.", "Don't overthink it.", "{Who} says it's a trick question.",
            "I only need a short answer.", "No need to look that up.",
        ),
    ),
    "given": Kind(
        weight=1.2,
        says=(
            "{Name} is flying to {city} and {name2} is taking the train to {city2}. Who is on the plane?",
            "It's raining in {city} and sunny in {city2}. Where would I need [an umbrella|sunglasses]?",
            "My hotel in {city} costs twice as much as the one in {city2}. Which one is [cheaper|more expensive]?",
            "{Name} works as {job} and wants to become {job2}. What does {name} do at the moment?",
            "We ate sushi in {city}, pizza in {city2} and nothing at all in {city3}. Where did we go hungry?",
            "{Name} bought {object}, and {name2} only looked at {object2}. Who spent money?",
            "The apartment in {city} has a balcony, the one in {city2} has a garden. Where could I plant a tree?",
            "{Name} moved from {city} to {city2} last year. Where does {name} live now?",
            "{Name} beat {name2} at [chess|tennis|cards|checkers] {when}. Who lost?",
            "The concert in {city} was canceled, the one in {city2} was not. Where can I hear music?",
            "I lent {object} to {name}, who gave it to {name2} {when}. Who has it now?",
            "{Name} paid the rent, {name2} forgot about it. Whose landlord is happy?",
            "{Name} applied for a job as {job} and {name2} as {job2}. Who wants to be {job}?",
            "I read the news in the morning, {name} listens to podcasts, and {name2} does neither. Who reads?",
        ),
        before=("Let's see if you can follow me.", "Read this carefully.", "{Who} couldn't answer this.", "Here's a little puzzle."),
        after=("I only need a short answer.", "It's not a trick.", "One word is enough.", "{Who} got it right away."),
    ),
}  # fmt: skip
