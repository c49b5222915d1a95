"""Where people eat and sleep, and what they eat and drink there: names of our own making, dishes of everywhere."""

from __future__ import annotations

from toolschool.methods.ste.teachers.invention.pools import pool

RESTAURANTS = pool("""
    Rossini; Da Vincenzo; Blue Door; The Copper Pot; Sakura; Zum Anker; Casa Luna; Olive Tree; Le Petit Coin; Golden Wok; Taverna Kyma; Harvest Table;
    Chez Odile; Spice Route; The Oak Room; Mamma Pia; Bistro Nord; Tandoori House; El Gallo; Pho Linh; The Salty Dog; Osteria Bruna; Kebab Corner; Green
    Fork; Fuji; Saffron; The Lighthouse; Villa Rosa; Brasserie Jules; Marrakesh Garden; Red Lantern; Trattoria Gino; Elysium; Nami; The Quiet Goose; Quinta
    Velha; Hawker Lane; Jasmine Palace; Wild Thyme; Zorba; Aux Deux Ponts; Cantina Verde; Ironwood Grill; Lupo; The Yellow Plate; Umami Bar; Otto; Xin
""")
HOTELS = pool("""
    Hotel Bellevue; Grand Palace; Seaview Inn; The Wellington; Hotel Astoria; Parkside Lodge; Casa Blanca; Hotel Zentral; Riverside Suites; The Black Swan;
    Hotel Miramar; Alpine Rest; Royal Crescent; Sunrise Hostel; Hotel Lumiere; Villa Aurora; The Old Mint; Hotel Kaiserhof; Palm Court; Harbour House; Hotel
    Fontana; Northern Star; Quay West; Hotel Jasper; Twin Pines Motel; The Excelsior; Pension Huber; Ocean Breeze; Hotel Vitosha; Ivy Manor; Ryokan Tanabe;
    Dune Camp; Hotel Opera; Urban Nest; Lakeside Lodge; The Unicorn
""")
FOODS = pool("""
    lentil soup; mushroom risotto; apple pie; chicken curry; tomato salad; pancakes; ramen; paella; lasagna; falafel; goulash; tacos; pizza; dumplings;
    chili; hummus; banana bread; fish stew; potato salad; rice pudding; pumpkin soup; shakshuka; moussaka; pho; gnocchi; bibimbap; ratatouille; couscous;
    sushi; borscht; pad thai; quiche; schnitzel; waffles; gazpacho; cheesecake; onion rings; kimchi; tiramisu; jambalaya; burritos; spring rolls; carrot
    cake; fried rice; zucchini fritters; eggs benedict
""")
PIZZAS = pool("""
    margherita; funghi; quattro formaggi; marinara; capricciosa; hawaii; diavola; prosciutto; napoletana; salami; tonno; vegetariana; calzone; pepperoni;
    quattro stagioni; bianca; romana; siciliana; frutti di mare; bufala; parma; rucola; spinaci; barbecue chicken; veggie; ortolana; caprese; nduja; tartufo;
    carbonara; gorgonzola; meat lovers; four cheese
""")
DRINKS = pool("""
    espresso; cappuccino; green tea; lemonade; orange juice; flat white; hot chocolate; iced tea; ginger ale; latte; mango lassi; sparkling water; red wine;
    cider; mint tea; apple juice; stout; tonic water; chai; americano; oat milk latte; kombucha; cola; matcha; root beer; macchiato; tomato juice; pilsner;
    white wine; milkshake; smoothie; decaf
""")
