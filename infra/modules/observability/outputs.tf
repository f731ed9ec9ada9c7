output "log_groups" {
  description = "Names of the log groups, known once they exist."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}

output "topic_arn" {
  description = "Alert topic; null when off."
  value       = var.topic == null ? null : aws_sns_topic.this[0].arn

  # A publisher that is not allowed yet would lose its first message.
  depends_on = [aws_sns_topic_policy.this]
}

output "budget_name" {
  description = "Budget; null when off."
  value       = var.budget == null ? null : aws_budgets_budget.this[0].name
}

output "alarm_names" {
  description = "Alarms; empty when no queue is watched."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}
