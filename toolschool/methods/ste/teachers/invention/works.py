"""Films, books, songs and those who sing them."""

from __future__ import annotations

from toolschool.methods.ste.teachers.invention.pools import pool

MOVIES = pool("""
    The Godfather; Casablanca; Inception; Titanic; Gladiator; Jaws; Alien; Rocky; Vertigo; Metropolis; Amadeus; Gravity; Interstellar; Toy Story; The
    Matrix; Finding Nemo; Spirited Away; Roman Holiday; Some Like It Hot; Back to the Future; The Big Sleep; Singing in the Rain; Parasite; Amelie;
    Ratatouille; Psycho; Rear Window; Blade Runner; Groundhog Day; Jurassic Park; Skyfall; Paddington; Chinatown; Sunset Boulevard; The Third Man; Up;
    High Noon; King Kong; Pulp Fiction; Seven Samurai; City Lights; La La Land; Shrek; Dunkirk; Cinema Paradiso
""")
BOOKS = pool("""
    Dune; Emma; Ulysses; Beloved; Middlemarch; Dracula; Frankenstein; Moby Dick; Jane Eyre; The Hobbit; Great Expectations; War and Peace; Don Quixote;
    The Odyssey; Brave New World; Treasure Island; Oliver Twist; The Time Machine; Pride and Prejudice; Anna Karenina; Siddhartha; The Trial; Walden;
    Persuasion; Ivanhoe; Kim; The Waves; Momo; Faust; Candide; Hamlet; Macbeth; Lolita; Solaris; Neuromancer; Atonement; The Name of the Rose; Bleak House;
    Wuthering Heights; Heidi; Little Women; Robinson Crusoe; The Plague; Orlando
""")
SONGS = pool("""
    Yesterday; Imagine; Hey Jude; Waterloo; Thriller; Wonderwall; Hallelujah; Respect; Fast Car; Let It Be; Purple Rain; Dancing Queen; Bohemian
    Rhapsody; Penny Lane; Moon River; Rolling in the Deep; Take Five; Blue Monday; Africa; Jolene; Roxanne; Creep; Zombie; Kashmir; Angie; Clocks; Fix You;
    Billie Jean; Sweet Caroline; Blackbird; Karma Police; Heart of Gold; Autumn Leaves; Space Oddity; Superstition; Wuthering Heights; Losing My Religion;
    Under Pressure; Free Fallin; Valerie; Toxic; Hurt; Feeling Good
""")
ARTISTS = pool("""
    Adele; Madonna; Prince; Coldplay; Queen; Radiohead; Nirvana; Bjork; Shakira; Beyonce; Rihanna; Drake; Eminem; David Bowie; Johnny Cash; Miles Davis;
    Nina Simone; Bob Marley; Elton John; Ella Fitzgerald; Daft Punk; Pink Floyd; Stevie Wonder; Oasis; Blur; Kraftwerk; Genesis; Toto; Dolly Parton; Bob
    Dylan; Joni Mitchell; Leonard Cohen; Patti Smith; Fleetwood Mac; Massive Attack; Moby; Sade; Norah Jones; Amy Winehouse; Portishead; Lorde
""")
