"""What requests that need no tool are about: topics, people, occasions, short texts, words; each entry belongs to one split.

    owned("topic", "train")     # the entries that the split may use

`{topic}` in a phrasing of `no_tool_talk` and `no_tool_tasks` takes an entry of POOLS["topic"], `{topic2}` another one. Many entries name what
plug-ins serve (weather, money, travel, recipes), in ways that ask them for nothing. COMMON is everybody's. Names of pools say the form:
`did` goes on with "I ...", `hypo` with "if ...".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from toolschool.datasets.desk.people import FIRST

Pool = tuple[str, ...]
LEAST = 5  # entries of a pool that validation has at least


def _pool(entries: str) -> Pool:
    """Entries between semicolons, line breaks and blanks joined."""
    return tuple(" ".join(entry.split()) for entry in entries.strip().rstrip(";").split(";"))


# Plurals that everybody has a view on, no data needed.
TASTES = _pool("""
    hotel breakfasts; window seats; paper maps; rainy Sundays; board games; thank-you notes; voice messages; airport carpets; vinyl records; long movies;
    superhero movies; sad songs; handwritten recipes; cookbooks; street musicians; morning runs; houseplants; cactus plants; night trains; road trips;
    crossword puzzles; chess players; karaoke nights; book clubs; spoilers; movie trailers; podcasts; paperback books; library cards; flea markets; garage
    sales; gift cards; birthday parties; surprise parties; wedding speeches; potluck dinners; food trucks; fancy restaurants; leftovers; spicy noodles;
    breakfast burritos; cinnamon rolls; cold showers; umbrellas; snow days; thunderstorms; heat waves; foggy mornings; roller coasters; theme parks;
    campfires; tattoos; raincoats; sneakers; bow ties; sunglasses; old photographs; selfies; cat videos; memes; emojis; group chats; video calls; to-do
    lists; pop quizzes; flashcards; footnotes; open offices; standing desks; casual Fridays; business cards; long meetings; job titles; piggy banks;
    coupons; shopping malls; department stores; used cars; electric scooters; bicycles; parking garages; escalators; night markets; museum gift shops;
    guitar solos; musicals; bagpipes; magic tricks; horoscopes; fortune cookies; dice games; trivia nights; newspapers; crowded beaches; guided tours;
    hostels; passport photos; robot vacuums; smart watches; alarm clocks; chatbots; passwords; pie charts; long emails; New Year's resolutions; small dogs;
    parrots; goldfish; lemon candies; penny jars; lawn gnomes; ghost stories; soap operas; quiz shows; weather jokes; holiday sweaters; postcards;
    lullabies; bedtime stories
""")
# What one may write a poem on; asked for facts, some of these would want a tool.
TOPICS = _pool("""
    the stock market; rainy weather; Monday mornings; airport security; job interviews; house hunting; online shopping; tax season; lost luggage; delayed
    flights; street food; slow websites; unread emails; spreadsheets; broken printers; traffic jams; moving day; a friendly landlord; credit cards;
    discount codes; soccer fans; sudoku; a weather forecast that was wrong; the evening news; breaking news; an empty wallet; a coin collection; the first
    snow; autumn leaves; a lighthouse in a storm; the northern lights; a telescope; life on Mars; an astronaut's laundry; an earthquake drill; surfing; a
    long subway ride; speed cameras; an old map; getting lost; foreign coins; new shoes; red lipstick; a bad haircut; late-night gaming; forgotten
    passwords; a lonely robot; commas; bad handwriting; retirement; a first job; office plants; lunch breaks; a coworker who microwaves fish; celebrity
    gossip; election posters; a movie nobody finished; an overdue library book; final exams; research papers; a polite lawyer; the smell of coffee; sushi;
    burnt toast; grandma's apple pie; a recipe gone wrong; counting calories; gym memberships; gift wrapping; a charity run; a parking ticket; a garden in
    spring; the last train home; a hotel room with a view; suitcases; sunscreen; a beach in winter; a guitar with five strings; a song stuck in my head;
    the radio; a chess game between friends; a PDF that will not open; a QR code that leads nowhere; a phone with two percent battery; a calendar full of
    meetings; the word maybe; rent day; the price of coffee; a piggy bank; bargain hunters; an electric car on a hill; a museum at night; a sleepy cat; a
    stubborn donkey; the moon
""")
LIKES = _pool("""
    rainy weather; walking in the rain; the sound of rain on a tent; the first day of snow; long train rides; empty airports late at night; cooking without
    a recipe; cooking for friends; the smell of fresh bread; slow breakfasts; eating noodles at midnight; reading the newspaper on paper; reading in the
    bathtub; old detective novels; the smell of new books; browsing bookstores; listening to jazz while cooking; singing in the car; humming songs from old
    musicals; dancing in the kitchen; playing chess with my grandfather; losing at board games; doing crosswords in pen; looking at the stars; watching
    planes take off; looking at old maps; window shopping; wandering through flea markets; wrapping gifts; writing postcards; collecting foreign coins;
    counting my savings; watching the leaves change color; gardening in the morning; talking to my houseplants; swimming in cold lakes; early morning runs;
    hiking without a plan; getting lost in new cities; hotel pillows; sleeping in on Sundays; afternoon naps; quiet evenings at home; candlelight dinners;
    spicy food; dark chocolate; black coffee; iced tea in summer; cheering for the worst soccer team in town; watching tennis with my mother; rewatching
    old sitcoms; black-and-white movies; going to the movies alone; photographing doors; looking at old family photos; drawing cats; knitting while
    listening to podcasts; fixing old bicycles; driving with the windows down; the smell of gasoline and coffee on road trips; museums on weekday mornings;
    thunderstorms when I am safe inside; making lists and never using them; sharpening pencils; neat spreadsheets; peeling the film off a new phone;
    learning words I will never need; bad puns; foggy mornings by the sea; warm socks; the last week of school; small talk with taxi drivers; watching
    people haggle at the market
""")
PAIRS = _pool("""
    tea or coffee; trains or planes; window seats or aisle seats; summer rain or winter snow; cats or dogs; chess or checkers; crosswords or sudoku;
    podcasts or radio; vinyl or streaming; paper books or e-books; cooking at home or eating out; city apartments or country houses; the mountains or the
    sea; early mornings or late nights; sweet or salty popcorn; phone calls or text messages; comedies or thrillers; cash or cards; sneakers or boots; maps
    or asking for directions; pizza or pasta; cake or pie; camping or hotels; theaters or living room sofas; pens or pencils; gold or silver; soccer or
    tennis; the guitar or the piano; museums or parks; short stories or long novels; road trips or cruises; buses or bicycles; sunrises or sunsets; spring
    or autumn; big parties or small dinners; jazz or rock; saving or spending; gifts or greeting cards; apples or oranges; soup or salad; markets or malls;
    roses or tulips; umbrellas or raincoats; board games or card games; working from home or an office; long emails or short calls; morning news or evening
    news; balconies or gardens; dragons or unicorns; robots or wizards; waffles or pancakes; baths or showers; handwritten letters or postcards; stripes or
    polka dots; lakes or rivers
""")
DID = _pool("""
    finished my thesis; got the job; moved into my new apartment; sold my old car; paid off my student loan; baked my first loaf of bread; watched the
    sunrise from a hotel balcony; canceled my gym membership; deleted four thousand old emails; learned my first guitar chord; beat my dad at chess; solved
    a sudoku without any help; booked our honeymoon; passed my driving test; read a whole book in one day; ran five kilometers without stopping; planted
    tomatoes on the balcony; sent off my tax return; signed the lease; launched my website; wrote the last page of my novel; saw a shooting star; found
    twenty dollars in an old coat; flew in a plane for the first time; read a menu in French all by myself; cooked dinner for twelve people; finished a
    thousand-piece puzzle; fixed the bug that had bothered me all week; recorded my first podcast episode; returned my library books on time; gave my first
    talk in English; adopted a kitten; handed in my resignation; bought my first house; saw my favorite band live; donated my old clothes; taught my
    grandmother how to send a meme; got a haircut; defended my dissertation; scored the winning goal; made my own sushi; went to the dentist and had no
    cavities; watched the last episode of my favorite show; got promoted; voted for the first time; met my future in-laws; swam in the ocean; rode a roller
    coaster; cleaned out the garage; won a board game against my kids; grew my own basil; unpacked the last moving box; got my passport in the mail; found
    my lost keys; finished reading my contract; wrote my first line of code; learned to ride a bike; hung up the last curtain; finished the quarterly
    report; said goodbye to my old landlord; made it to the airport on time; opened my first savings account; planned my week on paper; sang karaoke in
    front of my boss; picked the wedding cake; repaired my own laptop; handed in my last exam; closed my online shop; knitted a scarf for my dog
""")
SETTLED = _pool("""
    we have already booked the hotel; the tickets are on the fridge; my tax return is in the mail; I picked a laptop yesterday; the soup is on the stove;
    the apartment is ours; the car is back from the garage; my resume has gone out; the flights are paid for; the playlist for the party is done; my sister
    chose the restaurant; the birthday gift is wrapped; the report has been printed; the poster is finished; the moving truck is outside; the garden is
    planted; my homework is done; the contract is signed; the dog has been walked; the website is online; I bought the shoes; the movie tickets are in my
    pocket; my suitcase is packed; the invitations are in the mail; the loan is paid back; I have chosen a university; the exam is behind me; the meeting
    is over; our table is reserved; I found a plumber; the slides are ready; the guest room is painted; my brother is bringing the cake; the map is in the
    glove box; the kids are asleep; the groceries are in the fridge; I sold the stocks last year; the interview went well; the landlord fixed the heating;
    the photos are printed; the bike is repaired; the newsletter went out this morning; the crossword is solved; the book has been returned; the parking
    ticket is paid; my visa has arrived; the roof has been fixed; my plants survived the winter; the band has been hired; the boat is back in the harbor;
    the phone is charged
""")
GLAD = _pool("""
    my exam is over; my flight landed safely; the sun came out at last; we got the apartment; my best friend is visiting; my team won; the rain stopped in
    time for the picnic; my job interview went well; my daughter learned to ride a bike; I paid my last bill; my grandmother called just to chat; it is
    Friday; my vacation starts tomorrow; the bakery had my favorite bread; I slept eight hours; my tomatoes are finally red; my article was published; a
    stranger returned my wallet; my cat sat on my lap; I ran without stopping; the doctor had good news; the concert was wonderful; my old laptop works
    again; our offer on the house was accepted; my refund came through; the kids made me breakfast; I finished my novel; my boss praised my report; it
    finally snowed; I won at chess; my soup turned out well; spring is here; my brother is coming home; I remembered every line of the play; nobody was at
    the gym; my bus was on time; the wedding was lovely
""")
LOW = _pool("""
    my flight was delayed all day; it has been raining for a week; my best friend moved away; my favorite cafe closed; my team lost again; the movie had
    such a sad ending; I burned dinner twice this week; my boss forgot my birthday; I lost a chess game to a child; the picnic was rained out; my favorite
    mug broke; my houseplant died; the news was heavy today; I said the wrong thing at dinner; my train was packed; nobody laughed at my joke; I spent too
    much on shoes; my roommate moved out; the weekend went by so fast; I forgot my lines on stage; my soccer team was relegated; the concert was canceled;
    summer is ending; my phone fell into the lake; I had to sell my old guitar; the neighbors were loud all night; I missed the last train; my bread did
    not rise; I failed my driving test; my sandwich was stolen at work; the meeting took four hours; my best umbrella broke; I overslept again; the
    vacation is over; my cat ignored me all day; I got a parking ticket
""")
EVENT = _pool("""
    my job interview; my driving test; the big exam; my first day at work; the marathon; my dentist appointment; my first flight; moving day; the piano
    recital; the chess final; the budget meeting; my wedding speech; the house viewing; the podcast recording; the math test; my audition; my landlord's
    visit; my thesis defense; the salary talk with my boss; the bake sale; the soccer final; the spelling bee; my stand-up debut; the parents' evening; my
    first date in years; the poetry slam; the school play; my book launch; the charity run; the court hearing; my guitar exam; the family reunion; the
    product demo; my citizenship test; the long drive north; my presentation; the swimming test; the cooking contest; the board meeting; my first night
    shift
""")
HELP = _pool("""
    restaurant tips; weather update; list of apartments; flight details; playlist; bar chart; job ads; summary of the article; recipe; hotel suggestions;
    stock prices; exchange rate; sudoku hint; gift ideas; resume feedback; discount code; book recommendation; news roundup; map of the old town; train
    times; crossword answers; pictures of Saturn; movie list; packing list; word cloud; meal plan; workout plan; translation; QR code; tax estimate; soccer
    results; petrol prices; podcast tips; house listings; research papers; keyword list; loan calculation; concert dates; plant care tips; meme; laptop
    comparison; guitar chords; reviews of that blender; flashcards; earthquake report; parking info; survey form; cover letter; museum links; horoscope;
    legal article; crypto chart; charity info; fashion advice; domain name ideas; language lesson; chess lesson; surf report; daily reminder; to-do list;
    sales numbers
""")
WHO = _pool("""
    my sister; my brother; my mother; my father; my grandmother; my grandfather; my neighbor; my landlord; my boss; a colleague; my roommate; my old
    teacher; my aunt; my cousin; my best friend; my partner; my daughter; my son; my uncle; my soccer coach; my dentist; my travel buddy; my mother-in-law;
    my nephew; my niece; my piano teacher; our new intern; my study group; the woman upstairs; my godmother; my hairdresser; my gym partner; our mail
    carrier; my tutor; my pen pal; my accountant; our babysitter; my book club; my chess partner; our wedding singer; my band; my manager; a former
    classmate; my co-founder; our nurse; the baker next door; my real estate agent; our bus driver; my choir director; my dog walker; my godson; my
    stepfather
""")
FAVOR = _pool("""
    watering the plants; the ride to the airport; lending me the charger; feeding the cat; helping me move; the homemade soup; proofreading my resume; the
    birthday present; saving me a seat; recommending that podcast; sharing the recipe; fixing my bike; the concert tickets; covering my shift; picking up
    my parcel; the lovely dinner; explaining the tax form; staying late; finding my wallet; the flowers; the weekend at the lake; the good advice; the
    umbrella; carrying the suitcases; showing me around town; the phone call; the chocolate cake; helping with the budget; the book about Mars; translating
    the menu; the warm scarf; walking the dog; the music lessons; listening to me; the handmade card; lending me the tent; the job tip; the house-sitting;
    the funny memes; the wonderful trip
""")
FAULT = _pool("""
    forgetting our lunch; being late to dinner; missing the meeting; breaking the blue mug; losing the umbrella; burning the lasagna; spoiling the end of
    the movie; playing music too late; not answering the email; parking in the wrong spot; mixing up the dates; sending the wrong file; eating the last
    slice of pizza; scratching the car; snoring on the flight; forgetting the tickets; leaving the window open in the rain; canceling the trip; forgetting
    to feed the fish; spilling coffee on the map; losing the chess set; calling so late; skipping book club; the noisy party; the long silence; the typo in
    the report; paying the rent late; killing the houseplant; taking the wrong suitcase; arguing about the playlist; the missing invoice; the boring
    slides; returning the book so late; the muddy shoes; not sharing the recipe; the silly joke at lunch
""")
JOY = _pool("""
    the new job; passing the bar exam; the new baby; graduating; the promotion; getting engaged; the first apartment; running a marathon; retiring; the
    book deal; opening a bakery; winning the chess tournament; getting a driver's license; the new puppy; twenty-five years of marriage; the new website;
    getting into college; the new restaurant; the first podcast episode; the scholarship; the record deal; the research prize; the new car; the house by
    the lake; the successful charity run; the citizenship; the first goal of the season; finishing the thesis; the gallery show; the company anniversary;
    the Broadway debut; paying off the mortgage; the brown belt in judo; the spelling bee victory; the new kitchen; the big sale
""")
BUSINESS = _pool("""
    a small bakery; a bicycle repair shop; a dog-walking service; a secondhand bookstore; a flower stall; a travel agency; a weather app; a mobile
    barbershop; a vegan food truck; a cleaning company; an accounting firm; a podcast about old trains; a job fair; a language school; a laundromat; a
    used-car lot; a tea shop; a yoga studio; a charity run; a family farm; a repair cafe; a toy store; a real estate office; a moving company; a children's
    choir; a coffee cart; a board game night; a rooftop garden; a budgeting app; a hotel for cats; a tailor's shop; a recycling campaign; a local
    newspaper; a music festival; a night bus line; an umbrella brand; a scooter rental; a tutoring service; a soup kitchen; a shoe repair shop; a surf
    school; a community theater; a discount store; a planetarium; a map shop; a spice shop; a neighborhood library; a photo studio; a driving school; an
    ice cream parlor; a chess club; a credit union; a plant nursery; a sleep podcast; a sock subscription; a lost-and-found office; a hiking club; a guitar
    shop; a museum of clocks
""")
NAMED = _pool("""
    a grumpy orange cat; a golden retriever puppy; our pub quiz team; a small sailboat; a jazz trio; a goldfish; a soccer team of accountants; a book club;
    a fantasy kingdom; the village in my novel; a robot vacuum; a pirate ship; a rock band of dentists; a hiking group; a secret agent; a dragon that
    hoards coupons; a newsletter about houseplants; a board game about trains; a pet tortoise; a drink made with grapefruit; a spaceship; a detective who
    hates rain; a family of ducks; a parrot that tells the weather; a travel journal; our office choir; my old car; a coffee blend; a villain who runs a
    hotel; a sourdough starter; my home network; a group chat with my cousins; a podcast about slow cooking; a stuffed elephant; a snowman; a superhero who
    works in finance; the restaurant in my short story; a running club that mostly eats cake; a pair of hamsters; a trivia night; a knitting circle; a
    haunted theme park; a chess-playing robot; a lazy bulldog; a garden gnome; a planet in my comic; a white rabbit; a tram driver in my play; a family
    recipe book; our new printer; a tiny island; a stray kitten; a comic-strip landlord; a ukulele; a chili sauce; a lucky coin
""")
SENTENCES = _pool("""
    Send me the invoice by Friday.; I can't come to the party.; Your dog is too loud.; Give me a refund.; The food was bad.; You're late again.; We need
    more time for the report.; Move your car.; Call me back.; That movie was boring.; The flight was awful and nobody said sorry.; Don't touch my laptop.;
    I want a raise.; The hotel room smells weird.; Stop sending me memes at night.; Turn the music down.; Your website is ugly.; The meeting was a waste of
    time.; I don't like the gift.; Tell me when the package arrives.; The soup is cold.; Pay the rent on time.; Nobody reads your newsletter.; My phone
    died so I missed your call.; Pick up the kids at four.; You forgot the tickets.; The recipe didn't work.; Your resume is too long.; Meet me at the
    station at noon.; I lost your map.; The weather ruined our trip.; The printer is broken again.; I have no idea what this chart means.; Answer my
    email.; Your playlist is terrible.; The landlord never fixes anything.; I ate your sandwich.; We can't afford this apartment.; I hate this job.; The
    lecture was too long.; Be quiet in the library.; Your price is too high.; I don't want to play chess with you.; That podcast put me to sleep.; The
    doctor made me wait for an hour.; Bring your own umbrella.; I never got my money back.; You booked the wrong date.; Delete that photo of me.; The car
    is dirty.; Your joke wasn't funny.; I need the slides today.; Nobody asked for your opinion.; The gym is too crowded.; I can't read your handwriting.;
    The cake is dry.; You parked in my spot.; The news is depressing.
""")
LONGER = _pool("""
    We would like to inform you that, due to the rain, the picnic planned for Saturday will not take place.; Please be advised that the elevator in our
    building is going to be out of order until the end of next week.; I am writing to let you know that I will unfortunately not be able to attend the
    meeting on Tuesday.; The hotel was nice and clean, the staff was very friendly, and the breakfast was also really good.; It has come to our attention
    that some of the coffee mugs in the kitchen are not being washed after use.; At this point in time we do not have any plans to raise the price of our
    concert tickets.; In my personal opinion I think that the movie was much longer than it really needed to be.; Due to the fact that the train was late,
    we arrived at the theater after the play had already started.; I wanted to ask whether it would maybe be possible for you to send me the photos from
    the trip.; We regret to tell all our guests that the swimming pool is closed today because of the storm.; The book tells the story of a man who leaves
    his job at a bank in order to become a baker.; Thank you so much for the invitation to your wedding, which we are very happy to accept.; My landlord
    told me that he is going to have the heating repaired at some point in the near future.; There are a lot of people who are of the opinion that
    breakfast is the most important meal.; The reason why I am late is because the bus that I usually take did not come this morning.; Our soccer team,
    which has not won a single game this year, has finally scored a goal.; It would be great if everybody could try to remember to switch off the lights
    before going home.; The applicant has many years of experience in working together with a large number of different teams.; If it is at all possible,
    we would very much prefer a table that is close to the window.; The weather was bad during the whole trip, but in spite of that we had a really good
    time.; This is just a short note to remind you of the fact that the library books are due on Monday.; My grandmother always said that saving a little
    bit of money every single week makes a big difference.; I bought this umbrella two weeks ago and it has already broken in the very first storm.; The
    museum is open on every day of the week with the exception of Mondays and public holidays.; We are looking for a person who is able to feed our cat
    during the time that we are away.; The lecture was about the history of maps and the many ways in which people used them.; All passengers are kindly
    requested to please remain seated until the bus has come to a full stop.; She is a person who always arrives early, no matter how early in the morning
    it is.; The garden behind the house is large in size and has a number of old apple trees in it.; What I liked best about the concert was the fact that
    the band played all of their old songs.; The soup, which had been on the stove for three hours, was in the end a little too salty.; I would be very
    grateful if you could let me know whether the apartment allows dogs or not.
""")
PHRASES = _pool("""
    good night; good luck; see you tomorrow; happy birthday; I love you; the train is late; a glass of water; excuse me; where is the station; it is
    raining; the bill, please; my name is Anna; how are you; welcome home; I am hungry; thank you for dinner; the cat is sleeping; have a nice trip; a cup
    of coffee; good morning; I am sorry; two tickets; the red house; my brother; it is cold today; Happy New Year; see you on Monday; the old book; I don't
    understand; enjoy your meal; long live music; the sun is shining; I like chess; the hotel is closed; bread and butter; we are friends; a small dog; the
    big city; no problem; of course
""")
IDEAS = _pool("""
    what a landlord does; why the sky is blue; how rain forms; why we yawn; what a metaphor is; why leaves change color; what a discount is; how a seesaw
    works; what a budget is; why ice floats; what an alibi is; why bread rises; what sarcasm is; how a magnet works; what a podcast is; why people shake
    hands; how airplanes stay in the air; what homesickness feels like; what a resume is for; why music can make us cry; what jet lag is; what a plot twist
    is; how a library works; why cats purr; why people leave tips; what a receipt is for; why onions make us cry; what a comma is for; why the moon changes
    shape; what a lease is; what a checkmate is; how a rainbow is made; what small talk is for; what a compromise is; why we have time zones; what a hobby
    is; what a deadline is; why the sea is salty; how an echo works; what a recipe is; what a coincidence is; why we forget names; what a headline is; what
    rent is; how a mirror works; what a proverb is; what a bargain is; why bicycles stay upright; what a password is for; what a traffic jam is; what a
    souvenir is; why stars twinkle; what nostalgia means; what a critic does; how thunder happens; what a volunteer is; what a census is; why we say bless
    you; what patience means; how a lighthouse helps ships; what an astronaut does; what irony is; how glue sticks; why dogs wag their tails; what a
    referee does; what a library card is; why metal feels cold
""")
IDIOMS = _pool("""
    under the weather; break the bank; in the red; cook the books; hit the road; face the music; take a rain check; a piece of cake; spill the beans; bring
    home the bacon; on cloud nine; cut corners; cost an arm and a leg; the last straw; burn the midnight oil; a wild goose chase; jump on the bandwagon;
    steal the show; the ball is in your court; once in a blue moon; pull some strings; money talks; no news is good news; a storm in a teacup; change your
    tune; tighten your belt; off the map; judge a book by its cover; the tip of the iceberg; an open book; read between the lines; hold your horses; throw
    in the towel; a blessing in disguise; let the cat out of the bag; miss the boat; sell like hot cakes; turn over a new leaf; play by ear; save for a
    rainy day; get a foot in the door; by the book; a fly in the soup; go the extra mile; hit the nail on the head; a penny for your thoughts; beat around
    the bush; call it a day
""")
WORDS = _pool("""
    landlord; itinerary; forecast; refund; overcast; vintage; budget; heirloom; deadline; souvenir; bargain; recipe; tenant; drizzle; layover; encore;
    chorus; editor; receipt; applicant; salary; genre; pawn; orbit; tremor; verdict; witness; gallery; sketch; coupon; invoice; portion; sponsor;
    tournament; referee; penalty; headline; rumor; weather; money; ticket; flight; music; garden; kitchen; traffic; bridge; story; winter; island; journey;
    harvest; puzzle; mirror; candle; letter; market; thunder; pocket; blossom; lantern; compass; balcony; suitcase; discount; meadow; anchor; pepper;
    melody; stranger; victory; blanket
""")
QUALITIES = _pool("""
    cheap; cozy; humid; noisy; spacious; gloomy; generous; frugal; polite; sunny; expensive; crowded; delicious; famous; early; heavy; ancient; modern;
    brave; boring; spicy; sweet; bitter; quiet; rough; gentle; public; temporary; guilty; reliable; fresh; vacant; urgent; shy; cloudy; wealthy; thirsty;
    clumsy; honest; lucky; stubborn; cheerful; fragile; narrow; shallow; tidy; ordinary; patient; hungry; smooth; dusty; bright; slippery; proud; sleepy;
    wild; elegant; tricky; salty; breezy
""")
DIFFERENCES = _pool("""
    a house and a home; weather and climate; a job and a career; a hotel and a motel; rain and drizzle; a cook and a chef; a poem and a song; a village and
    a town; a trip and a journey; news and gossip; a friend and an acquaintance; listening and hearing; a lake and a pond; a tax and a fee; a hobby and a
    job; being alone and being lonely; a lawyer and a judge; a map and a globe; borrowing and lending; a ship and a boat; an editor and an author; a turtle
    and a tortoise; an actor and a comedian; renting and owning; a meme and a joke; a cup and a mug; a couch and a sofa; a street and a road; a habit and a
    hobby; a snack and a meal; a rumor and a fact; a shop and a store; a diary and a calendar; a melody and a rhythm; fog and mist; a guess and an
    estimate; a planet and a star; a gift and a bribe; tired and sleepy; a password and a username; a stage and a screen; luck and skill
""")
HYPO = _pool("""
    animals could talk; money grew on trees; it never rained again; everyone could read minds; the moon were made of cheese; phones had never been
    invented; gravity stopped for a minute; cats ran the government; all restaurants closed at noon; people could teleport to work; every hotel were free
    for one day; every day were a Saturday; music were forbidden; trees could send text messages; dogs wrote the news; nobody had to sleep; all cars were
    pink; we could buy sunshine; books could talk back; chess pieces had feelings; the weather obeyed children; planes had no windows; passwords did not
    exist; coffee were against the law; rain tasted like lemonade; toddlers ran all job interviews; the internet took a week off; clouds were for sale;
    robots needed vacations; landlords paid their tenants; people aged backwards; maps could lie; homework graded itself; shoes could give directions; the
    sun set only once a month; houseplants could sing; time machines were sold in supermarkets; recipes were secret by law; every movie had a happy ending;
    people had wings; soccer were played on the moon; ice never melted; everyone spoke the same language; dinosaurs worked in offices; the sky turned
    green; snow were warm; all stores accepted only seashells; traffic lights had moods; elevators told jokes; suitcases could walk; every phone call cost
    a song; the news came only once a year
""")
RATHER = _pool("""
    live in a hotel forever; never hear music again; fly without a plane; always be ten minutes late; eat the same dinner every day; know the weather a
    year ahead; win every chess game; find a coin in every coat; speak every language; own a house that follows you around; read the last page of every
    book first; travel only by train; share an apartment with a robot; wear a raincoat every day; get free pizza for life; lose your keys every morning; be
    famous for a bad meme; be a detective; live on Mars; live under the sea; work only at night; never wait in line again; have a talking cat; give up
    coffee; give up chocolate; stop time with a snap; always win at cards; never get lost; never have to pay taxes; have snow all year; sing every
    sentence; sleep in a tent for a year; be the best cook in town; be the worst dancer on television; only whisper; only shout; have a tiny elephant; own
    a huge hamster; write a bestseller; star in a musical; meet your great-grandparents; visit the future; answer every email by hand; shop only at flea
    markets
""")
ROLES = _pool("""
    a pirate who runs a travel agency; a weather presenter who hates rain; a medieval knight at a job interview; a grumpy hotel clerk; a cat that trades
    stocks; a wizard who sells insurance; a very polite ghost; a retired superhero; a chef from the year 3000; a talking houseplant; a sports commentator
    at a chess game; a librarian from Mars; a taxi driver who knows everything; a dragon with a savings account; a news anchor from the Stone Age; a tired
    astronaut; a vampire at the dentist; a shop assistant who never says no; a robot learning small talk; an old sea captain; a detective who solves tiny
    mysteries; a pizza that wants to be a salad; my landlord in a good mood; a waiter in a Shakespeare play; an umbrella that is afraid of water; a museum
    guard at midnight; a lost suitcase; a snowman in June; a goldfish with big plans; a time traveler who missed the bus; a cowboy in a yoga class; a
    mailman who reads postcards; a king with no money; a fortune cookie; a bored elevator; a tour guide in an empty town; a real estate agent for birds; a
    soccer referee at a family dinner; a strict piano teacher; a lighthouse keeper
""")
OBJECTS = _pool("""
    an umbrella; a road map; a calculator; a wallet; a boarding pass; a stapler; a recipe card; a pillow; a ladder; a receipt; a suitcase; a thermometer; a
    microphone; a bookmark; an alarm clock; a chessboard; a raincoat; a frying pan; a credit card; a doorbell; a toothbrush; a compass; a telescope; a
    violin; a paintbrush; a calendar; a flashlight; a parking meter; a kettle; a tent; a hammer; a newspaper; a stamp; a wedding ring; a shopping cart; a
    library card; a soccer ball; a guitar pick; a pair of scissors; a printer; a cookbook; a passport; a lawn mower; a snow shovel; a pencil sharpener; a
    teapot; a suit and tie; a coat hanger; a lunch box; a whistle; a globe; a hair dryer; a piggy bank; a watering can; an envelope; a remote control; a
    fishing rod; a bicycle pump; a menu; a price tag
""")
HEAVY = _pool("""
    a grand piano; an airplane; a refrigerator; a city bus; a hotel bed; a delivery truck; a cow; a washing machine; a sailboat; a stone bridge; a dining
    table; a bathtub; a locomotive; an elephant; a vending machine; a cement mixer; a church bell; a full bookcase; a tractor; a marble statue; a
    motorcycle; a cash machine; a brick wall; a car
""")
LIGHT = _pool("""
    a postcard; a guitar pick; a boarding pass; a paper plane; a teaspoon; a single grape; a concert ticket; a coin; a feather; a bus ticket; a business
    card; a balloon; a tea bag; a button; a receipt; a chess pawn; a snowflake; a gift card; a rubber band; a stamp; a leaf; a sock; a slice of bread; a
    paper umbrella
""")
# Questions that everybody can answer.
COMMON_SENSE = _pool("""
    Does a towel get wet or dry when it dries someone?; Does it make sense to take an umbrella into a swimming pool?; Is a bakery more likely to sell bread
    or tires?; If I spend all my money today, how much is left for tomorrow?; Should I put the milk in the fridge or in the oven?; Can a fish read the
    newspaper?; If it is raining and I have no umbrella, will I get wet?; Which comes first in a restaurant, the menu or the bill?; Can I use a map if it
    is completely dark?; Would you hear a concert better from the front row or from the parking lot?; Do people usually tip before or after the meal?; If I
    sell my car, do I still own it?; Is it a good idea to wear sandals in deep snow?; If I drop a glass on a stone floor, what is likely to happen?; Does a
    tenant pay the landlord, or is it the other way around?; Why do people whisper in a library?; Can two people be each other's cousin?; If a flight takes
    off late, is it more likely to land early or late?; Which needs more water, a cactus or a rose?; If my brother's only sister is a lawyer and I am a
    woman, who is the lawyer?; Is a calendar useful for boiling eggs?; Would a snowman rather stand in the sun or in the shade?; Do you take your shoes off
    before or after your socks?; What do you need more for soup, a pot or a hammer?; Why do shops put price tags on things?; If everyone at a concert is
    asleep, was it a loud concert?; Does a pencil get longer or shorter when you sharpen it?; Can you mail a letter without an address?; Why do people wear
    coats in winter?; Is a hotel room usually bigger than the hotel?; What is louder, a thunderstorm or a whisper?; If a recipe serves four and I am alone,
    will there be leftovers?; Do you pack a suitcase before or after a trip?; Can a chess game end before it starts?; If the store opens at nine and it is
    eight, is it open?; Would a newspaper from last year have today's headlines?; Why do cars have mirrors?; Is it easier to find a lost coin in the dark
    or in daylight?; If I put a candle in a cake, do I eat the candle?; Which lasts longer, a vacation or a sneeze?; Can you smell a song?; Why do people
    close the window when it is cold outside?; If both my socks are wet, is either of them dry?; Do clouds make a day brighter or darker?; Can someone be
    late for an appointment they never made?; What do you do first, read a book or finish it?; Does a full wallet weigh more than an empty one?; If I am at
    the beach, am I more likely to find sand or carpet?; Why do people knock on doors?; Is a job interview usually held before or after someone is hired?;
    Do you need a swimsuit to read poetry?; Would you store ice cream in a bookcase?; If I give you my ticket, can I still use it?; Can you ride a bicycle
    with no wheels?
""")
JOBS = _pool("""
    a baker; a nurse; a lawyer; a pilot; a teacher; a plumber; a florist; a journalist; a bus driver; a web designer; a violinist; a chef; a dentist; a
    firefighter; a travel agent; a bank clerk; a librarian; a farmer; an actor; an architect; a tailor; a meteorologist; a real estate agent; a judge; a
    barber; a sailor; a stockbroker; a tour guide; a gardener; a photographer; a software developer; a waiter; an accountant; a museum guard; a mechanic; a
    chess coach
""")
CITIES = _pool("""
    Rome; Oslo; Lisbon; Boston; Paris; Cairo; Sydney; Tokyo; Seoul; Chicago; Vienna; Prague; Dublin; Madrid; Athens; Lima; Denver; Seattle; Toronto;
    Mumbai; Nairobi; Berlin; Munich; Naples; Geneva; Warsaw; Helsinki; Bangkok; Singapore; Melbourne; Auckland; Miami; Dallas; Austin; Glasgow; Bristol;
    Lyon; Porto; Seville; Kyoto; Manila; Havana; Santiago; Bogota; Istanbul; Krakow; Zurich; Antwerp
""")
# Where somebody is who types; fits before nearly everything.
MOMENTS = _pool("""
    I'm on my lunch break.; It's raining again and I'm stuck inside.; My flight is late, so I have time to chat.; I'm waiting for my pizza.; I'm on the
    night train and can't sleep.; The kids are in bed and the house is quiet.; I should be doing my taxes, but I'd rather talk to you.; I'm sitting in a
    very long meeting.; The hotel lobby is empty and I'm bored.; We are stuck in a traffic jam.; I just came home from the gym.; The movie was sold out, so
    here I am.; I'm standing in line at the supermarket.; Dinner is in the oven for another hour.; I've read all the news I can take for today.; My phone
    is almost empty, so be quick.; I'm at the dentist and need a distraction.; The power is out and we have candles.; I'm hiding from the sun under a big
    umbrella.; My landlord is painting the stairs and I can't leave.; It's my day off.; I have had too much coffee.; I'm packing my suitcase and need a
    break.; The stock market gives me a headache, so let's talk about something else.; No plug-ins this time, I just want to talk.; I've closed my email
    for today.; My chess partner is late.; We're at a restaurant and the food takes forever.; It's snowing and the buses aren't running.; I'm babysitting
    tonight.; I finished my shopping earlier than planned.; I've been house hunting all day and I'm tired.; My laptop is updating, so I'm on my phone.; I'm
    in the library, so I have to whisper.; The podcast I was listening to is over.; I'm between two job interviews.; My team is losing, so I turned off the
    TV.; I'm trying to stay awake.; The dog is asleep on my feet and I can't get up.; I'm celebrating my birthday at the office.; I'm in the waiting room
    of my doctor.; The museum opens in half an hour.; I can hear my neighbor practicing the guitar.; We've run out of board games.; It's too hot to go
    outside.; I've been looking at spreadsheets since breakfast.; My research paper can wait.; I'm sitting in the garden with a cup of tea.; There's
    nothing good on TV tonight.; I'm allowed five minutes of screen time.; Class is boring today.; The washing machine needs another twenty minutes.; My
    recipe says to wait until the dough has doubled.; I'm charging my car and have nothing to do.; The beach is full, so we stayed home.; I'm at the
    airport with nobody to talk to.
""")

POOLS: Mapping[str, Pool] = {
    "taste": TASTES, "topic": TOPICS, "like": LIKES, "pair": PAIRS, "did": DID, "settled": SETTLED, "glad": GLAD, "low": LOW, "event": EVENT, "help": HELP,
    "who": WHO, "favor": FAVOR, "fault": FAULT, "joy": JOY, "business": BUSINESS, "named": NAMED, "sentence": SENTENCES, "longer": LONGER, "phrase": PHRASES,
    "idea": IDEAS, "idiom": IDIOMS, "word": WORDS, "quality": QUALITIES, "difference": DIFFERENCES, "hypo": HYPO, "rather": RATHER, "role": ROLES,
    "object": OBJECTS, "heavy": HEAVY, "light": LIGHT, "sense": COMMON_SENSE, "job": JOBS, "city": CITIES, "moment": MOMENTS, "name": FIRST,
}  # fmt: skip
# What everybody says.
COMMON: Mapping[str, Pool] = {
    "language": _pool("Spanish; French; German; Italian; Portuguese; Dutch; Swedish"),
    "few": _pool("two; three; four; five; six"),
    "many": _pool("five; six; eight; ten; a dozen"),
    "happy": _pool("so happy; relieved; really proud; grateful; cheerful; in a great mood; over the moon; pretty content"),
    "unhappy": _pool("a bit sad; tired; grumpy; a little down; worn out; kind of gloomy; frustrated; out of sorts"),
    "form": _pool("a haiku; a limerick; a four-line poem; a two-line poem; a short rhyme; a silly rhyme; a little verse; a short poem"),
    "mood": _pool("funny; cheerful; gentle; dramatic; nostalgic; playful; dreamy; mysterious"),
    "when": _pool("today; this morning; yesterday; last night; this weekend; on Saturday; an hour ago; this week"),
    "card": _pool("birthday card; thank-you card; postcard; greeting card; farewell card"),
    "listener": _pool("a five-year-old; a child; my grandmother; a beginner; an alien; a classroom of kids; someone in a hurry"),
}  # fmt: skip


@cache
def owned(slot: str, split: str) -> Pool:
    """What a split may put into a slot: everybody's entries, or its part of the pool: half is train's, a tenth validation's, the rest test's."""
    return COMMON[slot] if slot in COMMON else parted(POOLS[slot], 0.5, 0.1, LEAST)[split]


@cache
def parted(entries: Pool, train: float, validation: float, least: int = 1) -> Mapping[str, Pool]:
    """The parts of a list, by the order of its entries' hashes; validation has `least` at least. A new entry can move another to another part."""
    ranked = sorted(dict.fromkeys(entries), key=lambda entry: hashlib.sha256(f"no_tool:{entry}".encode()).hexdigest())
    first = round(train * len(ranked))
    second = first + max(least, round(validation * len(ranked)))
    return {"train": tuple(ranked[:first]), "validation": tuple(ranked[first:second]), "test": tuple(ranked[second:])}
