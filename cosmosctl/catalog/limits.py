"""Limits of AWS services as numbers with names, in one place for rules, submission and comparisons with Terraform.

Source: the service limit pages and the botocore service models. Must not know what is checked against them.
"""

from __future__ import annotations

# AWS Batch
SUBMIT_JOBS_PER_SECOND = 50
ARRAY_MIN, ARRAY_MAX = 2, 10_000
QUEUES, COMPUTE_ENVIRONMENTS = 50, 50
ENVIRONMENTS_PER_QUEUE = 3
JOB_DEFINITION_BYTES = 24 * 1024
SUBMIT_BYTES = 30 * 1024
RETRY_ATTEMPTS_MAX = 10
EVALUATE_ON_EXIT_MAX = 5
ATTEMPT_SECONDS_MIN = 60
RUNNABLE_SECONDS_MIN, RUNNABLE_SECONDS_MAX = 600, 86_400
SCALE_DOWN_MINUTES_MIN, SCALE_DOWN_MINUTES_MAX = 20, 10_080
DESCRIBE_JOBS_IDS = 100
CANCEL_JOBS_IDS = 50
LIST_JOBS_PAGE = 1_000
BATCH_NAME = 128  # queues, compute environments, job definitions, jobs

# S3
S3_PAGE = 1_000
S3_PART_MIN_BYTES = 5 * 1024 * 1024
S3_PARTS_MAX = 10_000
S3_PUT_MAX_BYTES = 5 * 1024**3
S3_KEY_BYTES = 1_024

# Names
BUCKET_NAME = 63
IAM_ROLE_NAME = 64
IAM_NAME_PREFIX = 38
ECR_REPOSITORY_NAME = 256
CODEBUILD_PROJECT_NAME = 150
LOG_GROUP_NAME = 512
SECRET_NAME = 512
KMS_ALIAS_NAME = 256
TERRAFORM_SUFFIX = 26  # what `*_name_prefix` appends to make a name unique

# Tags
TAGS_PER_RESOURCE = 50
TAGS_RESERVED = 5  # ours, and one to spare for the service itself
TAGS_USER_MAX = TAGS_PER_RESOURCE - TAGS_RESERVED
TAG_KEY, TAG_VALUE = 128, 256
TAG_PREFIXES_RESERVED = ("aws:", "cosmosctl:")

# VPC
VPC_PREFIX_MIN, VPC_PREFIX_MAX = 16, 28
SUBNET_ADDRESSES_RESERVED = 5
SUBNET_ADDRESSES_MIN = 64  # hosts, endpoint and NAT interfaces and Batch's own spare

# Secrets Manager
SECRET_RECOVERY_DAYS_MIN, SECRET_RECOVERY_DAYS_MAX = 7, 30
