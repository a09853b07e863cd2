"""What is kept between calls."""

from sigv4.kept import KEPT, keep


def test_keep_returns_what_it_puts_in():
    store: dict[str, int] = {}
    assert keep(store, "a", 1) == 1
    assert store == {"a": 1}


def test_keep_empties_a_full_store_and_never_grows_beyond_its_bound():
    store: dict[int, int] = {}
    for number in range(10 * KEPT):
        keep(store, number, number)
        assert store[number] == number
        assert len(store) <= KEPT
