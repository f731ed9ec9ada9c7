"""Names and one-line summaries of the commands, so that `--help` and completion import no command.

A test compares each summary with the command's own help.
"""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "init": "Write a commented cosmosctl.yaml.",
    "doctor": "Find out why something does not work, and name the next command.",
    "plan": "Check everything and show what install would do, without doing it.",
    "install": "Create the deployment: foundation, then GPU pools.",
    "deploy": "Put a blueprint on the deployment: image, job definition, smoke check.",
    "submit": "Validate inputs, upload them and run a blueprint over them.",
    "status": "Show the deployment, or one run exact to the sample.",
    "logs": "Show the log lines of a run's jobs.",
    "runs": "List, show, cancel, retry, fetch and report runs.",
    "test": "Ask the deployed thing a real question and check the answer.",
    "cleanup": "Remove the deployment and prove that nothing is left.",
    "blueprints": "List and explain what can be deployed.",
    "config": "Show, validate and explain cosmosctl.yaml.",
    "versions": "Show every pinned version.",
    "sandbox": "Start, stop and inspect the embedded AWS.",
}
