output "arn" {
  description = "ARN of the secret, with the suffix that Secrets Manager adds."
  value       = aws_secretsmanager_secret.this.arn
}
