output "security_group_id" {
  description = "Security group of hosts."
  value       = aws_security_group.this.id
}

output "role_arn" {
  description = "Role of hosts."
  value       = aws_iam_role.this.arn
}

output "instance_profile_arn" {
  description = "Instance profile for compute environments."
  value       = aws_iam_instance_profile.this.arn

  # Hosts must be able to register and to deregister: the policies come before the first host and go after the last.
  depends_on = [aws_iam_role_policy_attachment.this, aws_vpc_security_group_egress_rule.all]
}
