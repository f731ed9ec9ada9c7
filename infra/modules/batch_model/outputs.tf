output "job_definitions" {
  description = "Variant to the name of its job definition; the ARN of a fresh revision would lag one apply."
  value       = { for variant, definition in aws_batch_job_definition.this : variant => definition.name }
}

output "job_role_arn" {
  description = "Role of the worker."
  value       = aws_iam_role.job.arn
}

output "execution_role_arn" {
  description = "Role that starts the container."
  value       = aws_iam_role.execution.arn
}

output "job_policy" {
  description = "Policy of the worker's role, for checks."
  value       = data.aws_iam_policy_document.job.json
}
