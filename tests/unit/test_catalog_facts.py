"""The catalogue against independent sources: EC2's own instance data, the locked dependencies, the Terraform stacks."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from pathlib import Path

import moto
import pytest

from cosmosctl.catalog import gpus, limits, prices, quotas, regions
from cosmosctl.catalog.versions import as_data, at_least, versions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ec2_types() -> dict[str, dict[str, object]]:
    path = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    with gzip.open(path) as stream:
        return dict(json.load(stream))


@pytest.mark.parametrize("name", sorted(gpus.catalogue()))
def test_type_agrees_with_ec2(name: str, ec2_types: dict[str, dict[str, dict[str, object]]]) -> None:
    mine, theirs = gpus.catalogue()[name], ec2_types[name]
    gpu = theirs["GpuInfo"]["Gpus"][0]  # type: ignore[index]
    assert mine.vcpus == theirs["VCpuInfo"]["DefaultVCpus"]
    assert mine.ram_gib * 1024 == theirs["MemoryInfo"]["SizeInMiB"]
    assert mine.gpus == gpu["Count"]
    assert mine.nvme_gb == theirs["InstanceStorageInfo"]["TotalSizeInGB"]
    assert theirs["ProcessorInfo"]["SupportedArchitectures"] == ["x86_64"]
    if mine.gpu.name != "T4":  # EC2 gives the label there, not what is usable
        assert mine.gpu.usable_mib == gpu["MemoryInfo"]["SizeInMiB"]
    network = str(theirs["NetworkInfo"]["NetworkPerformance"])
    assert mine.burst == network.startswith("Up to")
    assert mine.network_gbps == eval(network.removeprefix("Up to ").removesuffix(" Gigabit").replace("x ", "*"))


def test_every_gpu_type_of_ec2_is_known_or_refused(ec2_types: dict[str, dict[str, object]]) -> None:
    for name, data in ec2_types.items():
        if "GpuInfo" in data and not name.endswith(".metal"):
            assert gpus.find(name) or name.split(".")[0] in gpus.UNUSABLE, name


def test_usable_memory_is_never_above_the_label_by_more_than_rounding() -> None:
    for item in gpus.catalogue().values():
        assert item.gpu.usable_mib <= (item.gpu.memory_gib + 1) * 1024
        assert 0 < item.container_mib < item.ram_gib * 1024


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("g6f.large", "fraction"),
        ("g5g.xlarge", "ARM"),
        ("g6e.3xlarge", "not a size of g6e"),
        ("m5.large", "no NVIDIA GPU"),
        ("g99.large", "not in the catalogue"),
    ],
)
def test_why_not(name: str, reason: str) -> None:
    assert gpus.find(name) is None
    assert reason in gpus.why_not(name)


def test_closest_and_smallest() -> None:
    assert gpus.closest("g6e.2xlrge") == "g6e.2xlarge"
    assert gpus.closest("qqqqqq") == ""
    unit = gpus.smallest(["g6e.4xlarge", "nonsense.large", "g6e.2xlarge"])
    assert unit is not None
    assert unit.name == "g6e.2xlarge"
    assert gpus.smallest(["nonsense.large"]) is None


@pytest.mark.parametrize(
    ("name", "purchase", "code"),
    [
        ("g6e.2xlarge", "ondemand", "L-DB2E81BA"), ("gr6.4xlarge", "spot", "L-3819A6DF"), ("p5.48xlarge", "on-demand", "L-417A185B"),
        ("p4d.24xlarge", "spot", "L-7212CCBC"), ("p5en.48xlarge", "spot", "L-C4BD4855"), ("p6-b200.48xlarge", "ondemand", "L-417A185B"),
    ],
)  # fmt: skip
def test_quota_codes(name: str, purchase: str, code: str) -> None:
    assert quotas.quota_for(name, purchase).code == code


def test_unknown_quota_says_so() -> None:
    quota = quotas.quota_for("p6-b200.48xlarge", "spot")
    assert not quota.known
    assert "disagree" in quota.note
    assert not quotas.quota_for("m5.large", "ondemand").known
    assert quotas.purchases("spot-first") == ("spot", "ondemand")


def test_every_price_is_of_a_known_type() -> None:
    for name in gpus.catalogue():
        price = prices.price_per_hour(name)
        assert price is None or 0.3 < price.low == price.high < 200
    listed = [name for name in gpus.catalogue() if prices.price_per_hour(name)]
    assert len(listed) == 26  # all of the dated table
    for name in listed:
        spot, on_demand = prices.price_per_hour(name, "spot"), prices.price_per_hour(name)
        assert spot is None or (on_demand and spot.low < spot.high <= on_demand.low)


def test_price_note_names_date_and_region() -> None:
    price = prices.price_per_hour("g6e.2xlarge", "spot")
    assert price is not None
    assert price.date in price.note("us-east-1")
    assert "may differ" not in price.note("us-east-1")
    assert "eu-west-1 may differ" in price.note("eu-west-1")
    assert prices.price_per_hour("p5e.48xlarge") is None


def test_price_of_100_samples_matches_the_published_arithmetic() -> None:
    """Reason 2B, 20 inputs a job on four GPUs: 18.5 fixed minutes, 3.5 a sample; 4.43 minutes each on one GPU."""
    price = prices.price_per_hour("g6e.2xlarge")
    assert price is not None
    low, high = prices.price_per_100_samples(price, fixed_minutes=18.5, sample_minutes=3.5, samples_per_shard=20)
    assert low == high == pytest.approx(100 * 4.425 / 60 * 2.242)
    big = prices.price_per_hour("g6e.12xlarge")
    assert big is not None
    shared, _ = prices.price_per_100_samples(big, fixed_minutes=18.5, sample_minutes=3.5, samples_per_shard=20)
    assert shared == pytest.approx(100 * 4.425 / 60 * 10.493 / 4)


def test_cheapest() -> None:
    price = prices.cheapest(["p5.4xlarge", "g7e.2xlarge", "p5e.48xlarge"])
    assert price is not None
    assert price.instance_type == "g7e.2xlarge"
    assert prices.cheapest(["p5e.48xlarge"]) is None


def test_versions_agree_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={versions().python_minimum}"
    assert f"moto=={versions().moto}" in " ".join(project["optional-dependencies"]["sandbox"])
    assert as_data()["schema"] == 1


@pytest.mark.parametrize("stack", ["foundation", "batch", "model_batch"])
def test_versions_agree_with_the_stacks(stack: str) -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "infra" / "stacks" / stack).glob("*.tf"))
    found = re.search(r'source\s*=\s*"hashicorp/aws"\s*\n\s*version\s*=\s*"=?\s*([\d.]+)"', text)
    assert found
    assert found[1] == versions().terraform_providers["hashicorp/aws"]
    required = re.search(r'required_version\s*=\s*">=\s*([\d.]+)', text)
    assert required
    assert at_least(required[1], versions().terraform_minimum)
    assert at_least(versions().terraform_tested, required[1])


def test_versions_compare_as_numbers() -> None:
    assert at_least("1.10.0", "1.9.8")
    assert at_least("v1.11.4", "1.11.4")
    assert not at_least("1.9.8", "1.10")
    assert at_least("1.10", "1.10.0")
    assert not at_least("570.86.15", "570.124.06")


def test_limits_fit_together() -> None:
    assert limits.TAGS_USER_MAX == 45
    assert limits.ARRAY_MAX == 10_000
    assert limits.S3_PART_MIN_BYTES * limits.S3_PARTS_MAX > limits.S3_PUT_MAX_BYTES
    assert len(set(regions.REGIONS)) == len(regions.REGIONS)
