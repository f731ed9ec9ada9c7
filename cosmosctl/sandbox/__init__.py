"""Embedded AWS: moto in one process that we own, with the gaps closed that Terraform and our runs meet.

Started as `python -m cosmosctl.sandbox serve` and spoken to over HTTP only, so nothing else in the package imports it.
It must not know deployments, blueprints or the command line.
"""
