mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  region        = "us-east-1"
  account_id    = "123456789012"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  blueprint     = "predict"
  variants = {
    "2B" = {
      image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      engine            = "baseline"
      gpus              = 1
      vcpus             = 7
      memory_mib        = 58000
      shared_memory_mib = 16384
      timeout_minutes   = 480
    }
  }
  bucket_arn     = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
  repository_arn = "arn:aws:ecr:us-east-1:123456789012:repository/cosmosctl-demo/worker"
  log_group      = "/cosmosctl/demo/jobs/predict"
}

run "default" {
  command = plan

  assert {
    condition     = aws_batch_job_definition.this["2B"].name == "cosmosctl-demo-predict-2b"
    error_message = "Name known in advance."
  }

  assert {
    condition     = aws_batch_job_definition.this["2B"].propagate_tags && aws_batch_job_definition.this["2B"].timeout[0].attempt_duration_seconds == 28800
    error_message = "Tags on tasks, minutes become seconds."
  }

  assert {
    condition     = [for rule in aws_batch_job_definition.this["2B"].retry_strategy[0].evaluate_on_exit : rule.action] == ["retry", "retry", "retry", "retry", "exit"] || [for rule in aws_batch_job_definition.this["2B"].retry_strategy[0].evaluate_on_exit : upper(rule.action)] == ["RETRY", "RETRY", "RETRY", "RETRY", "EXIT"]
    error_message = "Four reasons to retry, else end; AWS allows five rules."
  }
}

run "roles_of_other_blueprints_have_other_names" {
  command = plan

  variables {
    blueprint = "reason"
  }

  assert {
    condition     = aws_iam_role.job.name == "cosmosctl-demo-1a2b3c4d-reason-job" && aws_iam_role.execution.name == "cosmosctl-demo-1a2b3c4d-reason-exec"
    error_message = "One role per blueprint."
  }
}
