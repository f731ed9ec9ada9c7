mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix           = "cosmosctl-demo"
  region           = "us-east-1"
  account_id       = "123456789012"
  bucket_name      = "cosmosctl-demo-1a2b3c4d-data"
  log_group_prefix = "/cosmosctl/demo"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix empty, bucket name capitals, region wrong, account short, log group prefix wildcard, expire zero, expire builds zero, key deletion too short
run "rejects_1" {
  command = plan

  variables {
    prefix                 = ""
    bucket_name            = "Data"
    region                 = "mars"
    account_id             = "12"
    log_group_prefix       = "/cosmosctl/*"
    expire_noncurrent_days = 0
    expire_builds_days     = 0
    key_deletion_days      = 1
  }

  expect_failures = [var.prefix, var.bucket_name, var.region, var.account_id, var.log_group_prefix, var.expire_noncurrent_days, var.expire_builds_days, var.key_deletion_days]
}

# bucket name too long, expire fraction
run "rejects_2" {
  command = plan

  variables {
    bucket_name            = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    expire_noncurrent_days = 1.5
  }

  expect_failures = [var.bucket_name, var.expire_noncurrent_days]
}
