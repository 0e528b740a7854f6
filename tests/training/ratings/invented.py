"""Invented films and who rated them how: the data of `specs/films.dn`, made by nothing but this.

Each viewer likes the films of one taste and not those of the other, more or less; films are better or worse besides, and
viewers kinder or harsher. A rating is the sum of all that, rounded to 1 … 5. It is written as numbers of its own, so that the
file is the same wherever it is made.
"""

from __future__ import annotations

from pathlib import Path

VIEWERS, RATED = 200, 15
LOVE = ("A Kiss in Lisbon", "Letters to Anna", "The Dancing Lesson", "Two Umbrellas", "Summer by the Lake")
LOVE += ("The Wedding Cook", "Paper Hearts", "Once in Vienna", "The Florist", "Yours, Always")
LOVE += ("A Room for Three", "The Last Waltz Home", "Apricot Jam", "Sunday Lovers", "The Piano Tuner's Wife")
LOVE += ("Slow Train to Porto", "Rain on the Terrace", "The Second Bouquet", "Hello, Stranger", "Moonlight Bakery")
SPACE = ("The Iron Moon", "Signal from Ceres", "Robots of the Deep", "Star Harbor", "The Ninth Engine")
SPACE += ("Gravity's Thieves", "Orbit of Fear", "The Glass Android", "Colony Zero", "A Billion Suns")
SPACE += ("Machine Dawn", "The Titan Run", "Quantum Winter", "Cargo of Shadows", "The Copper Mind")
SPACE += ("Void Patrol", "Red Dust Rising", "The Long Airlock", "Clockwork Fleet", "Echoes of Io")
FILMS = LOVE + SPACE


class Lots:
    """Whole numbers by lot (Park and Miller 1988), the same on every machine."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, count: int) -> int:
        self.state = self.state * 48_271 % 2_147_483_647
        return self.state % count

    def around(self, spread: int) -> int:
        """About normal: −3·spread … 3·spread, of deviation `spread`."""
        return sum(self.below(2 * spread + 1) - spread for _ in range(3))


def invented() -> tuple[str, str]:
    """The ratings and the titles, as two tables."""
    lots = Lots(2_007)
    quality = [lots.around(35) for _ in FILMS]
    lines = ["viewer,film,stars"]
    for viewer in range(1, VIEWERS + 1):
        kindness, taste = lots.around(30), 80 + lots.below(60)
        likes_love = lots.below(2) == 0
        seen: list[int] = []
        while len(seen) < RATED:
            film = lots.below(len(FILMS))
            seen += [film] if film not in seen else []
        for film in sorted(seen):
            is_love = film < len(LOVE)
            hundredths = 320 + quality[film] + kindness + (taste if is_love == likes_love else -taste) + lots.around(25)
            lines.append(f"{viewer},{film + 1},{min(5, max(1, (hundredths + 50) // 100))}")
    titles = ["film,title", *(f'{number},"{title}"' for number, title in enumerate(FILMS, 1))]
    return "\n".join(lines) + "\n", "\n".join(titles) + "\n"


def write(folder: Path) -> None:
    ratings, titles = invented()
    (folder / "films_rated.csv").write_text(ratings)
    (folder / "films.csv").write_text(titles)
