"""What is created can be read, listed, changed and deleted by the APIs of the same thing, and by no others."""

from typing import Any

import pytest

from toolschool.tools.simulated import Exchange, SimulatedBackend
from toolschool.tools.simulated.store import Store, deed_of

FAIR = {"event_name": "Fair", "city": "Bonn"}


@pytest.mark.parametrize(
    ("name", "deed"),
    [
        ("createEvent", ("create", "event")),
        ("getEventDetails", ("read", "event")),
        ("listEvents", ("read", "event")),
        ("Get all categories by id", ("read", "category")),
        ("bookSpaAppointment", ("create", "spa appointment")),
        ("cancelSpaAppointment", ("delete", "spa appointment")),
        ("update_user_status", ("update", "user")),
        ("schedule", None),
        ("Book List", None),
        ("Order List", None),
        ("Post Count", None),
        ("calculateTip", None),
        ("getDetails", None),
        ("", None),
    ],
)
def test_deeds(name: str, deed: tuple[str, str] | None) -> None:
    found = deed_of(("Category", "Service", name))
    assert found == (deed and (deed[0], ("Service", deed[1])))


async def made(backend: SimulatedBackend, name: str, **arguments: Any) -> Exchange:
    return await backend.call(name, arguments)


async def test_the_life_of_a_thing(backend: SimulatedBackend) -> None:
    created = await made(backend, "createEvent", **FAIR)
    key = created.answer["event_id"]
    read = await made(backend, "getEventDetails", event_id=key)
    assert {name: read.answer[name] for name in ("event_id", "name", "city")} == {
        "event_id": key,
        "name": "Fair",
        "city": "Bonn",
    }
    listed = (await made(backend, "listEvents")).answer["events"]
    assert listed[0] == {"id": key, "title": "Fair"}
    assert len(listed) == 2

    assert (await made(backend, "updateEvent", event_id=key, new_name="Ball")).ok
    assert (await made(backend, "getEventDetails", event_id=key)).answer["name"] == "Ball"
    row = {"name": "Ball", "city": "Bonn", "id": key, "status": created.answer["status"]}
    assert backend.state() == {"Town / event": {"rows": [row], "deleted": []}}

    assert (await made(backend, "cancelEvent", event_id=key)).ok
    gone = await made(backend, "getEventDetails", event_id=key)
    assert (gone.status, gone.error) == (404, "getEventDetails: 404 Not Found: it has been deleted")
    assert (await made(backend, "cancelEvent", event_id=key)).status == 404
    assert (await made(backend, "updateEvent", event_id=key, new_name="x")).status == 404
    assert key not in str((await made(backend, "listEvents")).answer)
    assert backend.state() == {"Town / event": {"rows": [], "deleted": [row]}}

    assert (await made(backend, "createEvent", **FAIR)).answer == created.answer
    assert (await made(backend, "getEventDetails", event_id=key)).answer["name"] == "Fair"
    assert backend.state() == {"Town / event": {"rows": [{**row, "name": "Fair"}], "deleted": []}}


async def test_things_that_nobody_created_are_there_until_deleted(backend: SimulatedBackend) -> None:
    before = await made(backend, "getEventDetails", event_id="e7")
    assert before.ok
    assert before.answer["event_id"] == "e7"
    await made(backend, "updateEvent", event_id="e7", new_name="Ball")
    after = await made(backend, "getEventDetails", event_id="e7")
    assert after.answer == {**before.answer, "name": "Ball"}
    await made(backend, "cancelEvent", event_id="e7")
    assert (await made(backend, "getEventDetails", event_id="E7 ")).status == 404
    assert (await made(backend, "getEventDetails", event_id="e8")).ok


async def test_a_list_holds_what_agrees_newest_first(backend: SimulatedBackend) -> None:
    for number in range(6):
        await made(backend, "createEvent", event_name=f"Fair {number}", city="Bonn" if number % 2 else "Porto")
    titles = [event["title"] for event in (await made(backend, "listEvents", city="Bonn")).answer["events"]]
    assert titles == ["Fair 5", "Fair 3", "Fair 1"]


async def test_equal_writes_leave_equal_states(backend: SimulatedBackend) -> None:
    one, two = backend.fresh(), backend.fresh()
    names = ["Fair", "Ball", "Race"]
    for name in names:
        await made(one, "createEvent", event_name=name, city="Bonn")
    for name in [*reversed(names), "Race"]:
        await made(two, "createEvent", event_name=name, city=" Bonn")
        await made(two, "listEvents")
    assert one.state() == two.state()
    await made(two, "cancelEvent", event_id="e1")
    assert one.state() != two.state()
    assert backend.state() == {}, "a fresh backend has a store of its own"


def write(store: Store, name: str, answer: Any = None, **arguments: Any) -> None:
    deed = deed_of(("", "", name))
    assert deed
    store.write(deed, arguments, answer or {})


def names(store: Store, name: str, **arguments: Any) -> list[Any]:
    deed = deed_of(("", "", name))
    assert deed
    return [row.get("name") for row in store.find(deed, arguments).rows]


def test_the_new_id_of_an_answer_is_the_things_own() -> None:
    store = Store()
    write(store, "bookSpaAppointment", {"booking_id": "b1", "fee": 3}, spa_id="s1", customer_name="Ada")
    assert [row["id"] for row in store.state()["spa appointment"]["rows"]] == ["b1"]
    write(store, "cancelSpaAppointment", appointment_id="b1")
    assert store.state()["spa appointment"]["rows"] == []


def test_what_belongs_to_another_is_another() -> None:
    store = Store()
    for project in ("p1", "p2"):
        write(store, "addMember", project_id=project, member_name="Ada")
    assert names(store, "getMember", member_name="Ada") == ["Ada", "Ada"]
    write(store, "removeMember", project_id="p1", member_name="Ada")
    assert names(store, "getMember", project_id="p1", member_name="Ada") == []
    assert names(store, "getMember", project_id="p2", member_name="ada") == ["Ada"]


def test_a_thing_may_come_again_under_the_name_of_a_deleted_one() -> None:
    store = Store()
    write(store, "deleteMember", member_name="Ada")
    deed = deed_of(("", "", "getMember"))
    assert deed
    assert store.find(deed, {"member_name": "Ada"}) == ((), True)
    write(store, "addMember", {"member_id": "m1"}, member_name="Ada")
    assert store.find(deed, {"member_name": "Ada"}) == (({"id": "m1", "name": "Ada"},), False)


def test_a_write_that_does_not_say_of_which_thing_leaves_nothing() -> None:
    store = Store()
    write(store, "removeProfanity", text="dash it")
    write(store, "updateMemory", old_knowledge="a", new_knowledge="b")
    assert store.state() == {}


def test_services_do_not_share_their_things() -> None:
    first, second = deed_of(("", "Shop", "createOrder")), deed_of(("", "Bank", "getOrder"))
    assert first
    assert second
    store = Store()
    store.write(first, {"order_id": "1"}, {})
    assert store.find(second, {"order_id": "1"}).rows == ()


async def test_recorded_creations_are_remembered_too(backend: SimulatedBackend) -> None:
    replay = SimulatedBackend(
        backend.apis.values(), recorded=[Exchange("createEvent", FAIR, answer={"event_id": "real"})]
    )
    await made(replay, "createEvent", **FAIR)
    assert (await made(replay, "getEventDetails", event_id="real")).answer["name"] == "Fair"
