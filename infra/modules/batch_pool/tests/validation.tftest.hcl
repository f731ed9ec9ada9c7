mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix               = "cosmosctl-demo"
  pool                 = "gpu48"
  instance_types       = ["g6e.2xlarge", "g6e.4xlarge"]
  subnet_ids           = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_ids   = ["sg-a"]
  instance_profile_arn = "arn:aws:iam::123456789012:instance-profile/cosmosctl-demo-host"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix wrong, pool name long, no types, purchase unknown, max vcpus zero, warm negative, image type old, no subnets, no groups, role instead of profile, disk too small, scratch relative, limit below ten minutes, tag without key
run "rejects_1" {
  command = plan

  variables {
    prefix                 = "A"
    pool                   = "aaaaaaaaaaaaaaaaa"
    instance_types         = []
    purchase               = "cheap"
    max_vcpus              = 0
    warm_instances         = -1
    image_type             = "ECS_AL2_NVIDIA"
    subnet_ids             = []
    security_group_ids     = []
    instance_profile_arn   = "arn:aws:iam::123456789012:role/x"
    disk_gib               = 20
    scratch_dir            = "scratch"
    runnable_limit_minutes = 9
    tags = {
      "" = "x"
    }
  }

  expect_failures = [var.prefix, var.pool, var.instance_types, var.purchase, var.max_vcpus, var.warm_instances, var.image_type, var.subnet_ids, var.security_group_ids, var.instance_profile_arn, var.disk_gib, var.scratch_dir, var.runnable_limit_minutes, var.tags]
}

# type twice, scratch with quote
run "rejects_2" {
  command = plan

  variables {
    instance_types = ["g6e.2xlarge", "g6e.2xlarge"]
    scratch_dir    = "/a'b"
  }

  expect_failures = [var.instance_types, var.scratch_dir]
}

# family only
run "rejects_3" {
  command = plan

  variables {
    instance_types = ["g6e"]
  }

  expect_failures = [var.instance_types]
}

# warm without vcpus
run "rejects_4" {
  command = plan

  variables {
    warm_instances = 1
  }

  expect_failures = [var.instance_vcpus]
}

# warm above the maximum
run "rejects_5" {
  command = plan

  variables {
    warm_instances = 4
    instance_vcpus = 8
    max_vcpus      = 16
  }

  expect_failures = [var.instance_vcpus]
}

# iops too few
run "rejects_6" {
  command = plan

  variables {
    disk_iops = 100
  }

  expect_failures = [var.disk_iops]
}

# throughput needs iops
run "rejects_7" {
  command = plan

  variables {
    disk_throughput_mib = 2000
  }

  expect_failures = [var.disk_throughput_mib]
}
