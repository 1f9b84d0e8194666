from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from instantreact.domain.media import Window
from instantreact.domain.rule import ConceptCondition, Criteria, HitsConfirmation, SpeechCondition
from instantreact.domain.schedule import Hours, ScheduleDay, WeekSchedule
from instantreact.domain.verdict import Outcome
from instantreact.rules.match import measure
from instantreact.rules.replay import Past, Trial, replay, try_thresholds
from tests.observations import make_observation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TRIAL = Trial(Criteria((ConceptCondition("fight", 0.5),)), None, None, 60.0)


def past(*scores: float, every_s: float = 2.0, trial: Trial = TRIAL, place: str = "door") -> list[Past]:
    return [
        Past(
            event_id=f"{place}{index}",
            place=place,
            footage=place,
            occurred_at=NOON + timedelta(seconds=index * every_s),
            zone=BERLIN,
            window=Window(index, index * every_s, index * every_s + 2.0),
            measured=measure(trial.criteria, make_observation("", concepts={"fight": score})),
        )
        for index, score in enumerate(scores)
    ]


def test_replay_raises_what_the_rule_would_have_and_says_what_held_it_back() -> None:
    found = replay(TRIAL, past(0.9, 0.8, 0.1, 0.7, every_s=40.0))
    assert [event.event_id for event, _ in found.alerts] == ["door0", "door3"]
    assert found.withheld == {Outcome.COOLDOWN: 1}
    assert found.alerts[0][1][0].score == 0.9


def test_replay_keeps_places_apart() -> None:
    found = replay(TRIAL, [*past(0.9, place="door"), *past(0.9, place="till")])
    assert {event.place for event, _ in found.alerts} == {"door", "till"}


def test_replay_asks_for_confirmation_and_the_schedule() -> None:
    twice = replace(TRIAL, confirmation=HitsConfirmation(2, 2), cooldown_s=0.0)
    assert [event.event_id for event, _ in replay(twice, past(0.9, 0.9)).alerts] == ["door1"]
    at_night = replace(TRIAL, schedule=WeekSchedule((Hours((ScheduleDay.MONDAY,), time(22), time(6)),)))
    assert replay(at_night, past(0.9)).withheld == {Outcome.OFF_SCHEDULE: 1}
    at_one = replace(TRIAL, schedule=WeekSchedule((Hours((ScheduleDay.MONDAY,), time(13), time(13, 1)),)))
    assert len(replay(at_one, past(0.9)).alerts) == 1  # 12:00 UTC is 13:00 in Berlin


def test_thresholds_raise_less_the_more_they_ask_for() -> None:
    trial, seen = replace(TRIAL, cooldown_s=0.0), past(0.3, 0.62, 0.9)
    tried = list(try_thresholds(trial, seen, replay(trial, seen)))
    assert {each.needed: each.alerts for each in tried if each.needed in {0.3, 0.5, 0.65, 0.95}} == {
        0.3: 3,
        0.5: 2,
        0.65: 1,
        0.95: 0,
    }
    assert [(each.needed, each.alerts) for each in tried if each.is_asked] == [(0.5, 2)]


def test_thresholds_of_words_are_none() -> None:
    trial = replace(TRIAL, criteria=Criteria((SpeechCondition(("help",)),)))
    seen = past(0.9, trial=trial)
    assert list(try_thresholds(trial, seen, replay(trial, seen))) == []
