output "bucket" {
  description = "Name of the data bucket, known only once its protections are in place."
  value       = aws_s3_bucket.this.id

  # Nobody who takes the name from here may write before the bucket is private and encrypted.
  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_versioning.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
  ]
}

output "bucket_arn" {
  description = "ARN of the data bucket."
  value       = aws_s3_bucket.this.arn
}

output "key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "key_alias" {
  description = "Alias of the key."
  value       = aws_kms_alias.this.name
}
