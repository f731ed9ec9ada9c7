# ruff: noqa: E501  one case a line
"""Wrong cosmosctl.yaml files and wrong parameters, and what has to be said about each.

Run twice: against the loader and the rules (`tests/unit/test_config_cases.py`), and through the command line.
"""

from __future__ import annotations

from tests.cli.cases.config_shape_cases import SHAPE, SYNTAX
from tests.cli.cases.kinds import ConfigCase, ParamCase, pool

RULES = [
    ConfigCase(
        "type-unknown-size",
        pool("instance_types: [g6e.2xlrge]"),
        "unknown_instance_type",
        "batch.pools.gpu48.instance_types[0]",
        (4, 30),
        "g6e.2xlarge",
    ),
    ConfigCase(
        "type-without-gpu",
        pool("instance_types: [m5.large]"),
        "instance_without_gpu",
        "batch.pools.gpu48.instance_types[0]",
        (4, 30),
        "g6e",
    ),
    ConfigCase(
        "type-arm", pool("instance_types: [g5g.2xlarge]"), "unusable_gpu", "batch.pools.gpu48.instance_types[0]", (4, 30), "", "ARM"
    ),
    ConfigCase(
        "memory-mixed",
        pool("instance_types: [g6e.2xlarge, g5.2xlarge]"),
        "mixed_gpu_memory",
        "batch.pools.gpu48.instance_types",
        (4, 29),
        "one pool per",
    ),
    ConfigCase(
        "max-too-small",
        pool("instance_types: [g6e.2xlarge], max_vcpus: 4"),
        "max_vcpus_too_small",
        "batch.pools.gpu48.max_vcpus",
        (4, 55),
        "at least 8",
    ),
    ConfigCase(
        "warm-too-many",
        pool("instance_types: [g6e.2xlarge], max_vcpus: 8, warm_instances: 2"),
        "warm_exceeds_max",
        "batch.pools.gpu48.warm_instances",
        (4, 74),
        "16",
    ),
    ConfigCase(
        "capacity-block",
        pool("instance_types: [p5e.48xlarge]"),
        "purchase_not_offered",
        "batch.pools.gpu48.instance_types[0]",
        (4, 30),
        "p5en",
    ),
    ConfigCase("no-pools", "name: demo\nbatch: {pools: {}}\n", "no_pools", "batch.pools", (2, 16), "add one"),
    ConfigCase(
        "nat-none", "name: demo\nnetwork: {nat: none}\n", "nat_none_needs_endpoints", "network.endpoints", (2, 1), "endpoints: full"
    ),
    ConfigCase(
        "block-small",
        "name: demo\nnetwork: {cidr: 10.0.0.0/22}\nbatch: {pools: {gpu48: {instance_types: [g6e.xlarge], max_vcpus: 10000}}}\n",
        "cidr_too_small",
        "network.cidr",
        (2, 17),
        "/16",
    ),
    ConfigCase(
        "subnet-twice",
        "name: demo\nnetwork: {existing: {vpc_id: vpc-12345678, subnet_ids: [subnet-12345678, subnet-12345678]}}\n",
        "existing_network_zones",
        "network.existing.subnet_ids",
        (2, 56),
    ),
    ConfigCase("cluster-on", "name: demo\ncluster: {enabled: true}\n", "cluster_not_available", "cluster.enabled", (2, 20), "false"),
    ConfigCase("tag-of-aws", 'name: demo\ntags: {"aws:owner": x}\n', "tag_reserved", "tags.aws:owner", (2, 21), "rename"),
    ConfigCase("tag-of-ours", 'name: demo\ntags: {"cosmosctl:deployment": x}\n', "tag_reserved", "tags.cosmosctl:deployment", (2, 32)),
    ConfigCase("tags-many", "name: demo\ntags:\n" + "".join(f"  k{n}: v\n" for n in range(46)), "tag_count", "tags", (3, 3), "at most 45"),
    ConfigCase("tags-by-case", "name: demo\ntags: {owner: a, Owner: b}\n", "tag_case", "tags.Owner", (2, 25), "remove"),
    ConfigCase(
        "emails-many",
        f"name: demo\nbudget: {{emails: [{', '.join(f'a{n}@example.com' for n in range(11))}]}}\n",
        "budget_emails",
        "budget.emails",
        (2, 18),
        "mailing list",
    ),
    ConfigCase(
        "email-twice", "name: demo\nbudget: {emails: [a@example.com, A@example.com]}\n", "budget_emails", "budget.emails", (2, 18), "twice"
    ),
    ConfigCase(
        "pools-many",
        "name: demo\nbatch:\n  pools:\n" + "".join(f"    p{n}: {{instance_types: [g6e.2xlarge], max_vcpus: 8}}\n" for n in range(26)),
        "too_many_pools",
        "batch.pools",
        (4, 5),
        "merge",
    ),
]

OVERRIDES = [
    ConfigCase("set-unknown-key", "name: demo\n", "unknown_key", "regoin", None, "`region`", "from --set regoin", sets=("regoin=us-east-1",)),
    ConfigCase("set-wrong-value", "name: demo\n", "wrong_type", "network.zones", None, "", "from --set network.zones", sets=("network.zones=many",)),
    ConfigCase("set-breaks-rule", "name: demo\n", "max_vcpus_too_small", "batch.pools.gpu48.max_vcpus", None, "8", "from --set", sets=("batch.pools.gpu48.max_vcpus=2",)),
    ConfigCase("set-no-value", "name: demo\n", "", "--set", None, "--set batch", "KEY=VALUE", code="usage", sets=("region",)),
    ConfigCase("set-list-entry", "name: demo\n", "", "--set", None, "whole list", "", code="usage", sets=("budget.emails[0]=a@b.co",)),
    ConfigCase("set-bad-yaml", "name: demo\n", "", "--set", None, "quote", "", code="usage", sets=("batch.pools={a: [",)),
    ConfigCase("env-wrong-value", "name: demo\n", "not_allowed", "target", None, "sandbox", "from COSMOSCTL_TARGET", env={"COSMOSCTL_TARGET": "sandbx"}),
    ConfigCase("env-bad-name", "name: demo\n", "bad_form", "name", None, "my-lab", "from COSMOSCTL_NAME", env={"COSMOSCTL_NAME": "My Lab"}),
]  # fmt: skip

CONFIG_CASES = [*SYNTAX, *SHAPE, *RULES, *OVERRIDES]

PARAM_CASES = [
    ParamCase("unknown", "predict", "2B", "video2world", {"step": "10"}, "parameter_unknown", "parameters.step", "`steps`"),
    ParamCase(
        "not-a-number", "predict", "2B", "video2world", {"steps": "many"}, "parameter_invalid", "parameters.steps", "", "whole number"
    ),
    ParamCase("fraction", "predict", "2B", "video2world", {"seed": "1.5"}, "parameter_invalid", "parameters.seed", "", "whole number"),
    ParamCase("out-of-range", "predict", "2B", "video2world", {"steps": "0"}, "parameter_invalid", "parameters.steps", "", "1 to 200"),
    ParamCase("not-4k+1", "predict", "2B", "video2world", {"frames": "60"}, "parameter_invalid", "parameters.frames", "4k+1", "57 or 61"),
    ParamCase(
        "frames-by-alias",
        "predict",
        "2B",
        "video2world",
        {"NUM_OUTPUT_FRAMES": "94"},
        "parameter_invalid",
        "parameters.frames",
        "",
        "5 to 93",
    ),
    ParamCase("choice", "predict", "2B", "video2world", {"height": "720"}, "parameter_invalid", "parameters.height", "", "allowed: 704"),
    ParamCase("nan", "predict", "2B", "video2world", {"guidance": "nan"}, "parameter_invalid", "parameters.guidance", "", "finite"),
    ParamCase(
        "infinite", "reason", "2B", "video2text", {"temperature": "inf"}, "parameter_invalid", "parameters.temperature", "", "finite"
    ),
    ParamCase(
        "twice-by-alias",
        "predict",
        "2B",
        "video2world",
        {"steps": "10", "num_steps": "20"},
        "parameter_twice",
        "parameters.num_steps",
        "once",
    ),
    ParamCase(
        "not-boolean",
        "reason",
        "2B",
        "video2text",
        {"reasoning": "maybe"},
        "parameter_invalid",
        "parameters.reasoning",
        "",
        "true or false",
    ),
    ParamCase(
        "long-text",
        "reason",
        "2B",
        "video2text",
        {"system_prompt": "x" * 4001},
        "parameter_invalid",
        "parameters.system_prompt",
        "",
        "at most 4000",
    ),
    ParamCase("empty-prompt", "reason", "2B", "video2text", {"prompt": "  "}, "prompt_empty", "parameters.prompt", "default prompt"),
    ParamCase("long-prompt", "predict", "2B", "text2world", {"PROMPT": "x" * 4001}, "prompt_too_long", "parameters.PROMPT", "shorten"),
    ParamCase("distilled-video", "predict", "distilled", "video2world", {}, "variant_task", "task", "--variant 2B", "text2world only"),
    ParamCase("unknown-variant", "predict", "7B", "video2world", {}, "unknown_variant", "variant", "", "'7B'"),
    ParamCase("unknown-task", "predict", "2B", "video2wrld", {}, "unknown_task", "task", "`video2world`"),
    ParamCase(
        "invalidate-garbage",
        "reason",
        "2B",
        "video2text",
        {"INVALIDATE_COSMOS_MODELS": "perhaps"},
        "parameter_invalid",
        "parameters.INVALIDATE_COSMOS_MODELS",
    ),
]
