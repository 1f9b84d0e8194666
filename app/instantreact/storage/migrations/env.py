"""What Alembic runs: the migrations, on the connection that `storage.migrate` opened."""

from alembic import context

from instantreact.storage.migration_steps import render_column_type
from instantreact.storage.search import is_compared
from instantreact.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite cannot alter a table: it is copied
    render_item=render_column_type,
    include_name=is_compared,
)
with context.begin_transaction():
    context.run_migrations()
