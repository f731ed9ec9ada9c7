mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix = "cosmosctl-demo"
  region = "us-east-1"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix with capitals, region without number, cidr is no block, zones zero, endpoints unknown, existing vpc id
run "rejects_1" {
  command = plan

  variables {
    prefix    = "Cosmos"
    region    = "us-east"
    cidr      = "10.40.0.0"
    zones     = 0
    endpoints = "some"
    existing = {
      vpc_id     = "demo"
      subnet_ids = ["subnet-0123456789abcdef0"]
    }
  }

  expect_failures = [var.prefix, var.region, var.cidr, var.zones, var.endpoints, var.existing]
}

# cidr with host bits, zones five, existing without subnets
run "rejects_2" {
  command = plan

  variables {
    cidr  = "10.40.0.1/16"
    zones = 5
    existing = {
      vpc_id     = "vpc-0123456789abcdef0"
      subnet_ids = []
    }
  }

  expect_failures = [var.cidr, var.zones, var.existing]
}

# cidr too large, existing subnet twice
run "rejects_3" {
  command = plan

  variables {
    cidr = "10.0.0.0/8"
    existing = {
      vpc_id     = "vpc-0123456789abcdef0"
      subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef0"]
    }
  }

  expect_failures = [var.cidr, var.existing]
}

# cidr too small, existing subnet id
run "rejects_4" {
  command = plan

  variables {
    cidr = "10.40.0.0/24"
    existing = {
      vpc_id     = "vpc-0123456789abcdef0"
      subnet_ids = ["sn-1"]
    }
  }

  expect_failures = [var.cidr, var.existing]
}

# cidr public
run "rejects_5" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

# nat unknown
run "rejects_6" {
  command = plan

  variables {
    nat = "two"
  }

  expect_failures = [var.nat]
}

# nat none without endpoints
run "rejects_7" {
  command = plan

  variables {
    nat       = "none"
    endpoints = "minimal"
  }

  expect_failures = [var.nat]
}

# existing subnet of another vpc
run "rejects_8" {
  command = plan

  variables {
    existing = {
      vpc_id     = "vpc-0aaaaaaaaaaaaaaa0"
      subnet_ids = ["subnet-0123456789abcdef0"]
    }
  }

  expect_failures = [data.aws_subnet.existing]
}
