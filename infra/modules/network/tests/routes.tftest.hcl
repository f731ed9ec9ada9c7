# Identifiers are known only once something is applied, so these are applied with a mocked provider.
mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix = "cosmosctl-demo"
  region = "us-east-1"
}

run "s3_is_reached_directly_from_every_private_subnet" {
  command = apply

  assert {
    condition     = length(aws_route_table_association.private) == length(aws_subnet.private) && length(aws_subnet.private) == 3
    error_message = "Each subnet has a table."
  }

  assert {
    condition     = toset(aws_vpc_endpoint.s3[0].route_table_ids) == toset([for item in aws_route_table_association.private : item.route_table_id])
    error_message = "Every table of a subnet with hosts has the gateway endpoint; weights must not pay for NAT."
  }

  assert {
    condition     = alltrue([for zone, item in aws_route_table_association.private : item.subnet_id == aws_subnet.private[zone].id])
    error_message = "The tables are those of the private subnets."
  }
}

run "also_without_a_way_to_the_internet" {
  command = apply

  variables {
    nat       = "none"
    endpoints = "full"
    zones     = 4
    cidr      = "10.40.0.0/16"
  }

  assert {
    condition     = length(aws_vpc_endpoint.s3[0].route_table_ids) == 4 && toset(aws_vpc_endpoint.s3[0].route_table_ids) == toset([for table in aws_route_table.private : table.id])
    error_message = "Four zones, four tables."
  }
}
