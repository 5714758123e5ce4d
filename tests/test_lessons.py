"""What verdicts teach, read from the ledger: of one profile alone, and no more than the last word."""

from datetime import timedelta
from itertools import pairwise

import pytest

from monitors.ledger import hits, profiles, verdicts
from monitors.ledger.engine import Ledger
from monitors.ledger.verdicts import Answer, Verdict
from monitors.lessons import NOTHING, Taught, memories_of, read_shifts, read_taught
from monitors.matching.names.namesakes import Lesson
from monitors.profiles.vault import Vault
from monitors.records import Category, Fingerprint, Hit, Media, Method, Stage
from monitors.scoring.tuning import MOST, STEP
from tests.builders import NOON, a_hit, a_match, a_post, a_profile
from tests.servers.ledgers import add_profile

HER = "p" * 32
LOOK = (Fingerprint(algorithm="pdq", version="1", bits="ab" * 32),)
RUN = a_hit(post=a_post(id="rss:run", text="林晓月夺得半程马拉松冠军"))
PICTURE = a_hit(
    post=a_post(
        id="rss:picture",
        text="合影",
        media=(
            Media(url="https://social.example/a.jpg", sha256="a" * 64, fingerprints=LOOK),
            Media(url="https://social.example/b.jpg", sha256="b" * 64, fingerprints=()),
        ),
    ),
    matches=(a_match(method=Method.PDQ, candidate="a" * 64, span=None),),
)


def told(ledger: Ledger, vault: Vault, *said: tuple[Hit, Answer | None], harmful: Answer | None = None) -> None:
    with ledger.writing() as connection:
        hits.put(connection, vault, [RUN, PICTURE], batch_sha256="b" * 64, at=NOON)
        for minute, (hit, about_her) in enumerate(said):
            at = NOON + timedelta(minutes=minute)
            verdicts.add(connection, Verdict(hit_id=hit.id, about_her=about_her, harmful=harmful, by="herself", at=at))


def taught(ledger: Ledger, vault: Vault, known: dict[str, Taught] | None = None) -> dict[str, Taught]:
    with ledger.reading() as connection:
        return read_taught(connection, vault, [HER], known=known or {})


def test_a_no_teaches_words_and_pictures(ledger: Ledger, vault: Vault) -> None:
    """A judged post is a lesson; of its pictures, those that were taken for hers are remembered as not hers."""
    add_profile(ledger, vault)
    told(ledger, vault, (RUN, Answer.NO), (PICTURE, Answer.NO))

    learned = taught(ledger, vault)[HER]

    assert learned.lessons == (
        Lesson(text=RUN.post.text, is_about_her=False),
        Lesson(text=PICTURE.post.text, is_about_her=False),
    )
    assert learned.not_hers == (LOOK,)


def test_the_last_word_teaches(ledger: Ledger, vault: Vault) -> None:
    """Doubt teaches nothing, a yes takes a no back, and what is said of harm teaches nothing of her."""
    add_profile(ledger, vault)
    told(ledger, vault, (RUN, Answer.NO), (PICTURE, Answer.NO), (PICTURE, Answer.UNSURE), (RUN, Answer.YES))

    learned = taught(ledger, vault)[HER]

    assert learned.lessons == (Lesson(text=RUN.post.text, is_about_her=True),)
    assert learned.not_hers == ()


def test_who_was_told_nothing_learns_nothing(ledger: Ledger, vault: Vault) -> None:
    """Without a word on whom a post is about there is no memory, unless the profile names others itself."""
    add_profile(ledger, vault)
    told(ledger, vault, (RUN, None), harmful=Answer.YES)

    assert taught(ledger, vault) == {}
    assert memories_of([a_profile()], {}) == {}
    assert set(memories_of([a_profile(others=("马拉松",))], {})) == {HER}


def test_what_is_known_is_not_read_again(ledger: Ledger, vault: Vault) -> None:
    """Hits are opened only when somebody said something since: what was read before is given back."""
    add_profile(ledger, vault)
    told(ledger, vault, (RUN, Answer.NO))
    first = taught(ledger, vault)

    assert taught(ledger, vault, known=first)[HER] is first[HER]
    assert taught(ledger, vault, known={HER: NOTHING}) == first


def test_harm_counts_in_the_order_it_was_judged(ledger: Ledger, vault: Vault) -> None:
    """Six times harmless, the last one limit, then harmful: a step below it; the other way round, the limit itself."""
    add_profile(ledger, vault)
    said = {a_hit(post=a_post(id=f"rss:{number}")): Answer.NO for number in range(6)}
    later = a_hit(post=a_post(id="rss:later"))

    shifts = []
    for order in ({**said, later: Answer.YES}, {later: Answer.YES, **said}):
        with ledger.writing() as connection:
            hits.put(connection, vault, list(order), batch_sha256="b" * 64, at=NOON)
            for hit, answer in order.items():
                verdicts.add(connection, Verdict(hit_id=hit.id, about_her=None, harmful=answer, by="herself", at=NOON))
            shifts.append(read_shifts(connection, vault, [HER])[HER][Category.SEXUAL_RUMOR])

    assert shifts == [pytest.approx(MOST - STEP), MOST]


def test_a_word_makes_a_profile_a_changed_one(ledger: Ledger, vault: Vault) -> None:
    """Until stored posts were looked through again; a word on harm changes nothing of whom to look for."""
    add_profile(ledger, vault)
    told(ledger, vault)
    with ledger.writing() as connection:
        profiles.set_looked_back(connection, profiles.changed(connection))

    told(ledger, vault, (RUN, None), harmful=Answer.NO)
    with ledger.reading() as connection:
        after_harm = profiles.changed(connection)
    told(ledger, vault, (RUN, Answer.NO))

    with ledger.reading() as connection:
        assert after_harm == {}
        assert set(profiles.changed(connection)) == {HER}


def test_no_digest_is_due_for_what_is_not_about_her(ledger: Ledger, vault: Vault) -> None:
    """While "not about her" is the last word a hit is not due; taken back, it is again."""
    add_profile(ledger, vault)
    told(ledger, vault, (RUN, Answer.NO))
    with ledger.writing() as connection:
        for before, step in pairwise((Stage.MATCHING, Stage.SCORING, Stage.EVIDENCE)):
            hits.advance(connection, [RUN.id, PICTURE.id], come_from=before, to=step)
        silenced = [hit.id for hit in hits.due(connection, vault, HER)]

    told(ledger, vault, (RUN, Answer.YES))

    with ledger.reading() as connection:
        assert silenced == [PICTURE.id]
        assert {hit.id for hit in hits.due(connection, vault, HER)} == {RUN.id, PICTURE.id}
