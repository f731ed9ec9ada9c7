mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  name        = "cosmosctl-demo/hf-token"
  description = "Hugging Face token"
}

run "no_value" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this.recovery_window_in_days == 0
    error_message = "The name is free again after a cleanup."
  }
}
