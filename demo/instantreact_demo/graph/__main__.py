"""`python -m instantreact_demo.graph`: the stand-in as a process of its own, scripted over HTTP."""

import argparse
import json

from instantreact_demo.graph import server
from instantreact_demo.graph.campaign import campaign_routes
from instantreact_demo.graph.control import control_routes
from instantreact_demo.graph.policies import Person
from instantreact_demo.graph.server import FakeGraph, Page


def main() -> None:
    """Serve until interrupted; print the address as a line of JSON first."""
    parser = argparse.ArgumentParser(description=server.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page-id", default=Page.page_id)
    parser.add_argument("--access-token", default=Page.access_token)
    parser.add_argument("--app-secret", default=Page.app_secret)
    parser.add_argument("--webhook-url")
    parser.add_argument("--person", action="append", default=[], help="a PSID that may be written to; repeatable")
    options = parser.parse_args()
    page = Page(options.page_id, options.access_token, options.app_secret)
    graph = FakeGraph(page, port=options.port, webhook_url=options.webhook_url)
    graph.app.routes.extend([*control_routes(graph), *campaign_routes(graph)])
    graph.people.update({psid: Person() for psid in options.person})
    print(json.dumps({"url": graph.url}), flush=True)
    graph.serve()


main()
