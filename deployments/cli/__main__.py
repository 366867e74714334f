"""`python -m deployments.cli` is `runletters`."""

from deployments.cli.app import main

main()
