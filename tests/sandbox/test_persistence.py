"""State outlives the server: S3 to the last acknowledged write, everything to the last snapshot, through kill -9."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cosmosctl.adapters import sandbox_process
from cosmosctl.adapters.session import SandboxSession

from .conftest import REGION, kill

TRUST = '{"Version":"2012-10-17","Statement":[]}'
WHERE = {"LocationConstraint": REGION}


class Restartable:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = SandboxSession(sandbox_process.ensure_started(folder), REGION)

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def kill_and_restart(self) -> None:
        kill(self.folder)
        self.session.close()
        self.session = SandboxSession(sandbox_process.ensure_started(self.folder), REGION)


@pytest.fixture
def server(own_folder: Path) -> Restartable:
    return Restartable(own_folder)


def test_acknowledged_s3_writes_survive_kill(server: Restartable) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=WHERE)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.create_bucket(Bucket="gone", CreateBucketConfiguration=WHERE)
    s3.delete_bucket(Bucket="gone")
    large = os.urandom(300_000)
    s3.put_object(Bucket="data", Key="large", Body=large, Metadata={"n": "1"}, Tagging="t=1")
    s3.put_object(Bucket="data", Key="small", Body=b"first")
    version = s3.put_object(Bucket="data", Key="small", Body=b"second")["VersionId"]
    for key in ("deleted", "deleted-together"):
        s3.put_object(Bucket="data", Key=key, Body=b"x")
    s3.delete_object(Bucket="data", Key="deleted")
    s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "deleted-together"}]})
    s3.copy_object(Bucket="data", Key="copy/ä &", CopySource={"Bucket": "data", "Key": "large"})
    server.kill_and_restart()
    s3 = server.client("s3")
    assert [item["Name"] for item in s3.list_buckets()["Buckets"]] == ["data"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="data")["Contents"]] == ["copy/ä &", "large", "small"]
    answer = s3.get_object(Bucket="data", Key="large")
    assert (answer["Body"].read() == large, answer["Metadata"]) == (True, {"n": "1"})
    assert s3.get_object_tagging(Bucket="data", Key="large")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert s3.get_object(Bucket="data", Key="copy/ä &")["Body"].read() == large
    assert s3.get_object(Bucket="data", Key="small")["VersionId"] == version
    assert len(s3.list_object_versions(Bucket="data", Prefix="small")["Versions"]) == 2
    assert len(s3.list_object_versions(Bucket="data", Prefix="deleted")["DeleteMarkers"]) == 2
    assert s3.get_bucket_tagging(Bucket="data")["TagSet"] == [{"Key": "a", "Value": "b"}]
    assert s3.get_bucket_versioning(Bucket="data")["Status"] == "Enabled"


def test_an_upload_goes_on_after_kill_and_leaves_one_copy(server: Restartable) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=WHERE)
    part = os.urandom(5 << 20)
    upload = s3.create_multipart_upload(Bucket="data", Key="video")["UploadId"]
    dropped = s3.create_multipart_upload(Bucket="data", Key="dropped")["UploadId"]
    s3.abort_multipart_upload(Bucket="data", Key="dropped", UploadId=dropped)
    which = {"Bucket": "data", "Key": "video", "UploadId": upload}
    first = s3.upload_part(**which, PartNumber=1, Body=part)["ETag"]
    server.kill_and_restart()
    s3 = server.client("s3")
    assert [item["Key"] for item in s3.list_multipart_uploads(Bucket="data")["Uploads"]] == ["video"]
    second = s3.upload_part(**which, PartNumber=2, Body=b"tail")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="data", Key="video")["Body"].read() == part + b"tail"
    stored = sum(path.stat().st_size for path in (server.folder / "objects").glob("??/*"))
    assert stored == len(part) + 4


def test_deleted_bodies_leave_the_disk(server: Restartable) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=WHERE)
    for _ in range(3):
        s3.put_object(Bucket="data", Key="k", Body=os.urandom(100_000))
    files = [path for path in (server.folder / "objects").glob("??/*") if path.is_file()]
    assert len(files) == 1
    stray = files[0].with_name("f" * 32)
    stray.write_bytes(b"written, never acknowledged")
    server.kill_and_restart()
    assert not stray.exists()
    server.client("s3").delete_object(Bucket="data", Key="k")
    assert [path for path in (server.folder / "objects").glob("??/*") if path.is_file()] == []


def test_everything_else_survives_a_saved_snapshot(server: Restartable) -> None:
    vpc = server.client("ec2").create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnet = server.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.3.1.0/24")["Subnet"]["SubnetId"]
    server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    server.client("iam").attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    sealed = server.client("kms").encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    asymmetric = server.client("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    how = {"KeyId": asymmetric, "Message": b"m", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    signature = server.client("kms").sign(**how)["Signature"]
    queue = server.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    server.client("secretsmanager").create_secret(Name="s", SecretString="value")
    server.client("logs").create_log_group(logGroupName="/g")
    server.client("efs").create_file_system(CreationToken="t", Tags=[{"Key": "Name", "Value": "n"}])
    server.client("ecr").create_repository(repositoryName="repo")
    server.client("ssm").put_parameter(Name="/p", Value="v", Type="SecureString")
    server.client("events").put_rule(Name="rule", EventPattern='{"source":["aws.ec2"]}')
    server.client("sns").create_topic(Name="t")
    assert sandbox_process.save(server.folder)["dirty"] is False
    server.kill_and_restart()
    assert server.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"] == vpc
    assert server.client("iam").list_attached_role_policies(RoleName="r")["AttachedPolicies"][0]["PolicyName"] == "AmazonS3ReadOnlyAccess"
    assert server.client("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"
    assert server.client("kms").verify(**how, Signature=signature)["SignatureValid"]
    url = queue.replace(queue.split("/")[2], server.session.endpoint.split("/")[2])
    assert server.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
    assert server.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "value"
    assert server.client("efs").describe_file_systems()["FileSystems"][0]["Name"] == "n"
    assert server.client("ssm").get_parameter(Name="/p", WithDecryption=True)["Parameter"]["Value"] == "v"
    # still usable: new things beside the restored ones, and a second generation of the snapshot
    server.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.3.2.0/24")
    server.client("iam").create_role(RoleName="r2", AssumeRolePolicyDocument=TRUST)
    sandbox_process.save(server.folder)
    server.kill_and_restart()
    assert len(server.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]) == 2
    assert {"r", "r2"} <= {item["RoleName"] for item in server.client("iam").list_roles()["Roles"]}


def test_releasing_the_terraform_lock_saves_before_it_is_answered(server: Restartable) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration=WHERE)
    s3.put_object(Bucket="state", Key="stacks/x/terraform.tfstate.tflock", Body=b"{}", IfNoneMatch="*")
    server.client("iam").create_role(RoleName="last", AssumeRolePolicyDocument=TRUST)
    s3.delete_object(Bucket="state", Key="stacks/x/terraform.tfstate.tflock")
    server.kill_and_restart()
    assert server.client("iam").get_role(RoleName="last")["Role"]["RoleName"] == "last"
    with pytest.raises(ClientError):
        server.client("s3").head_object(Bucket="state", Key="stacks/x/terraform.tfstate.tflock")


def test_settings_are_part_of_the_state(server: Restartable) -> None:
    control = sandbox_process.control(server.folder)
    control.settings(quotas={"ec2/L-DB2E81BA": 0}, capacity_denied=[{"purchase": "spot"}], batch_dwell_seconds=0.01)
    control.save()
    server.kill_and_restart()
    settings = sandbox_process.control(server.folder).settings()
    assert (settings["quotas"], settings["capacity_denied"]) == ({"ec2/L-DB2E81BA": 0}, [{"purchase": "spot"}])


def test_half_a_snapshot_is_never_read(server: Restartable) -> None:
    server.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
    sandbox_process.save(server.folder)
    (server.folder / "state.tmp").write_bytes(b"cosmosctl sandbox state\nhalf of")  # killed while writing the next one
    server.kill_and_restart()
    assert server.client("iam").get_role(RoleName="kept")


def test_reset_forgets_everything_and_works_on(server: Restartable) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=WHERE)
    s3.upload_fileobj(io.BytesIO(os.urandom(50_000)), "data", "k")
    server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    control = sandbox_process.control(server.folder)
    control.settings(quotas={"ec2/L-DB2E81BA": 0})
    control.add_faults({"kind": "delay", "service": "none"})
    sandbox_process.reset(server.folder)
    assert (control.settings()["quotas"], control.faults()) == ({}, [])
    assert s3.list_buckets()["Buckets"] == []
    assert [role["RoleName"] for role in server.client("iam").list_roles()["Roles"] if role["RoleName"] == "r"] == []
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=WHERE)
    server.kill_and_restart()
    assert server.client("s3").list_objects_v2(Bucket="data")["KeyCount"] == 0
    assert json.loads((server.folder / "sandbox.json").read_text())["endpoint"] == server.session.endpoint


def test_what_cannot_be_written_is_not_acknowledged(server: Restartable) -> None:
    """A folder in the way stands for a full disk: even root cannot write there."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="state", CreateBucketConfiguration=WHERE)
    s3.put_object(Bucket="state", Key="t.tfstate.tflock", Body=b"{}")
    server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    (server.folder / "state.tmp").mkdir()
    with pytest.raises(ClientError) as caught:
        s3.delete_object(Bucket="state", Key="t.tfstate.tflock")
    assert caught.value.response["Error"]["Code"] == "SandboxInternal"
    assert "state.tmp" in caught.value.response["Error"]["Message"]
    (server.folder / "state.tmp").rmdir()
    s3.delete_object(Bucket="state", Key="t.tfstate.tflock")
    server.kill_and_restart()
    assert server.client("iam").get_role(RoleName="r")
