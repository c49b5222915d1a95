"""Practice tools: music, films, books, pictures, news."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Track:
    title: str
    artist: str
    length_seconds: int

@dataclass
class Film:
    title: str
    year: int
    director: str
    rating: float

@dataclass
class Showing:
    cinema: str
    time: time
    seats_left: int

@dataclass
class Article:
    headline: str
    source: str
    url: str

def play_song(song: str, artist: str | None = None, speaker: str = "living room") -> Track:
    """Play a song.

    Args:
        song: Title of the song.
        artist: Who plays or sings it.
        speaker: Loudspeaker to use (e.g. kitchen, bedroom, car, headphones).
    """

def create_playlist(name: str, songs: list[str], shuffle: bool = False) -> str:
    """Create a playlist.

    Args:
        name: Name of the playlist (e.g. Road Trip, Rainy Sunday, Deep Focus, Kids Party).
        songs: What is played first (e.g. Paper Boats, Midnight Tram, Golden Fields, Salt Wind, Northern Line).
        shuffle: Play in any order.
    """

def pause_playback() -> None:
    """Pause what is playing."""

def setVolume(level: Annotated[int, Field(ge=0, le=100)]) -> int:
    """Set the volume of the music."""

def lyrics_for(song: str, singer: str) -> str:
    """Find the lyrics of a song.

    :param song: The song.
    :param singer: Who sings it.
    """

def movie_details(movie: str, year: int | None = None) -> Film:
    """Get the details of a film.

    Args:
        movie: Title of the film.
        year: Year of release, where several films have that title.
    """

def cinema_showtimes(film: str, city: str, date: date, original_language: bool = False) -> list[Showing]:
    """Showtimes of a film in the cinemas of a city."""

def suggestMovies(
    genres: list[str], decade: Literal["1970s", "1980s", "1990s", "2000s"] | None = None, maxMinutes: int = 150
) -> list[Film]:
    """Suggest films to watch tonight.

    Args:
        genres: Kinds that are wanted (e.g. western, heist, romance, noir, animation, musical).
        decade: When they were made.
        maxMinutes: Longest running time.
    """

def reserve_book(isbn: Annotated[str, Field(pattern="^978[0-9]{10}$")], branch: str, member_id: str) -> str:
    """Reserve a book at the library.

    Args:
        isbn: Thirteen digits without dashes.
        branch: Branch for picking up (e.g. Central, Harbour, Eastside, University).
        member_id: Number on the library card (e.g. L204417, L881023).
    """

def author_works(author: str, language: str | None = None, limit: int = 5) -> list[str]:
    """All works of an author."""

def keep_library_book(barcode: Annotated[str, Field(pattern="^[0-9]{8}$")]) -> date:
    """Keep a borrowed library book longer.

    Args:
        barcode: Eight digits from the sticker.
    """

def latest_news(topic: str, country: str | None = None, maxArticles: int = 5) -> list[Article]:
    """Latest news about a topic.

    Args:
        topic: What the news are about.
        country: Only newspapers of this country.
        maxArticles: How many articles at most.
    """

def change_image_size(picture: str, width: int, height: int, keep_ratio: bool = True) -> str:
    """Change the size of a picture.

    Args:
        picture: File with the picture (e.g. beach.jpg, team-photo.png, IMG_2041.jpg, poster.webp).
        width: New width in pixels.
        height: New height in pixels.
        keep_ratio: Do not distort it.
    """

def record_broadcast(channel: str, day: date, begin: time, end: time) -> None:
    """Record a television broadcast.

    Args:
        channel: Television channel (e.g. Arte, BBC Two, ZDF, Rai 1, SVT).
        day: Day of the show.
        begin: When recording starts.
        end: When recording stops.
    """

def subscribe_podcast(podcast: str, auto_download: bool = True) -> None:
    """Subscribe to a podcast.

    Args:
        podcast: Name of the podcast (e.g. Night Science, The Long Way Home, Kitchen Chemistry, Two Rivers).
        auto_download: Load new episodes at once.
    """

def subtitle_file(film: str, language: str, format: Literal["srt", "vtt"] = "srt") -> str:
    """Get subtitles of a film.

    Args:
        film: Title of the film.
        language: Two-letter language code.
        format: File format.
    """

def photo_album(title: str, from_day: date, to_day: date, layout: Literal["grid", "story", "classic"] = "grid") -> str:
    """Make an album of the photos of a period.

    Args:
        title: Title on the cover.
        from_day: First day.
        to_day: Last day.
        layout: How pages look.
    """
