import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitors.matching.images.hashes import HashTable, pack

a_hash = st.binary(min_size=32, max_size=32).map(bytes.hex)
limits = st.integers(min_value=0, max_value=256)


def table_of(hashes: list[str]) -> HashTable:
    return HashTable([pack(one, digits=len(one)) for one in hashes])


def within_slowly(hashes: list[str], bits: str, limit: int) -> list[tuple[int, int]]:
    """The obvious way: the oracle."""
    distances = [(int(one, 16) ^ int(bits, 16)).bit_count() for one in hashes]
    return [(row, distance) for row, distance in enumerate(distances) if distance <= limit]


@given(st.lists(a_hash, max_size=20), a_hash, limits)
def test_finds_what_the_obvious_way_finds(hashes: list[str], bits: str, limit: int) -> None:
    """With none, one, two or many hashes, the table finds exactly what comparing one by one finds."""
    found = table_of(hashes).within(bits, limit)

    assert found == within_slowly(hashes, bits, limit)


@given(st.lists(a_hash, min_size=1, max_size=5), st.data())
def test_a_hash_in_the_table_is_found(hashes: list[str], data: st.DataObject) -> None:
    """A table of one finds its one; every hash finds itself at distance 0."""
    bits = data.draw(st.sampled_from(hashes))

    found = table_of(hashes).within(bits, 0)

    assert (hashes.index(bits), 0) in found


def test_short_hashes_too() -> None:
    """64-bit hashes are compared the same way."""
    table = table_of(["ffffffffffffffff", "0000000000000000"])

    assert table.within("0000000000000003", 2) == [(1, 2)]


def test_an_empty_table_has_nothing() -> None:
    """Nothing is found among nothing, whatever the length."""
    assert table_of([]).within("00" * 32, 256) == []
    assert len(table_of([])) == 0


def test_more_rows_than_are_compared_at_once() -> None:
    """Rows keep their numbers however many there are."""
    rows = np.zeros((100_000, 32), dtype=np.uint8)
    rows[[0, 32_767, 32_768, 99_999]] = 255

    found = HashTable([rows[:40_000], rows[40_000:]]).within("ff" * 32, 10)

    assert found == [(0, 0), (32_767, 0), (32_768, 0), (99_999, 0)]
