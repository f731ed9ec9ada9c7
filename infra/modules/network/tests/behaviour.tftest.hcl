mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix = "cosmosctl-demo"
  region = "us-east-1"
}

run "default" {
  command = plan

  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_subnet.public) == 3
    error_message = "Three zones, a private and a public subnet in each."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "One NAT gateway serves all zones."
  }

  assert {
    condition     = output.zones == tolist(["us-east-1a", "us-east-1b", "us-east-1c"])
    error_message = "Zones are taken in alphabetical order, so that they do not move."
  }

  assert {
    condition     = length(aws_vpc_endpoint.s3) == 1 && length(aws_vpc_endpoint.interface) == 0
    error_message = "Minimal means the S3 gateway only."
  }

  assert {
    condition     = length(aws_default_security_group.this) == 1
    error_message = "The default security group is locked."
  }
}

run "per_zone_nat" {
  command = plan

  variables {
    nat   = "per-zone"
    zones = 2
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_eip.nat) == 2
    error_message = "One NAT gateway per zone."
  }
}

run "no_nat" {
  command = plan

  variables {
    nat       = "none"
    endpoints = "full"
  }

  assert {
    condition     = length(aws_nat_gateway.this) + length(aws_internet_gateway.this) + length(aws_subnet.public) + length(aws_route.nat) + length(aws_route.internet) == 0
    error_message = "No way to the internet at all."
  }

  assert {
    condition     = sort(keys(aws_vpc_endpoint.interface)) == sort(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ecs", "ecs-agent", "ecs-telemetry", "sts", "batch"])
    error_message = "An interface endpoint for every service that a job host calls."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.endpoints : rule.cidr_ipv4 == var.cidr])
    error_message = "Endpoints are open to the VPC only."
  }
}

run "efs_endpoint" {
  command = plan

  variables {
    endpoints           = "full"
    enable_efs_endpoint = true
  }

  assert {
    condition     = contains(keys(aws_vpc_endpoint.interface), "elasticfilesystem")
    error_message = "The file system endpoint comes with the weight cache."
  }
}

run "four_zones_in_the_smallest_block" {
  command = plan

  variables {
    zones = 4
    cidr  = "192.168.4.0/22"
  }

  assert {
    condition     = length(distinct(concat([for s in aws_subnet.private : s.cidr_block], [for s in aws_subnet.public : s.cidr_block]))) == 8
    error_message = "Eight different blocks."
  }

  assert {
    condition     = aws_subnet.public["us-east-1d"].cidr_block == "192.168.7.176/28"
    error_message = "AWS allows nothing smaller than /28."
  }
}

run "existing" {
  command = plan

  variables {
    existing = {
      vpc_id     = "vpc-0123456789abcdef0"
      subnet_ids = ["subnet-0123456789abcdef0"]
    }
    endpoints = "full"
    nat       = "per-zone"
  }

  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.private) + length(aws_nat_gateway.this) + length(aws_vpc_endpoint.s3) + length(aws_vpc_endpoint.interface) + length(aws_default_security_group.this) == 0
    error_message = "An existing VPC is never changed."
  }

  assert {
    condition     = output.vpc_id == "vpc-0123456789abcdef0" && output.cidr == "10.99.0.0/16" && output.s3_endpoint_id == null
    error_message = "Outputs come from the existing VPC."
  }

  assert {
    condition     = output.zones == tolist(["us-east-1a"]) && length(output.subnet_ids) == 1
    error_message = "Zones come from the existing subnets."
  }
}
