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

run "mounts_in_every_zone" {
  command = plan

  assert {
    condition     = length(aws_efs_mount_target.this) == 2
    error_message = "A mount target per zone."
  }

  assert {
    condition     = aws_efs_file_system.this.encrypted
    error_message = "Encrypted."
  }

  assert {
    condition     = aws_efs_access_point.this.posix_user[0].uid == 1000 && aws_efs_access_point.this.posix_user[0].gid == 1000
    error_message = "Access as the worker's user."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.cidr : rule.from_port == 2049 && rule.to_port == 2049])
    error_message = "Only NFS."
  }
}

run "from_a_group" {
  command = plan

  variables {
    allowed_cidrs = []
    allowed_security_groups = {
      hosts = "sg-0123456789abcdef0"
    }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.cidr) == 0 && length(aws_vpc_security_group_ingress_rule.group) == 1
    error_message = "From the group only."
  }
}
