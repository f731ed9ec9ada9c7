mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix      = "cosmosctl-demo"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  vpc_id      = "vpc-0123456789abcdef0"
  subnets_by_zone = {
    "us-east-1a" = "subnet-a"
    "us-east-1b" = "subnet-b"
  }
  allowed_cidrs = ["10.40.0.0/16"]
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix dot, vpc wrong, no subnets, whole internet, kms wrong, account wrong, root user
run "rejects_1" {
  command = plan

  variables {
    prefix = "a.b"
    vpc_id = "x"
    subnets_by_zone = {
    }
    allowed_cidrs = ["0.0.0.0/0"]
    kms_key_arn   = "key"
    account_id    = "abc"
    posix_id      = 0
  }

  expect_failures = [var.prefix, var.vpc_id, var.subnets_by_zone, var.allowed_cidrs, var.kms_key_arn, var.account_id, var.posix_id]
}

# nobody allowed
run "rejects_2" {
  command = plan

  variables {
    allowed_cidrs = []
    allowed_security_groups = {
    }
  }

  expect_failures = [var.allowed_security_groups]
}
