"""The database itself writes down what changes, in the transaction that changes it: no way of writing can forget to.

They are made after the tables, and again after every migration, because SQLite loses the triggers of a table that is
made anew.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'news\\_of\\_%' ESCAPE '\\'",
    "postgresql": "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
    "AND proname LIKE 'news\\_of\\_%'",
}
_DROP = {"sqlite": "DROP TRIGGER {}", "postgresql": "DROP FUNCTION {}() CASCADE"}
_NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
    "postgresql": "clock_timestamp()",
}
_TRANSACTION = {"sqlite": "0", "postgresql": "pg_current_xact_id()::text::bigint"}


@dataclass(frozen=True)
class _Trigger:
    """One kind of news: `after` says of what, `camera` and `state` are SQL about the row.

    `column` is one that older tables lack: they go without this trigger.
    """

    topic: str
    table: str
    after: str
    change: str
    row: str = "NEW"
    subject: str = "id"
    camera: str = "NULL"
    state: str = "NULL"
    only_if: str | None = None
    column: str | None = None

    @property
    def name(self) -> str:
        return "_".join(filter(None, ("news_of", self.topic, self.change, self.column)))

    def insert(self, dialect: str) -> str:
        """The statement that it runs."""
        camera, state = (each.format(row=self.row) for each in (self.camera, self.state))
        values = (
            f"{_TRANSACTION[dialect]}, '{self.topic}', {self.row}.{self.subject}, '{self.change}', {state}, {camera}, "
            f"{_NOW[dialect]}"
        )
        return f"{_INSERT} VALUES ({values});"


_INSERT = "INSERT INTO news (transaction_id, topic, subject, change, state, camera_id, at)"
_OWN_CAMERA = "{row}.camera_id"
_ALERTS_CAMERA = "(SELECT camera_id FROM alerts WHERE id = {row}.alert_id)"
_STATE = "{row}.state"
_MOVED = "OLD.state <> NEW.state"
_GREW = "COALESCE(OLD.grew_at, OLD.raised_at) <> COALESCE(NEW.grew_at, NEW.raised_at)"

_TRIGGERS = (
    _Trigger("event", "events", "INSERT", "created", camera=_OWN_CAMERA),
    _Trigger("event", "events", "UPDATE OF end_s, speech, evidence_key", "changed", camera=_OWN_CAMERA),
    _Trigger("alert", "alerts", "INSERT", "created", camera=_OWN_CAMERA, state=_STATE),
    _Trigger("alert", "alerts", "UPDATE OF state", "changed", camera=_OWN_CAMERA, state=_STATE, only_if=_MOVED),
    _Trigger(
        "alert",
        "alerts",
        "UPDATE OF grew_at",
        "changed",
        camera=_OWN_CAMERA,
        state=_STATE,
        only_if=_GREW,
        column="grew_at",
    ),
    _Trigger("delivery", "deliveries", "INSERT", "created", camera=_ALERTS_CAMERA, state=_STATE),
    _Trigger(
        "delivery", "deliveries", "UPDATE OF state", "changed", camera=_ALERTS_CAMERA, state=_STATE, only_if=_MOVED
    ),
    _Trigger("camera", "camera_leases", "INSERT", "created", subject="camera_id", camera=_OWN_CAMERA, state=_STATE),
    _Trigger(
        "camera",
        "camera_leases",
        "UPDATE OF state",
        "changed",
        subject="camera_id",
        camera=_OWN_CAMERA,
        state=_STATE,
        only_if=_MOVED,
    ),
    _Trigger("job", "jobs", "INSERT", "created", state=_STATE),
    _Trigger("job", "jobs", "UPDATE OF state", "changed", state=_STATE, only_if=_MOVED),
    _Trigger("job", "jobs", "DELETE", "ended", row="OLD"),
)


def install_triggers(connection: Connection) -> None:
    """Make them, where there is the table that they write to."""
    if not inspect(connection).has_table("news"):
        return
    remove_triggers(connection)
    alerts = {column["name"] for column in inspect(connection).get_columns("alerts")}
    for trigger in _TRIGGERS:
        if trigger.column is not None and trigger.column not in alerts:
            continue
        for statement in _create(trigger, connection.dialect.name):
            connection.execute(text(statement.replace(":", "\\:")))


def remove_triggers(connection: Connection) -> None:
    """Before tables change: SQLite renames no table that a trigger of another speaks of."""
    dialect = connection.dialect.name
    for name in connection.execute(text(_NAMES[dialect].replace(":", "\\:"))).scalars().all():
        connection.execute(text(_DROP[dialect].format(name)))


def _create(trigger: _Trigger, dialect: str) -> tuple[str, ...]:
    name, insert = trigger.name, trigger.insert(dialect)
    only_if = f" WHEN ({trigger.only_if})" if trigger.only_if else ""
    made = f"CREATE TRIGGER {name} AFTER {trigger.after} ON {trigger.table} FOR EACH ROW{only_if} "
    if dialect == "sqlite":
        return (f"{made} BEGIN {insert} END",)
    function = f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
    return function, f"{made} EXECUTE FUNCTION {name}()"
