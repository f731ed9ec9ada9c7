mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix           = "cosmosctl-demo"
  region           = "us-east-1"
  account_id       = "123456789012"
  bucket_name      = "cosmosctl-demo-1a2b3c4d-data"
  log_group_prefix = "/cosmosctl/demo"
}

run "keeps_data" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "A bucket with objects is never deleted by Terraform."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Versioned."
  }

  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy, aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "No public access in any form."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "No ACLs."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "Encrypted with the key."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_alias.this.name == "alias/cosmosctl-demo"
    error_message = "The key rotates and has a name."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule) == 3
    error_message = "Old versions, cut uploads and build contexts go."
  }
}

run "deletes_data" {
  command = plan

  variables {
    keep_data = false
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "The bucket is emptied with the stack."
  }
}
