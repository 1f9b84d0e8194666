"""`python -m instantreact.demo.graph`."""

from instantreact.demo.graph.server import main

main()
