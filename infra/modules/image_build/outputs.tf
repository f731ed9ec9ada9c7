output "repository_url" {
  description = "Repository of worker images, without tag."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_name" {
  description = "Name of the repository."
  value       = aws_ecr_repository.this.name
}

output "repository_arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

output "project" {
  description = "Name of the build project; start it with a source location and IMAGE_TAG."
  value       = aws_codebuild_project.this.name
}
