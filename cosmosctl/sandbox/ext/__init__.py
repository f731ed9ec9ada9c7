"""One module per AWS service, found by its file name (the moto package it patches).

A module has `register() -> None` and may have `DEPENDS` (names of modules to register first), `on_start()` (after the
state is restored), `on_stop()` and `on_reset()` (the account is emptied, between the two). It is registered when its
service is first called or restored, so that a server pays only for the services that are used.
"""
