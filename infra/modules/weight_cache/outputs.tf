output "file_system_id" {
  description = "EFS file system."
  value       = aws_efs_file_system.this.id

  # A job that mounts before its zone has a target fails to start.
  depends_on = [aws_efs_mount_target.this, aws_efs_file_system_policy.this]
}

output "file_system_arn" {
  description = "ARN of the file system."
  value       = aws_efs_file_system.this.arn
}

output "access_point_id" {
  description = "Access point through which jobs mount."
  value       = aws_efs_access_point.this.id
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = aws_security_group.this.id
}
