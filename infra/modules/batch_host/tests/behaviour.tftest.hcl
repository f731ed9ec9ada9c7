mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  vpc_id        = "vpc-0123456789abcdef0"
}

run "least" {
  command = plan

  assert {
    condition     = length(aws_iam_role_policy_attachment.this) == 1
    error_message = "The ECS agent's policy only."
  }

  assert {
    condition     = aws_iam_role.this.name == "cosmosctl-demo-1a2b3c4d-host"
    error_message = "Name."
  }
}

run "with_session_manager" {
  command = plan

  variables {
    enable_session_manager = true
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.this) == 2
    error_message = "And the one of Systems Manager."
  }
}
