mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  vpc_id        = "vpc-0123456789abcdef0"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# prefix wrong, unique prefix too long, vpc wrong
run "rejects_1" {
  command = plan

  variables {
    prefix        = "-"
    unique_prefix = "cccccccccccccccccccccccccccccccccccccccc"
    vpc_id        = "x"
  }

  expect_failures = [var.prefix, var.unique_prefix, var.vpc_id]
}
