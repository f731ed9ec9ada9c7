mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  name        = "cosmosctl-demo/hf-token"
  description = "Hugging Face token"
}

# One wrong value for each variable at a time: a run ends at its variables, so many of them cost as much as one.
# name with space, description empty, kms wrong, recovery three
run "rejects_1" {
  command = plan

  variables {
    name          = "hf token"
    description   = ""
    kms_key_arn   = "key"
    recovery_days = 3
  }

  expect_failures = [var.name, var.description, var.kms_key_arn, var.recovery_days]
}
