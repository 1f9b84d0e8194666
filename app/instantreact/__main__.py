"""`python -m instantreact`."""

from instantreact.cli import main

main()
