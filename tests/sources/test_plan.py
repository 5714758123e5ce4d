"""What sources are asked."""

from monitors.records import Query
from monitors.sources.plan import plan_queries
from tests.builders import a_profile


def test_everyone_in_one_query() -> None:
    """Names, tags and handles of all profiles stand once, sorted, so that none says whose it is."""
    one = a_profile(names=("林晓月",), aliases=("Lin Xiaoyue", "月月"), handles=("@lin_xy",))
    two = a_profile(id="q" * 32, names=("王芳", "林晓月"), handles=("fang@social.example",))

    assert plan_queries([one, two]) == (
        Query(
            words=("Lin Xiaoyue", "月月", "林晓月", "王芳"),
            handles=("fang@social.example", "lin_xy"),
            tags=("LinXiaoyue", "月月", "林晓月", "王芳"),
        ),
    )


def test_order_does_not_tell() -> None:
    """Whoever registered first cannot be read from the plan."""
    one, two = a_profile(names=("林晓月",)), a_profile(names=("王芳",))

    assert plan_queries([one, two]) == plan_queries([two, one])


def test_tags_that_say_nothing_are_left_out() -> None:
    """Initials, numbers and single characters are names to match but no tags to ask for."""
    (query,) = plan_queries([a_profile(names=("林", "LXY", "2024", "晓月"))])

    assert query.tags == ("晓月",)
    assert "LXY" in query.words


def test_nobody_to_protect() -> None:
    """Without names there is nothing to ask."""
    assert plan_queries([]) == ()
    assert plan_queries([a_profile(names=())]) == ()
