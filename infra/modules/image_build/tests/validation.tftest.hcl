mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  region        = "us-east-1"
  account_id    = "123456789012"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  bucket_arn    = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
  log_group     = "/cosmosctl/demo/image-build"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix wrong, unique prefix wrong, region wrong, account wrong, kms wrong, bucket name instead of arn, log group relative, compute type small, timeout zero, keep one
run "rejects_1" {
  command = plan

  variables {
    prefix          = "A"
    unique_prefix   = "A"
    region          = "x"
    account_id      = "1"
    kms_key_arn     = "key"
    bucket_arn      = "data"
    log_group       = "logs"
    compute_type    = "BUILD_GENERAL1_SMALL"
    timeout_minutes = 0
    keep_images     = 1
  }

  expect_failures = [var.prefix, var.unique_prefix, var.region, var.account_id, var.kms_key_arn, var.bucket_arn, var.log_group, var.compute_type, var.timeout_minutes, var.keep_images]
}
