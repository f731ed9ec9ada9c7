mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  region        = "us-east-1"
  account_id    = "123456789012"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
  bucket_arn    = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
  log_group     = "/cosmosctl/demo/image-build"
}

run "default" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.name == "cosmosctl-demo/worker" && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.force_delete
    error_message = "Immutable tags, no obstacle to a cleanup."
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push && aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "Scanned and encrypted."
  }

  assert {
    condition     = aws_codebuild_project.this.name == "cosmosctl-demo-image" && one(aws_codebuild_project.this.source).location == "cosmosctl-demo-1a2b3c4d-data/builds/none.zip"
    error_message = "Contexts lie under builds/."
  }

  assert {
    condition     = one(aws_codebuild_project.this.environment).privileged_mode
    error_message = "The Docker daemon needs it."
  }

  assert {
    condition     = yamldecode(one(aws_codebuild_project.this.source).buildspec).version == 0.2
    error_message = "The build specification is YAML."
  }
}
