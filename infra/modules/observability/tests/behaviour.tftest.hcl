mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix      = "cosmosctl-demo"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
}

run "everything_off" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_log_group.this) + length(aws_sns_topic.this) + length(aws_budgets_budget.this) + length(aws_cloudwatch_event_rule.this) + length(aws_cloudwatch_metric_alarm.this) + length(aws_sns_topic_subscription.email) == 0
    error_message = "Nothing is created unasked."
  }

  assert {
    condition     = output.topic_arn == null && output.budget_name == null && length(output.alarm_names) == 0
    error_message = "Outputs are there, null or empty."
  }
}

run "log_groups" {
  command = plan

  variables {
    log_groups = {
      "/cosmosctl/demo/jobs/predict" = 30
    }
  }

  assert {
    condition     = aws_cloudwatch_log_group.this["/cosmosctl/demo/jobs/predict"].retention_in_days == 30 && aws_cloudwatch_log_group.this["/cosmosctl/demo/jobs/predict"].kms_key_id == var.kms_key_arn
    error_message = "Retention and key."
  }
}

run "topic_and_budget" {
  command = plan

  variables {
    topic = {
      name   = "cosmosctl-demo-alerts"
      emails = ["a@example.com"]
    }
    budget = {
      name        = "cosmosctl-demo-monthly"
      monthly_usd = 500
      tag_key     = "cosmosctl:deployment"
      tag_value   = "demo"
    }
  }

  assert {
    condition     = one(aws_budgets_budget.this[0].cost_filter).values == tolist(["user:cosmosctl:deployment$demo"])
    error_message = "Only what carries the tag."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 1
    error_message = "Subscribed."
  }
}

run "queues" {
  command = plan

  variables {
    queues = {
      gpu48 = "arn:aws:batch:us-east-1:123456789012:job-queue/cosmosctl-demo-gpu48"
    }
    alert_topic_arn = "arn:aws:sns:us-east-1:123456789012:cosmosctl-demo-alerts"
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["job-failed", "queue-blocked"] && length(aws_cloudwatch_event_target.this) == 2
    error_message = "A rule, a message and an alarm for each."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["job-failed"].event_pattern).detail.jobQueue == ["arn:aws:batch:us-east-1:123456789012:job-queue/cosmosctl-demo-gpu48"]
    error_message = "Own queues only."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["job-failed"].event_pattern).detail.arrayProperties.index[0].exists == false
    error_message = "One message for an array, not one for each child."
  }
}
