"""`python -m cosmosctl` is the same program as the console script."""

from cosmosctl.entry import main

main()
