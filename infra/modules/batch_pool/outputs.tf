output "queue_name" {
  description = "Name of the queue."
  value       = aws_batch_job_queue.this.name
}

output "queue_arn" {
  description = "ARN of the queue."
  value       = aws_batch_job_queue.this.arn
}

output "compute_environments" {
  description = "Names of the compute environments by purchase (`spot`, `ondemand`); those in use only."
  value       = { for purchase in local.order : purchase => aws_batch_compute_environment.this[purchase].compute_environment_name }
}

output "launch_template_id" {
  description = "Launch template of hosts."
  value       = aws_launch_template.this.id
}

output "launch_template_version" {
  description = "Version of the launch template that the compute environments use."
  value       = aws_launch_template.this.latest_version
}
