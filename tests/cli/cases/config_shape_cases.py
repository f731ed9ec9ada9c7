"""Files that are no YAML, or not of the shape of the model."""

from __future__ import annotations

from tests.cli.cases.kinds import ConfigCase, laughs, pool

SYNTAX = [
    ConfigCase("empty", "", "empty_file", "", (1, 1), "cosmosctl init", "empty"),
    ConfigCase("only-comments", "# nothing\n\n# here\n", "empty_file", "", (1, 1), "cosmosctl init"),
    ConfigCase("tab", "name: demo\nnetwork:\n\tzones: 3\n", "yaml_syntax", "", (3, 1), "spaces", "tab"),
    ConfigCase("two-colons", "name: demo\nregion: us-east-1: b\n", "yaml_syntax", "", (2, 18), "quote", "':'"),
    ConfigCase("open-bracket", "name: demo\ntags: {owner: [a\n", "yaml_syntax", "", (3, 1), "brackets"),
    ConfigCase("open-quote", 'name: "demo\n', "yaml_syntax", "", (2, 1), "quotes"),
    ConfigCase("two-documents", "name: demo\n---\nname: other\n", "yaml_syntax", "", (2, 1), "one deployment", "'---'"),
    ConfigCase("no-colon", "name: demo\nregion\ntarget: sandbox\n", "yaml_syntax", "", (2, 1), "", "':'"),
    ConfigCase("unknown-alias", "name: *nobody\n", "yaml_syntax", "", (1, 7), "anchor", "nobody"),
    ConfigCase("control-character", "name: de\x07mo\n", "yaml_syntax", "", (1, 9), "UTF-8", "U+0007"),
    ConfigCase("alias-bomb", laughs(), "yaml_too_big", "", None, "anchors"),
    ConfigCase("alias-of-itself", "name: demo\ntags: &t\n  a: *t\n", "yaml_too_big", "", None, "aliases"),
    ConfigCase("deep", "name: " + "[" * 5000 + "]" * 5000, "yaml_too_big", "", None),
    ConfigCase("python-tag", "name: !!python/object/apply:os.system [x]\n", "yaml_tag", "name", (1, 7)),
    ConfigCase("custom-tag", "name: !secret demo\n", "yaml_tag", "name", (1, 7), "plain value", "!secret"),
    ConfigCase("list-at-the-top", "- name: demo\n", "wrong_type", "", (1, 1), "", "map of keys"),
    ConfigCase("text-at-the-top", "demo\n", "wrong_type", "", (1, 1)),
    ConfigCase("duplicate-key", "name: demo\nregion: us-east-1\nname: other\n", "duplicate_key", "name", (3, 1), "keep one", "line 1"),
    ConfigCase(
        "duplicate-deep",
        pool("max_vcpus: 8, max_vcpus: 16, instance_types: [g6e.2xlarge]"),
        "duplicate_key",
        "batch.pools.gpu48.max_vcpus",
        (4, 27),
    ),
    ConfigCase("list-as-key", "name: demo\n? [a, b]\n: c\n", "bad_key", "", (2, 3), "quote"),
    ConfigCase("latin-1", "name: demo\ntags: {owner: Müller}\n".encode("latin-1"), "", "cosmosctl.yaml", None, "UTF-8", "0xfc in line 2"),
    ConfigCase("utf-16", "name: demo\n".encode("utf-16"), "", "cosmosctl.yaml", None, "UTF-8"),
    ConfigCase("huge", "# " + "x" * (1024 * 1024) + "\nname: demo\n", "", "cosmosctl.yaml", None, "-f", "larger than 1 MiB"),
]

SHAPE = [
    ConfigCase("no-name", "region: us-east-1\n", "missing_key", "name", (1, 1), "add `name"),
    ConfigCase("empty-name", "name:\n", "wrong_type", "name", (1, 1), "", "nothing"),
    ConfigCase("name-upper-case", "name: Demo\n", "bad_form", "name", (1, 7), "demo", "a-z"),
    ConfigCase("name-underscore", "name: my_demo\n", "bad_form", "name", (1, 7), "my-demo"),
    ConfigCase("name-too-long", "name: " + "a" * 21 + "\n", "bad_form", "name", (1, 7), "", "3 to 20"),
    ConfigCase("name-short", "name: ab\n", "bad_form", "name", (1, 7)),
    ConfigCase("name-number", "name: 123\n", "wrong_type", "name", (1, 7), 'quote it: name: "123"'),
    ConfigCase("version-unknown", "version: 2\nname: demo\n", "not_allowed", "version", (1, 10), "", "allowed: 1"),
    ConfigCase("unknown-key", "name: demo\nregoin: us-east-1\n", "unknown_key", "regoin", (2, 1), "did you mean `region`?"),
    ConfigCase("unknown-deep", "name: demo\nnetwork:\n  zone: 3\n", "unknown_key", "network.zone", (3, 3), "`zones`"),
    ConfigCase("wrong-level", "name: demo\nmax_vcpus: 8\n", "unknown_key", "max_vcpus", (2, 1), "batch.pools.<name>.max_vcpus"),
    ConfigCase("stranger", "name: demo\nxyzzy: 8\n", "unknown_key", "xyzzy", (2, 1), "known keys here"),
    ConfigCase("target-slip", "name: demo\ntarget: snadbox\n", "not_allowed", "target", (2, 9), "did you mean `sandbox`?", "sandbox, aws"),
    ConfigCase("target-boolean", "name: demo\ntarget: true\n", "not_allowed", "target", (2, 9)),
    ConfigCase("region-form", "name: demo\nregion: useast1\n", "bad_form", "region", (2, 9), "", "us-east-1"),
    ConfigCase("zones-text", 'name: demo\nnetwork: {zones: "3"}\n', "wrong_type", "network.zones", (2, 18), "remove the quotes"),
    ConfigCase("zones-many", "name: demo\nnetwork: {zones: 9}\n", "out_of_range", "network.zones", (2, 18), "at most 4"),
    ConfigCase("zones-fraction", "name: demo\nnetwork: {zones: 2.5}\n", "wrong_type", "network.zones", (2, 18), "", "whole number"),
    ConfigCase("cidr-garbage", "name: demo\nnetwork: {cidr: 10.x}\n", "invalid_value", "network.cidr", (2, 17), "", "IPv4"),
    ConfigCase("cidr-host-bits", "name: demo\nnetwork: {cidr: 10.40.0.1/16}\n", "invalid_value", "network.cidr", (2, 17), "", "host bits"),
    ConfigCase("cidr-large", "name: demo\nnetwork: {cidr: 10.0.0.0/8}\n", "invalid_value", "network.cidr", (2, 17), "", "/16 and /22"),
    ConfigCase("cidr-public", "name: demo\nnetwork: {cidr: 8.8.0.0/16}\n", "invalid_value", "network.cidr", (2, 17), "", "private"),
    ConfigCase("nat-slip", "name: demo\nnetwork: {nat: per_zone}\n", "not_allowed", "network.nat", (2, 16), "`per-zone`"),
    ConfigCase(
        "vpc-id",
        "name: demo\nnetwork: {existing: {vpc_id: my-vpc, subnet_ids: [subnet-12345678]}}\n",
        "bad_form",
        "network.existing.vpc_id",
        (2, 30),
    ),
    ConfigCase(
        "no-subnets",
        "name: demo\nnetwork: {existing: {vpc_id: vpc-12345678, subnet_ids: []}}\n",
        "too_short",
        "network.existing.subnet_ids",
        (2, 56),
    ),
    ConfigCase(
        "no-vpc", "name: demo\nnetwork: {existing: {subnet_ids: [subnet-12345678]}}\n", "missing_key", "network.existing.vpc_id", (2, 11)
    ),
    ConfigCase(
        "switch-as-text", 'name: demo\ndata: {keep_on_cleanup: "yes"}\n', "wrong_type", "data.keep_on_cleanup", (2, 25), "", "true or false"
    ),
    ConfigCase(
        "types-not-a-list", pool("instance_types: g6e.2xlarge"), "wrong_type", "batch.pools.gpu48.instance_types", (4, 29), "[g6e.2xlarge]"
    ),
    ConfigCase("types-empty", pool("instance_types: []"), "too_short", "batch.pools.gpu48.instance_types", (4, 29)),
    ConfigCase(
        "types-missing", pool("max_vcpus: 64"), "missing_key", "batch.pools.gpu48.instance_types", (4, 5), "under `batch.pools.gpu48`"
    ),
    ConfigCase("type-form", pool("instance_types: [g6e]"), "bad_form", "batch.pools.gpu48.instance_types[0]", (4, 30), "", "g6e.2xlarge"),
    ConfigCase(
        "purchase-slip",
        pool("instance_types: [g6e.2xlarge], purchase: spot_first"),
        "not_allowed",
        "batch.pools.gpu48.purchase",
        (4, 54),
        "`spot-first`",
    ),
    ConfigCase(
        "warm-boolean",
        pool("instance_types: [g6e.2xlarge], warm_instances: true"),
        "wrong_type",
        "batch.pools.gpu48.warm_instances",
        (4, 60),
    ),
    ConfigCase(
        "scale-down-short",
        pool("instance_types: [g6e.2xlarge], scale_down_minutes: 5"),
        "out_of_range",
        "batch.pools.gpu48.scale_down_minutes",
        (4, 64),
        "at least 20",
    ),
    ConfigCase(
        "pool-name",
        "name: demo\nbatch: {pools: {GPU48: {instance_types: [g6e.2xlarge]}}}\n",
        "bad_form",
        "batch.pools.GPU48",
        (2, 17),
        "gpu48",
    ),
    ConfigCase("pools-a-list", "name: demo\nbatch: {pools: [gpu48]}\n", "wrong_type", "batch.pools", (2, 16), "", "a map"),
    ConfigCase(
        "cluster-version-number", "name: demo\ncluster: {version: 1.30}\n", "wrong_type", "cluster.version", (2, 20), '"1.30"', "1.30"
    ),
    ConfigCase("email", "name: demo\nbudget: {emails: [robotics]}\n", "bad_form", "budget.emails[0]", (2, 19), "", "example.com"),
    ConfigCase("budget-text", "name: demo\nbudget: {monthly_usd: $500}\n", "wrong_type", "budget.monthly_usd", (2, 23)),
    ConfigCase("budget-zero", "name: demo\nbudget: {monthly_usd: 0}\n", "out_of_range", "budget.monthly_usd", (2, 23), "at least 1"),
    ConfigCase(
        "tag-number", "name: demo\ntags: {cost-center: 1234}\n", "wrong_type", "tags.cost-center", (2, 21), 'quote it: cost-center: "1234"'
    ),
    ConfigCase("tag-key", 'name: demo\ntags: {"a*b": x}\n', "bad_form", "tags.a*b", (2, 8)),
    ConfigCase("tag-value-long", f"name: demo\ntags: {{owner: {'x' * 257}}}\n", "too_long", "tags.owner", (2, 15), "256"),
    ConfigCase(
        "token-itself",
        "name: demo\nhuggingface: {token_env: hf_abc-def}\n",
        "bad_form",
        "huggingface.token_env",
        (2, 26),
        "",
        "never the token",
    ),
    ConfigCase("retention", "name: demo\nlogs: {retention_days: 31}\n", "not_allowed", "logs.retention_days", (2, 24), "", "30, 60"),
    ConfigCase("section-a-text", "name: demo\nnetwork: big\n", "wrong_type", "network", (2, 10), "", "a map of keys"),
]
